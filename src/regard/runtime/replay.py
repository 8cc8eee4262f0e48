"""Replaying lived days through a program: who would get what, when, on which channel, or why not.

In: the journal's events of a window and each person as they stood before it, a program, the
kernel. Out: a `Course` per program; two of them make a plan's difference. Time is virtual, every
send is taken to succeed, nothing is written. Deciding is pure, so the counts are those that the
gate would then pass.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from heapq import heappop, heappush

from msgspec import Struct
from msgspec.structs import replace

from regard.core.event import Event, MessageOutcome, TimerDue
from regard.core.facts import Decided, Entry, PromiseChanged
from regard.core.person import Person
from regard.core.ports import Library
from regard.core.program import Program
from regard.runtime.kernel import Kernel
from regard.runtime.projection import timer_of

PAGE = 5_000

TIMERS_MAX = 1_000
"""Moments of one person in one replay; more means a journey that never rests."""

Progress = Callable[[int, int], None]


class Life(Struct, frozen=True, kw_only=True):
    """One person's part of the window: as they stood at its start, and what happened to them."""

    person: Person
    label: str
    timers: Mapping[str, tuple[datetime, Entry]]
    events: Sequence[Entry]


class Said(Struct, frozen=True, kw_only=True):
    """One message that would go out."""

    person_id: str
    label: str
    engagement: str
    channel: str
    at: datetime


class Course(Struct, frozen=True, kw_only=True):
    """What one program makes of the window."""

    said: tuple[Said, ...]
    silences: dict[tuple[str, str], int]
    promises: dict[tuple[str, str], int]
    person_days: float


def read_lives(
    library: Library, kernel: Kernel, since: datetime, progress: Progress
) -> dict[str, Life]:
    """Return every person's life from `since` on; one pass over the journal."""
    persons: dict[str, Person] = {}
    labels: dict[str, str] = {}
    timers: dict[str, dict[str, tuple[datetime, Entry]]] = {}
    events: dict[str, list[Entry]] = {}
    with library.reading() as reading:
        total, offset = reading.tail.last(), 0
        while offset < total:
            page = reading.tail.after(offset, PAGE)
            offset = page[-1][0].offset
            for entry, person_id, label in page:
                if not person_id:
                    continue
                labels[person_id] = label
                if entry.received_at < since:
                    before = persons.get(person_id) or Person(id=person_id)
                    persons[person_id] = kernel.fold(before, entry)
                    _set_timers(timers.setdefault(person_id, {}), entry)
                elif isinstance(entry.body, Event):
                    events.setdefault(person_id, []).append(entry)
            progress(offset, total)
    return {
        person_id: Life(
            person=persons.get(person_id) or Person(id=person_id),
            label=label,
            timers=timers.get(person_id, {}),
            events=events.get(person_id, []),
        )
        for person_id, label in labels.items()
    }


def replay(
    lives: Iterable[Life], kernel: Kernel, program: Program, since: datetime, until: datetime
) -> Course:
    """Live the window from `since` to `until` again under `program`."""
    said: list[Said] = []
    silences: Counter[tuple[str, str]] = Counter()
    promises: Counter[tuple[str, str]] = Counter()
    count = 0
    for life in lives:
        count += 1
        run = _Run(kernel, program, life)
        run.live(since, until)
        said += run.said
        silences.update(run.silences)
        promises.update((c.definition, c.status) for c in run.promises.values())
    said.sort(key=lambda s: (s.at, s.person_id, s.engagement))
    return Course(
        said=tuple(said),
        silences=dict(silences),
        promises=dict(promises),
        person_days=count * ((until - since) / timedelta(days=1)),
    )


def _set_timers(timers: dict[str, tuple[datetime, Entry]], entry: Entry) -> None:
    timer = timer_of(entry.body)
    if timer is not None:
        ref, due_at = timer
        timers.pop(ref, None)
        if due_at is not None:
            timers[ref] = (due_at, entry)


class _Run:
    """One person on a virtual clock under one program."""

    def __init__(self, kernel: Kernel, program: Program, life: Life) -> None:
        self._kernel = kernel
        self._program = program
        self._life = life
        self._person = life.person
        self._offset = life.person.stamp + 1
        self._timers = dict(life.timers)
        self._queue: list[tuple[datetime, int, str]] = []
        self.said: list[Said] = []
        self.silences: Counter[tuple[str, str]] = Counter()
        self.promises: dict[str, PromiseChanged] = {}
        for ref, (due_at, _) in self._timers.items():
            heappush(self._queue, (due_at, 0, ref))

    def live(self, since: datetime, until: datetime) -> None:
        """Take every event at its moment, and every timer that falls due before it."""
        fired_count = 0
        for event in [*self._life.events, None]:
            end = until if event is None else event.received_at
            while self._queue and self._queue[0][0] <= end and fired_count < TIMERS_MAX:
                due_at, _, ref = heappop(self._queue)
                waiting = self._timers.get(ref)
                if waiting is None or waiting[0] != due_at:
                    continue
                fired_count += 1
                now = max(due_at, since)
                self._step(_input(waiting[1], TimerDue(ref=ref, due_at=due_at), now))
            if event is not None:
                self._step(event)

    def _step(self, entry: Entry) -> None:
        pending = [entry]
        while pending:
            self._offset += 1
            cause = replace(pending.pop(0), offset=self._offset, cause=0, part=0)
            _set_timers(self._timers, cause)
            step = self._kernel.step(self._person, cause, self._program, self._offset + 1)
            self._person = step.person
            self._offset += len(step.facts)
            for fact in step.facts:
                self._note(fact, pending)

    def _note(self, fact: Entry, pending: list[Entry]) -> None:
        body = fact.body
        _set_timers(self._timers, fact)
        timer = timer_of(body)
        if timer is not None and timer[1] is not None:
            heappush(self._queue, (timer[1], self._offset, timer[0]))
        if isinstance(body, PromiseChanged):
            self.promises[body.promise_id] = body
        elif isinstance(body, Decided) and body.verdict == "send":
            self._say(fact, body, pending)
        elif isinstance(body, Decided) and body.verdict == "silence":
            self.silences[body.candidate.engagement, body.reason] += 1

    def _say(self, fact: Entry, decided: Decided, pending: list[Entry]) -> None:
        self.said.append(
            Said(
                person_id=self._life.person.id,
                label=self._life.label,
                engagement=decided.candidate.engagement,
                channel=decided.channel,
                at=fact.received_at,
            )
        )
        sent = MessageOutcome(
            message_id=decided.decision_id, channel=decided.channel, outcome="sent"
        )
        pending.append(_input(fact, sent, fact.received_at))


def _input(cause: Entry, body: TimerDue | MessageOutcome, now: datetime) -> Entry:
    return Entry(offset=0, identity=cause.identity, at=cause.at, received_at=now, body=body)
