"""Hangs what came back on whom it is about: the person of our message, or of the address.

In: drafts made of receipts, letters and complaints, which name a message of ours or an address.
Out: the same drafts on the very identity that the message hung on, so that they find its promise;
a complaint brings an objection to the purpose of its message with it. Refused: receipts that name
nothing we know. Called by the doors for receipts, bounces and mails.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence

from msgspec.structs import replace

from regard.core.errors import Refused
from regard.core.event import Event, Identifier
from regard.core.ids import derived_id, identity_of, message_key
from regard.core.ports import Draft, Library, Reading
from regard.core.rows import MessageRow

COMPLAINED = "Email Marked as Spam"
NO_MORE = "Unsubscribed"
AUTOMATIC = "Automatic Reply Received"
SAID = frozenset({"Message Received", AUTOMATIC, NO_MORE})
"""What people or their machines say, where receipts are what providers tell."""

EVERY_PURPOSE = "*"


Normalise = Callable[[str, str], Identifier | None]
"""Kind and value to an identifier as events carry it; None: nobody is known by that."""


class Placing:
    """Places drafts by what the house has sent and whom it knows."""

    def __init__(self, normalise: Normalise, library: Library) -> None:
        self._normalise = normalise
        self._library = library

    def placed(self, drafts: Sequence[Draft], channel: str) -> list[Draft]:
        """Return the drafts where they belong; raise `Refused` when a receipt is about nothing."""
        with self._library.reading() as reading:
            return [one for draft in drafts for one in self._place(draft, channel, reading)]

    def _place(self, draft: Draft, channel: str, reading: Reading) -> Iterator[Draft]:
        event = draft.body
        assert isinstance(event, Event)
        if event.name in SAID:
            yield from self._heard(draft, event, reading)
            return
        row = _row(str(event.facts["message_id"]), reading)
        if row is not None and row.channel != channel:
            raise Refused(
                f"The message {row.message_id} did not go over {channel}.",
                code="receipt",
                hint=f"Post its receipts to the channel {row.channel}.",
            )
        identifier = _owner(row, reading) or self._of_address(event)
        yield _hung(draft, event, identifier)
        if event.name == COMPLAINED and row is not None:
            yield _objection(draft, event, identifier, row.purpose)

    def _heard(self, draft: Draft, event: Event, reading: Reading) -> Iterator[Draft]:
        """Return what somebody said, on the person to whom we had written.

        Whoever answers from another address is somebody else until evidence says otherwise; but a
        no is heard for the address that we wrote to, whoever passes it on, and a machine answers
        for it. A machine that answers nobody we know makes no person: it is left out.
        """
        address = event.identifiers[0]
        row = _answered(event, reading)
        owner = _owner(row, reading)
        facts = dict(event.facts)
        if facts.pop("thread", None):
            facts.pop("message_id", None)
        if row is not None:
            facts |= {"message_id": row.message_id, "engagement": row.engagement}
        if event.name == NO_MORE:
            facts["purpose"] = row.purpose if row else facts.get("purpose", EVERY_PURPOSE)
        is_same = row is not None and row.address.lower() == address.value.lower()
        if owner is not None and (is_same or event.name in (NO_MORE, AUTOMATIC)):
            told = event if is_same else replace(event, traits={})
            yield _hung(draft, replace(told, facts=facts), owner)
            return
        sender = self._of_address(event)
        if event.name != AUTOMATIC or reading.people.find(sender) is not None:
            yield _hung(draft, replace(event, facts=facts), sender)

    def _of_address(self, event: Event) -> Identifier:
        given = event.identifiers[0]
        identifier = self._normalise(given.kind, given.value)
        if identifier is None:
            raise Refused(
                "It names no message of ours and no address that people are known by.",
                code="receipt",
                hint="Send the message_id that came with the message.",
            )
        return identifier


def _answered(event: Event, reading: Reading) -> MessageRow | None:
    """Return the nearest message of ours in the thread of a letter."""
    for message_id in event.facts.get("thread", ()):
        row = _row(message_id, reading)
        if row is not None and row.channel == event.channel:
            return row
    return None


def _row(message_id: str, reading: Reading) -> MessageRow | None:
    """Return a message of ours; None when we did not send it."""
    found = reading.registers.messages(message_id=message_id, limit=1) if message_id else ()
    return found[0][0] if found else None


def _owner(row: MessageRow | None, reading: Reading) -> Identifier | None:
    """Return what a message hangs on.

    A shared address (the family's) leads to nobody, and a kind that the project does not know to
    somebody new; the message knows whom it was for.
    """
    if row is None:
        return None
    rows, _ = reading.people.identifiers(row.person_id)
    return next((one.identifier for one in rows if one.identity == row.identity), None)


def _hung(draft: Draft, event: Event, identifier: Identifier) -> Draft:
    return replace(
        draft,
        identity=identity_of(identifier.kind, identifier.value),
        body=replace(event, identifiers=(identifier,)),
    )


def _objection(draft: Draft, event: Event, identifier: Identifier, purpose: str) -> Draft:
    """Return the objection that a complaint is (GDPR 21), beside the address that is not used."""
    event_id = derived_id(NO_MORE, event.message_id)
    said = replace(
        event,
        message_id=event_id,
        name=NO_MORE,
        trust=0,
        facts={
            "purpose": purpose,
            "channel": event.channel,
            "message_id": event.facts["message_id"],
            "method": "complaint",
        },
    )
    key = message_key(event.source, event_id)
    return replace(_hung(draft, said, identifier), key=key)
