"""Reading the lives of a window out of a journal: only of people who have something to live.

In: a reading session, the kernel (to fold what was before), the window. Out: `Lived`. The window's
entries are read once, from their first offset on; of earlier ones only those of people to whom
something happened since. People for whom only something waits are taken as they stand. Everybody
else costs nothing.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from msgspec.structs import replace

from regard.core.event import (
    Event,
    MessageClaimed,
    MessageOutcome,
    PersonRevised,
    ProgramPublished,
    RolloutChanged,
    TimerDue,
)
from regard.core.facts import (
    CALL_PREFIX,
    Decided,
    Entry,
    IdentityShared,
    PersonsMerged,
    PersonSplit,
    StepFailed,
)
from regard.core.joining import with_joints
from regard.core.person import Person
from regard.core.ports import Reading
from regard.core.rows import MessageRow
from regard.planning.answers import kind_of, replies_of, told_of
from regard.planning.circles import Circles
from regard.planning.living import row_of
from regard.planning.records import Group, Life, Lived, Told, Waiting
from regard.runtime.folding import set_aside
from regard.runtime.kernel import Kernel
from regard.runtime.projection import RECEIPTS, timer_of

PAGE = 5_000

TOLD_EVERY = 100
"""People after which progress is told."""

HISTORY_MAX = 1_000_000
"""Entries of one person; none has so many."""

PARKED_MAX = 100_000_000
"""Timers and queued messages read: all of them."""

Progress = Callable[[int, int], None]

_CLOCKWORK = (
    TimerDue,
    MessageClaimed,
    MessageOutcome,
    PersonRevised,
    ProgramPublished,
    RolloutChanged,
)
"""Inputs that a replay brings forth itself, or that are about no person."""


class Window:
    """What the journal says since a first offset, by person."""

    def __init__(self, first: int) -> None:
        self.first = first
        self.inputs: dict[str, list[Entry]] = {}
        self.late_facts: dict[str, list[Entry]] = {}
        self.labels: dict[str, str] = {}
        self.moved: set[str] = set()
        self.told: dict[str, Told] = {}
        self.replies: dict[str, MessageOutcome] = {}
        self._failed: set[int] = set()
        self._counts: Counter[tuple[str, ...]] = Counter()

    def add(self, entry: Entry, person_id: str, label: str) -> None:
        """Take one entry; those of the house itself are nobody's."""
        if not person_id:
            return
        self.labels[person_id] = label
        body = entry.body
        if entry.cause == 0:
            if not isinstance(body, _CLOCKWORK):
                self.inputs.setdefault(person_id, []).append(entry)
            elif isinstance(body, MessageOutcome) and body.message_id.startswith(CALL_PREFIX):
                self.replies[body.message_id] = body
        elif entry.cause < self.first:
            self.late_facts.setdefault(person_id, []).append(entry)
        elif isinstance(body, PersonsMerged | PersonSplit | IdentityShared):
            self.moved.add(person_id)
        elif isinstance(body, StepFailed):
            self._failed.add(entry.cause)
        elif isinstance(body, Decided) and body.verdict == "send":
            self._tell(body, person_id)

    def of(self, person_id: str) -> list[Entry]:
        """Return the inputs of a person that were not set aside, in order."""
        found = self.inputs.get(person_id, [])
        return [e for e in found if e.offset not in self._failed] if self._failed else found

    def _tell(self, decided: Decided, person_id: str) -> None:
        kind = kind_of(decided)
        self.told[decided.decision_id] = told_of(kind, self._counts[person_id, *kind])
        self._counts[person_id, *kind] += 1


def read_lives(
    reading: Reading,
    kernel: Kernel,
    since: datetime,
    until: datetime,
    progress: Progress,
    *,
    everybody: bool = False,
) -> Lived:
    """Return what people lived from `since` on and what waits until `until`.

    With `everybody` also those to whom nothing happened: a new audience looks at all of them.
    `progress` gets (done, total): half of it is the journal of the window, half the people.
    """
    window = _read_window(reading, since, progress)
    reader = _Reader(reading, kernel, window, _Parked(reading, until))
    reader.read(everybody=everybody, progress=progress)
    return Lived(
        since=since,
        until=until,
        lives=reader.lives,
        groups=reader.groups,
        told=window.told,
        replies=replies_of(window.told, window.replies),
        person_count=reading.count_persons(),
    )


def _read_window(reading: Reading, since: datetime, progress: Progress) -> Window:
    tail = reading.tail
    total = tail.last()
    first = _first_offset(reading, since, total)
    window, offset = Window(first), first - 1
    while offset < total:
        page = tail.after(offset, PAGE)
        for entry, person_id, label in page:
            window.add(entry, person_id, label)
        offset = page[-1][0].offset
        progress(offset - first, 2 * (total - first + 1))
    return window


def _first_offset(reading: Reading, since: datetime, total: int) -> int:
    """Return the offset of the first entry received at `since` or later, by bisection.

    Entries are appended in the order in which they are received, but for milliseconds.
    """
    low, high = 1, total + 1
    while low < high:
        middle = (low + high) // 2
        if reading.tail.after(middle - 1, 1)[0][0].received_at < since:
            low = middle + 1
        else:
            high = middle
    return low


def _everybody(reading: Reading) -> dict[str, str]:
    """Return all people; of those to whom nothing happened the id has to do as their name."""
    found: dict[str, str] = {}
    last = ""
    while page := reading.rollouts.walk(last, PAGE):
        found |= {person_id: person_id for person_id in page}
        last = page[-1]
    return found


