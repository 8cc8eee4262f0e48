"""The books: does everything that was taken in, promised and sent add up?

Reads the whole journal once and compares it with the registers. Every acknowledged event must
have ended in exactly one way (noted, acted upon, or set aside with its error), every message in
at most one hand-over, every promise in exactly one outcome. A finding names the thing and says
what is wrong with it; no findings means that the books balance.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from datetime import datetime, timedelta

from regard.core.event import Event, MessageClaimed, MessageOutcome, Retained
from regard.core.facts import (
    OPEN_PROMISE,
    Decided,
    Entry,
    PersonsMerged,
    PromiseChanged,
    StepFailed,
)
from regard.core.ports import LOOP, Library
from regard.core.rows import DISCARDED, REPLAYED, Books

PAGE = 5_000

OVERDUE = timedelta(minutes=1)
"""A missed promise is detected within a minute of its deadline (DESIGN section 6)."""

REOPENED = {
    *((kept, "doubled") for kept in ("kept", "late", "repaired")),
    *((kept, "missed") for kept in ("kept", "late", "repaired")),
    *(("broken", kept) for kept in ("kept", "late", "repaired")),
}
"""Outcomes that later news corrects: a second message arrived, the one that kept the promise came
back, or what we had given up on had happened after all."""

FINDINGS_MAX = 1_000


class _Reader:
    """Collects what one pass over the journal tells."""

    def __init__(self, cursor: int) -> None:
        self.cursor = cursor
        self.counts: Counter[str] = Counter()
        self.findings: list[str] = []
        self.promises: dict[str, PromiseChanged] = {}
        self.sends: dict[str, Decided] = {}
        self.answers: set[str] = set()
        self.claims: dict[str, set[int]] = defaultdict(set)
        self.outcomes: dict[str, list[MessageOutcome]] = defaultdict(list)
        self._events: dict[int, str] = {}

    def take(self, entry: Entry) -> None:
        body = entry.body
        if entry.cause and entry.cause in self._events:
            self._events[entry.cause] = "failed" if isinstance(body, StepFailed) else "acted"
        if isinstance(body, Event):
            self._events[entry.offset] = "noted" if entry.offset <= self.cursor else "waiting"
        elif isinstance(body, PromiseChanged):
            self._promise(body)
        elif isinstance(body, Decided):
            self._decided(entry, body)
        elif isinstance(body, MessageClaimed):
            self.claims[body.message_id].add(body.attempt)
        elif isinstance(body, MessageOutcome):
            self.outcomes[body.message_id].append(body)
            self.counts[f"attempts {body.outcome}"] += 1
        elif isinstance(body, Retained):
            self.counts[f"retained {body.what}"] += body.count
        elif isinstance(body, PersonsMerged):
            self.counts["merges"] += 1
        elif isinstance(body, StepFailed):
            self.find(f"input {entry.cause}: deciding failed with {body.error}")

    def find(self, finding: str) -> None:
        if len(self.findings) < FINDINGS_MAX:
            self.findings.append(finding)

    def close_events(self) -> None:
        ends = Counter(self._events.values())
        self.counts["events"] = len(self._events)
        self.counts |= Counter({f"events {end}": count for end, count in ends.items()})

    def _promise(self, change: PromiseChanged) -> None:
        before = self.promises.get(change.promise_id)
        if before is None:
            self.counts["promises"] += 1
        elif before.status not in OPEN_PROMISE and before.status != change.status:
            step = (before.status, change.status)
            if step not in REOPENED:
                self.find(f"promise {change.promise_id}: ended as {step[0]}, then as {step[1]}")
        self.promises[change.promise_id] = change

    def _decided(self, entry: Entry, decided: Decided) -> None:
        self.counts[f"decisions {decided.verdict}"] += 1
        if not decided.reason:
            self.find(f"decision {decided.decision_id}: has no reason")
        if decided.verdict == "send":
            if decided.decision_id in self.sends:
                self.find(f"message {decided.decision_id}: decided twice, again by {entry.cause}")
            if decided.is_answer:
                self.answers.add(decided.decision_id)
            self.sends[decided.decision_id] = decided


def audit(store: Library, now: datetime) -> Books:
    """Return the counts of the house and every finding that does not balance at `now`."""
    with store.reading() as reading:
        cursor, total = reading.tail.stepped(LOOP), reading.tail.last()
        timers = reading.tail.due(now - OVERDUE, FINDINGS_MAX)
    reader = _Reader(cursor)
    offset = 0
    while offset < total:
        with store.reading() as reading:
            page = reading.tail.after(offset, PAGE)
        for entry, _, _ in page:
            if entry.offset <= total:
                reader.take(entry)
        offset = page[-1][0].offset
    reader.close_events()
    for timer in timers:
        reader.find(f"timer {timer.ref}: due at {timer.due_at.isoformat()} and not looked at")
    _check_messages(store, reader)
    _check_promises(reader, now)
    _check_sources(store, reader)
    reader.counts["entries"] = total
    return Books(counts=dict(sorted(reader.counts.items())), findings=tuple(reader.findings))


def _check_messages(store: Library, reader: _Reader) -> None:
    with store.reading() as reading:
        found = reading.registers.messages(limit=len(reader.sends) + FINDINGS_MAX)
        rows = {row.message_id: row for row, _ in found}
    for row in rows.values():
        reader.counts[f"messages {row.state}"] += 1
    for message_id in reader.sends:
        if message_id not in rows and message_id not in reader.answers:
            reader.find(f"message {message_id}: decided, but not in the outbox")
    for message_id, outcomes in reader.outcomes.items():
        # What somebody said about an attempt later, or its provider, is no second outcome of it.
        own = [o for o in outcomes if not o.is_answer and o.reason not in (REPLAYED, DISCARDED)]
        told = Counter(outcome.attempt for outcome in own)
        unknown = {outcome.attempt for outcome in outcomes if outcome.outcome == "unknown"}
        sent = [outcome.attempt for outcome in outcomes if outcome.outcome == "sent"]
        # Of an attempt told as unknown somebody may learn late that it was handed over after all.
        late = unknown.intersection(sent)
        if message_id not in reader.sends:
            reader.find(f"message {message_id}: has an outcome, but was never decided")
        if len(sent) - len(late) > 1:
            reader.find(f"message {message_id}: handed over {len(sent)} times")
        if sent and unknown:
            reader.counts["messages maybe doubled"] += 1
        if told and max(told.values()) > 1:
            reader.find(f"message {message_id}: one attempt has two outcomes")


def _check_promises(reader: _Reader, now: datetime) -> None:
    for promise_id, change in reader.promises.items():
        reader.counts[f"promises {change.status}"] += 1
        if change.status in OPEN_PROMISE and change.wake_at is None:
            reader.find(f"promise {promise_id}: is {change.status} and nobody will look at it")
        elif change.wake_at is not None and change.wake_at < now - OVERDUE:
            reader.find(f"promise {promise_id}: was to be looked at {change.wake_at.isoformat()}")


def _check_sources(store: Library, reader: _Reader) -> None:
    with store.reading() as reading:
        sources, _ = reading.registers.sources(limit=1)
    accepted = sum(row.accepted_count for row in sources)
    reader.counts["items rejected"] = sum(row.rejected_count for row in sources)
    reader.counts["duplicates dropped"] = sum(row.duplicate_count for row in sources)
    if accepted != reader.counts["events"]:
        reader.find(f"sources: {accepted} accepted, {reader.counts['events']} in the journal")
