"""Facts to register rows: what the registers show is a fold of the journal, written here once.

The loop projects what it just derived, a rebuild projects the whole journal; both go through
`Projector`, so they cannot differ.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable
from datetime import date, datetime
from typing import Any

from regard.core.event import Event, MessageOutcome, TimerDue
from regard.core.facts import (
    Body,
    CaseOpened,
    Decided,
    Entry,
    IdentityShared,
    LimitReached,
    PersonsMerged,
    PromiseChanged,
    RunChanged,
    StepFailed,
)
from regard.core.storage import Projection

RECEIPTS = {
    "Email Delivered": "delivered",
    "Message Delivered": "delivered",
    "Email Bounced": "bounced",
    "Message Bounced": "bounced",
}
"""Events (named as in Segment's e-mail specification) that move a message which was handed over."""


def timer_of(body: Body) -> tuple[str, datetime | None] | None:
    """Return the timer that a fact sets, or clears (None as its moment); None: it has none."""
    if isinstance(body, TimerDue):
        return body.ref, None
    if isinstance(body, PromiseChanged):
        return f"promise:{body.promise_id}", body.wake_at
    if isinstance(body, RunChanged):
        return f"run:{body.run_id}", body.wake_at
    if isinstance(body, Decided):
        held_id = body.candidate.held_id or body.decision_id
        return f"held:{held_id}", body.wake_at if body.verdict == "hold" else None
    return None


class Projector:
    """Collects what a run of entries changes in the registers."""

    def __init__(self) -> None:
        self._timers: list[tuple[str, int, datetime, datetime | None]] = []
        self._promises: list[tuple[int, datetime, PromiseChanged]] = []
        self._runs: list[tuple[int, datetime, datetime, RunChanged]] = []
        self._messages: list[tuple[int, datetime, datetime, Decided]] = []
        self._outcomes: list[tuple[datetime, MessageOutcome]] = []
        self._receipts: list[tuple[datetime, str, str]] = []
        self._cases: list[tuple[int, datetime, CaseOpened]] = []
        self._tallies: Counter[tuple[int, str, str]] = Counter()
        self._by_type: dict[type, Callable[[Entry, Any], None]] = {
            Event: self._event,
            MessageOutcome: self._outcome,
            PromiseChanged: self._promise,
            RunChanged: self._run,
            Decided: self._decided,
            CaseOpened: self._case,
            PersonsMerged: self._identity,
            IdentityShared: self._identity,
            LimitReached: self._limit,
            StepFailed: self._failed,
        }

    def add(self, entry: Entry) -> None:
        """Take one entry, input or derived."""
        timer = timer_of(entry.body)
        if timer is not None:
            self._timers.append((timer[0], entry.identity, entry.at, timer[1]))
        handle = self._by_type.get(type(entry.body))
        if handle is not None:
            handle(entry, entry.body)

    def done(self) -> Projection:
        """Return everything taken so far as one change."""
        return Projection(
            timers=tuple(self._timers),
            promises=tuple(self._promises),
            runs=tuple(self._runs),
            messages=tuple(self._messages),
            outcomes=tuple(self._outcomes),
            receipts=tuple(self._receipts),
            cases=tuple(self._cases),
            tallies=tuple(
                (date.fromordinal(day).isoformat(), name, key, count)
                for (day, name, key), count in sorted(self._tallies.items())
            ),
        )

    def _count(self, entry: Entry, name: str, key: str) -> None:
        self._tallies[entry.received_at.toordinal(), name, key] += 1

    def _event(self, entry: Entry, event: Event) -> None:
        self._count(entry, "event", event.name)
        self._count(entry, "touch", event.channel)
        state = RECEIPTS.get(event.name)
        message_id = event.facts.get("message_id")
        if state is not None and isinstance(message_id, str):
            self._receipts.append((entry.received_at, message_id, state))

    def _outcome(self, entry: Entry, outcome: MessageOutcome) -> None:
        self._outcomes.append((entry.received_at, outcome))
        self._count(entry, "message", outcome.outcome)
        if outcome.reason:
            self._count(entry, f"message_{outcome.outcome}", outcome.reason)

    def _promise(self, entry: Entry, change: PromiseChanged) -> None:
        self._promises.append((entry.identity, entry.received_at, change))
        self._count(entry, "promise", change.status)
        self._count(entry, f"promise:{change.definition}", change.status)

    def _run(self, entry: Entry, change: RunChanged) -> None:
        self._runs.append((entry.identity, entry.at, entry.received_at, change))
        self._count(entry, "run", change.status)

    def _decided(self, entry: Entry, decided: Decided) -> None:
        self._count(entry, "decision", decided.verdict)
        if decided.verdict == "send":
            self._messages.append((entry.identity, entry.at, entry.received_at, decided))
        else:
            self._count(entry, decided.verdict, decided.reason)

    def _case(self, entry: Entry, case: CaseOpened) -> None:
        self._cases.append((entry.identity, entry.received_at, case))
        self._count(entry, "case", case.department)

    def _identity(self, entry: Entry, fact: PersonsMerged | IdentityShared) -> None:
        self._count(entry, "identity", "merged" if isinstance(fact, PersonsMerged) else "shared")

    def _limit(self, entry: Entry, fact: LimitReached) -> None:
        self._count(entry, "limit", fact.limit)

    def _failed(self, entry: Entry, _: StepFailed) -> None:
        self._count(entry, "failed", "step")