class _Parked:
    """What waits now, by person: timers due by `until` and messages in the outbox."""

    def __init__(self, reading: Reading, until: datetime) -> None:
        self.labels: dict[str, str] = {}
        self.timers: dict[str, dict[str, Waiting]] = {}
        self.outbox: dict[str, list[MessageRow]] = {}
        timers = reading.tail.due(until, PARKED_MAX)
        named = reading.tail.named([(timer.identity, timer.at) for timer in timers])
        for timer, (person_id, label) in zip(timers, named, strict=True):
            if person_id:
                self.labels[person_id] = label
                waiting = Waiting(
                    due_at=timer.due_at,
                    identity=timer.identity,
                    at=timer.at,
                    number=timer.number,
                )
                self.timers.setdefault(person_id, {})[timer.ref] = waiting
        for state in ("queued", "claimed"):
            for row, _ in reading.registers.messages(state=state, limit=PARKED_MAX):
                self.labels[row.person_id] = row.label
                self.outbox.setdefault(row.person_id, []).append(row)


class _Reader:
    """Puts together who lived what; `lives` and `groups` are what it found."""

    def __init__(self, reading: Reading, kernel: Kernel, window: Window, parked: _Parked) -> None:
        self._reading = reading
        self._kernel = kernel
        self._window = window
        self._parked = parked
        self._circles = Circles(reading, window.moved)
        self.lives: list[Life] = []
        self.groups: list[Group] = []

    def read(self, *, everybody: bool, progress: Progress) -> None:
        """Read all who have something to live, or everybody there is."""
        labels = {**self._parked.labels, **self._window.labels}
        if everybody:
            labels = {**_everybody(self._reading), **labels}
        seen: set[str] = set()
        for number, (person_id, label) in enumerate(labels.items(), 1):
            if number % TOLD_EVERY == 0:
                progress(len(labels) + number, 2 * len(labels))
            if person_id in seen:
                continue
            circle = self._circles.around(person_id)
            seen.update(circle)
            if len(circle) > 1 or self._circles.is_restless(person_id):
                self.groups.append(self._group(circle, labels))
            elif person_id in self._window.labels:
                self.lives.append(self._active(person_id, label))
            else:
                self.lives.append(self._resting(person_id, label))
        progress(1, 1)

    def _resting(self, person_id: str, label: str) -> Life:
        """Return somebody to whom nothing happened: they are as they were."""
        return Life(
            person=self._reading.people.read(person_id) or Person(id=person_id),
            label=label,
            identity=self._circles.identity_of(person_id),
            timers=self._parked.timers.get(person_id, {}),
            outbox=self._parked.outbox.get(person_id, ()),
            inputs=(),
        )

    def _active(self, person_id: str, label: str) -> Life:
        """Return somebody as they stood before the window, folded from their history."""
        person, before = Person(id=person_id), _Before(label)
        history = self._history(person_id)
        failed = set_aside(history)
        for entry in history:
            if entry.offset not in failed:
                person = self._kernel.fold(person, entry)
            before.add(entry, person_id)
        inputs = self._window.of(person_id)
        return Life(
            person=self._joined(person, inputs),
            label=label,
            identity=self._circles.identity_of(person_id),
            timers=before.timers,
            outbox=tuple(before.rows.values()),
            inputs=inputs,
        )

    def _joined(self, person: Person, inputs: Sequence[Entry]) -> Person:
        """Return a person with since when those are one who spoke of consent, or will."""
        speakers = {*self._kernel.unjoined(person)}
        for entry in inputs:
            speakers.update(self._kernel.unjoined(person, entry))
        graph = self._reading.identities.graph
        return with_joints(graph, self._kernel, person, speakers, inputs)

    def _group(self, circle: Iterable[str], labels: Mapping[str, str]) -> Group:
        """Return the people of a circle with everything that ever happened to any of them."""
        history: dict[int, Entry] = {}
        inputs: dict[int, Entry] = {}
        for person_id in circle:
            history |= {e.offset: e for e in self._history(person_id)}
            inputs |= {e.offset: e for e in self._window.of(person_id)}
        return Group(
            history=[history[offset] for offset in sorted(history)],
            inputs=[inputs[offset] for offset in sorted(inputs)],
            labels={person_id: labels[person_id] for person_id in circle if person_id in labels},
        )

    def _history(self, person_id: str) -> Sequence[Entry]:
        """Return what hangs on a person and follows from inputs before the window, in order."""
        window = self._window
        found = list(self._reading.people.timeline(person_id, window.first, HISTORY_MAX))
        found.reverse()
        return found + window.late_facts.get(person_id, [])


class _Before:
    """The timers and the outbox of one person, folded from their history."""

    def __init__(self, label: str) -> None:
        self._label = label
        self.timers: dict[str, Waiting] = {}
        self.rows: dict[str, MessageRow] = {}

    def add(self, entry: Entry, person_id: str) -> None:
        """Take one entry, in order."""
        body = entry.body
        timer = timer_of(body)
        if timer is not None:
            ref, due_at = timer
            self.timers.pop(ref, None)
            if due_at is not None:
                self.timers[ref] = Waiting(
                    due_at=due_at, identity=entry.identity, at=entry.at, number=entry.offset
                )
        if isinstance(body, Decided):
            if body.verdict == "send":
                self.rows[body.decision_id] = row_of(entry, body, (person_id, self._label))
        elif isinstance(body, MessageOutcome):
            self._settle(body)
        elif isinstance(body, Event) and body.name in RECEIPTS:
            self.rows.pop(str(body.facts.get("message_id")), None)

    def _settle(self, outcome: MessageOutcome) -> None:
        row = self.rows.get(outcome.message_id)
        if row is None:
            return
        if outcome.retry_at is None:
            del self.rows[outcome.message_id]
        else:
            self.rows[outcome.message_id] = replace(
                row, attempt=outcome.attempt, not_before=outcome.retry_at
            )
