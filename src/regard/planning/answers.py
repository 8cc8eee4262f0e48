"""Answers to messages: receipts, opens and clicks of what a replay says anew, under its new id.

The window's own messages are decided again, so what was answered to them has to find its message:
the same engagement of the same promise or run on the same channel. Nobody answers what they do not
get, and a webhook answers what it answered.
"""

from __future__ import annotations

from collections.abc import Mapping

from msgspec.structs import replace

from regard.core.event import Event, MessageOutcome
from regard.core.facts import CALL_PREFIX, Decided
from regard.planning.records import Lived, Told

NEVER_ASKED = "never_asked"
"""Why nobody can tell what a webhook would have answered: it was not asked in these days."""


class Answers:
    """Who answers what in one replay of one life or group."""

    def __init__(self, lived: Lived) -> None:
        self._told = lived.told
        self._replies = lived.replies
        self._said: dict[tuple[str, str, str], list[str]] = {}
        self._calls: dict[str, Told] = {}

    def note(self, decided: Decided) -> None:
        """Take a message that the replay said, or a call that it made."""
        key = kind_of(decided)
        said = self._said.setdefault(key, [])
        if decided.candidate.call_id:
            self._calls[decided.decision_id] = told_of(key, len(said))
        said.append(decided.decision_id)

    def addressed(self, event: Event) -> Event | None:
        """Return the event about the message that the replay said; None: it said no such one."""
        message_id = event.facts.get("message_id") if event.facts else None
        told = self._told.get(message_id) if isinstance(message_id, str) else None
        if told is None:
            return event
        said = self._said.get((told.ref, told.engagement, told.channel), ())
        if len(said) <= told.number:
            return None
        return replace(event, facts={**event.facts, "message_id": said[told.number]})

    def reply(self, outcome: MessageOutcome) -> MessageOutcome:
        """Return what became of a hand-over: as it is for messages, as it was for calls."""
        call_id = outcome.message_id
        if outcome.outcome != "sent" or not call_id.startswith(CALL_PREFIX):
            return outcome
        found = self._replies.get(self._calls.get(call_id, call_id))
        if found is None:
            return replace(outcome, outcome="unknown", reason=NEVER_ASKED)
        return replace(found, message_id=call_id, attempt=outcome.attempt)


def kind_of(decided: Decided) -> tuple[str, str, str]:
    """Return what a message says: for what, which engagement, by which channel."""
    return decided.candidate.ref, decided.candidate.engagement, decided.channel


def told_of(kind: tuple[str, str, str], number: int) -> Told:
    """Return the `number`-th message of a kind."""
    return Told(ref=kind[0], engagement=kind[1], channel=kind[2], number=number)


def replies_of(
    told: Mapping[str, Told], outcomes: Mapping[str, MessageOutcome]
) -> dict[Told | str, MessageOutcome]:
    """Return outcomes by what was told; of calls made before the window by their ids."""
    return {told.get(call_id, call_id): outcome for call_id, outcome in outcomes.items()}
