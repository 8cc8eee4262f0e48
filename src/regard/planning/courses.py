"""Collecting a course: what a program says, keeps silent about and owes in one life or group.

Facts in, as the kernel concludes them; one `Course` out. Both ways of living use it.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from typing import Any

from regard.core.event import Event, MessageOutcome, RolloutReached
from regard.core.facts import Decided, Entry, Noted, PromiseChanged, RunChanged
from regard.planning.records import Course, Owed, Said

Whose = tuple[str, str]
"""Person id and label."""


class Collector:
    """Takes the entries of a replay one by one, inputs and what was derived from them."""

    def __init__(self) -> None:
        self._decided: dict[str, Decided] = {}
        self._said: list[Said] = []
        self._quiet: Counter[tuple[str, str, str]] = Counter()
        self._promises: dict[str, Owed] = {}
        self._marks: set[str] = set()
        self.failed_count = 0
        self._by_type: dict[type, Callable[[Entry, Any, Whose], None]] = {
            Decided: self._decision,
            MessageOutcome: self._outcome,
            PromiseChanged: self._promise,
            RunChanged: self._run,
            Event: self._event,
            Noted: self._noted,
            RolloutReached: self._reached,
        }

    def add(self, entry: Entry, whose: Whose) -> None:
        """Take one entry of the person `whose`."""
        take = self._by_type.get(type(entry.body))
        if take is not None:
            take(entry, entry.body, whose)

    def mark(self, *marks: str) -> None:
        """Note definitions that have a part in this life from its start."""
        self._marks.update(marks)

    def recall(self, entry: Entry) -> None:
        """Take an entry from before the window: only what it marks, and what it left to be sent."""
        body = entry.body
        if isinstance(body, RunChanged):
            self._marks.add(f"journey:{body.journey}")
        elif isinstance(body, PromiseChanged):
            self._marks.add(f"promise:{body.definition}")
        elif isinstance(body, Decided):
            self.expect(body)

    def done(self) -> Course:
        """Return everything taken so far."""
        return Course(
            said=tuple(self._said),
            quiet=dict(self._quiet),
            promises=self._promises,
            marks=frozenset(self._marks),
            failed_count=self.failed_count,
        )

    def expect(self, decided: Decided) -> None:
        """Take what was decided before the window and may still be held, or wait in the outbox."""
        if not decided.candidate.call_id:
            self._decided[decided.decision_id] = decided
            self._marks.add(f"engagement:{decided.candidate.engagement}")

    def _decision(self, _: Entry, decided: Decided, __: Whose) -> None:
        engagement = decided.candidate.engagement
        if decided.candidate.call_id:
            return  # it asks a machine, and is marked by the journey that asks
        self._marks.add(f"engagement:{engagement}")
        if decided.verdict == "send":
            self._decided[decided.decision_id] = decided
        else:
            self._quiet[engagement, decided.verdict, decided.reason] += 1

    def _outcome(self, entry: Entry, outcome: MessageOutcome, whose: Whose) -> None:
        decided = self._decided.get(outcome.message_id)
        if decided is None:
            return
        if outcome.outcome != "sent":
            key = (decided.candidate.engagement, outcome.outcome, outcome.reason)
            self._quiet[key] += 1
            return
        said = Said(
            person_id=whose[0],
            label=whose[1],
            engagement=decided.candidate.engagement,
            channel=decided.channel,
            at=entry.received_at,
            ref=decided.candidate.ref,
        )
        self._said.append(said)

    def _promise(self, _: Entry, change: PromiseChanged, whose: Whose) -> None:
        self._marks.add(f"promise:{change.definition}")
        self._promises[change.promise_id] = Owed(
            person_id=whose[0],
            label=whose[1],
            definition=change.definition,
            about=change.about,
            status=change.status,
            due_at=change.due_at,
        )

    def _run(self, _: Entry, change: RunChanged, __: Whose) -> None:
        self._marks.add(f"journey:{change.journey}")

    def _event(self, _: Entry, event: Event, __: Whose) -> None:
        self._marks.add(f"event:{event.name}")

    def _noted(self, _: Entry, noted: Noted, __: Whose) -> None:
        self._marks.update(f"event:{key}" for key in noted.keys)

    def _reached(self, _: Entry, reached: RolloutReached, __: Whose) -> None:
        kind = "engagement" if reached.rollout == "broadcast" else "journey"
        self._marks.add(f"{kind}:{reached.subject}")
