"""Asking a virtual house what to offer, as pages and desks do by `POST /v1/decide`.

In: who asks about whom, on which channel, for which place. Out: the answer, its texts rendered by
the real templates, journaled and stepped. Refused: a channel or a person that nobody knows.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from msgspec.structs import replace

from regard.core.errors import Refused
from regard.core.event import MessageOutcome
from regard.core.facts import Answered, Decided, Shown
from regard.core.ids import message_key
from regard.core.person import Person
from regard.core.ports import Draft
from regard.decisions import moment
from regard.delivery import compose
from regard.delivery.compose import in_hand
from regard.testing.house import VirtualHouse

ASKED = "Offer Requested"
"""The event that the question is read as; it is not taken, the person is known already."""


def ask(house: VirtualHouse, source: str, item: Mapping[str, Any], placement: str) -> Answered:
    """Ask what to offer at `placement` to whom a plain item names; raise `Refused`."""
    draft = house.drafted(source, {**item, "event": ASKED})
    if not isinstance(draft, Draft):
        raise Refused(draft.message, code=draft.code)
    channel = str(item.get("channel", ""))
    if channel not in house.program.channels:
        raise Refused(f"There is no channel {channel!r} to offer something on.")
    person = _known(house, draft.identity)
    request = moment.Request(
        request_id=str(item["id"]),
        source=source,
        channel=channel,
        about=draft.identity,
        placement=placement,
        facts=dict(item.get("properties", {})),
    )
    now = house.clock.now()
    answered = moment.answer(person, request, house.program, house.ledger.standing, now)
    shown = tuple(
        _shown(house, decided, person, draft.identity, now)
        for decided in answered.decisions
        if decided.verdict == "send"
    )
    answered = replace(answered, shown=shown)
    drafts = _drafts(answered, message_key("request", moment.ref_of(request)), draft.identity, now)
    if house.ledger.answer(drafts, now) is None:
        raise Refused("A department has no room any more.", code="no_capacity")
    house.settle()
    return answered


def _known(house: VirtualHouse, identity: int) -> Person:
    with house.ledger.store.reading() as reading:
        [(person_id, _)] = reading.tail.named([(identity, house.clock.now())])
        person = reading.people.read(person_id) if person_id else None
    if person is None:
        raise Refused("Nobody knows whom is asked about: let something happen to them before.")
    return person


def _shown(
    house: VirtualHouse, decided: Decided, person: Person, identity: int, now: datetime
) -> Shown:
    claimed = in_hand(decided, person, now, identity=identity)
    message = compose(claimed, house.program, house.links)
    return Shown(decided.decision_id, message.subject, message.text, message.html)


def _drafts(answered: Answered, key: bytes, identity: int, now: datetime) -> list[Draft]:
    """Return the answer, and that what a promise waited for was handed over with it."""
    bodies: list[tuple[bytes, Answered | MessageOutcome]] = [(key, answered)]
    for decided in answered.decisions:
        if decided.verdict == "send" and decided.candidate.origin == "promise":
            handed = MessageOutcome(
                message_id=decided.decision_id, channel=decided.channel, outcome="sent"
            )
            bodies.append((message_key("outcome", f"{decided.decision_id}:1"), handed))
    return [
        Draft(key=key, identity=identity, at=now, received_at=now, body=body)
        for key, body in bodies
    ]
