"""What each edit touches of what is under way now, and what becomes of it.

In: a reading session (the registers of runs, promises, messages and members), two programs, now.
Out: one `InFlight` for every change. What a parked run would do is asked of the very function that
the loop calls when the run is read again, so the counts are those of a publication.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from datetime import datetime

from regard.core.clock import EPOCH
from regard.core.facts import OPEN_PROMISE, Candidate
from regard.core.flows import Journey
from regard.core.ports import Reading
from regard.core.rows import MessageRow, RunRow
from regard.journeys import Effect, reread_effect
from regard.planning.records import Fate, InFlight, Versions
from regard.project.changes import Change, changes

PAGE = 1_000

ROWS_MAX = 10_000_000
"""Promises and messages read of a register: all of them."""

FOREVER = EPOCH.replace(year=9_000)

_OF_HELD = frozenset({"policy", "cap", "purpose", "channel", "department"})


def in_flight(reading: Reading, versions: Versions, now: datetime) -> tuple[InFlight, ...]:
    """Return every change with what it touches, what touches most first."""
    counter = _Counter(reading, versions, now)
    found = [counter.of(change) for change in changes(versions.old, versions.new)]
    return tuple(sorted(found, key=lambda edit: -edit.count))


class _Counter:
    """Counts by the registers; what several changes ask for is read once."""

    def __init__(self, reading: Reading, versions: Versions, now: datetime) -> None:
        self._reading = reading
        self._old, self._new = versions.old, versions.new
        self._now = now
        self._runs: dict[str, Sequence[tuple[RunRow, Effect]]] = {}
        self._held: Sequence[tuple[str, Candidate]] | None = None
        self._by_subject: dict[str, Callable[[Change], InFlight]] = {
            "journey": self._journey,
            "step": self._step,
            "promise": self._promise,
            "engagement": self._engagement,
            "audience": self._audience,
        }

    def of(self, change: Change) -> InFlight:
        """Return what one change touches."""
        if change.subject in _OF_HELD:
            return self._rule(change)
        count = self._by_subject.get(change.subject)
        return InFlight(change=change, of="", count=0, people=0) if count is None else count(change)

    def _journey(self, change: Change) -> InFlight:
        return self._of_runs(change, self._parked(change.id))

    def _step(self, change: Change) -> InFlight:
        parked = self._parked(change.journey)
        if change.edit != "added":
            return self._of_runs(change, [p for p in parked if p[0].change.step == change.id])
        journey = self._new.journeys[change.journey]
        before = _before(journey, change.id)
        ahead = [row for row, _ in parked if row.change.step in before]
        fates = (Fate(what="stand before it and may come by", count=len(ahead)),) if ahead else ()
        return _in_flight(change, "run", [row.person_id for row in ahead], fates)

    def _of_runs(self, change: Change, parked: Sequence[tuple[RunRow, Effect]]) -> InFlight:
        pace = self._new.publishing_pace_per_s
        counts = Counter(_told(effect, pace) for _, effect in parked)
        fates = tuple(Fate(what=what, count=count) for what, count in counts.most_common())
        return _in_flight(change, "run", [row.person_id for row, _ in parked], fates)

    def _parked(self, journey: str) -> Sequence[tuple[RunRow, Effect]]:
        """Return the runs that stand in a journey, each with what reading it again would do."""
        if journey not in self._runs:
            people, new, now = self._reading.people, self._new, self._now
            self._runs[journey] = [
                (row, reread_effect(row.change, person, new, now))
                for row in self._standing(journey)
                if (person := people.read(row.person_id)) is not None
            ]
        return self._runs[journey]

    def _standing(self, journey: str) -> Iterator[RunRow]:
        last: RunRow | None = None
        while page := self._reading.runs.standing(journey, after=last, limit=PAGE):
            yield from page
            last = page[-1]

    def _promise(self, change: Change) -> InFlight:
        rows = [
            row
            for status in OPEN_PROMISE
            for row in self._reading.registers.promises(status, change.id, ROWS_MAX)
        ]
        definition = self._new.promises.get(change.id)
        counts: Counter[str] = Counter()
        for row in rows:
            if definition is None:
                counts["are void when their moment comes"] += 1
            elif row.change.status != "expected":
                counts["are repaired as the new version says"] += 1
            elif row.change.is_offered or not definition.engagement:
                counts["are expected still, with the new grace"] += 1
            else:
                counts["keep their dates, and are offered as the new version says"] += 1
        fates = tuple(Fate(what=what, count=count) for what, count in counts.most_common())
        return _in_flight(change, "promise", [row.person_id for row in rows], fates)

    def _engagement(self, change: Change) -> InFlight:
        held = [p for p, c in self._candidates() if c.engagement == change.id]
        queued = [row.person_id for row in self._queued() if row.engagement == change.id]
        is_gone = change.edit == "removed"
        fates = _fates(
            ("are held, and then silenced" if is_gone else "are held, then weighed anew", held),
            ("wait to go, and are withdrawn" if is_gone else "wait to go, looked at anew", queued),
        )
        return _in_flight(change, "message", [*held, *queued], fates)

    def _rule(self, change: Change) -> InFlight:
        """Count what is held: a rule that time can lift is asked again when it wakes."""
        found = (p for p, c in self._candidates() if self._concerns(change, c.engagement))
        held = list(found)
        return _in_flight(change, "message", held, _fates(("are held, then weighed anew", held)))

    def _concerns(self, change: Change, name: str) -> bool:
        engagement = self._new.engagements.get(name) or self._old.engagements.get(name)
        if engagement is None or change.subject in ("policy", "cap"):
            return True
        return change.id in (engagement.purpose, engagement.department, *engagement.channels)

    def _candidates(self) -> Sequence[tuple[str, Candidate]]:
        """Return everything that the gate holds now, with whose it is."""
        if self._held is None:
            timers = [
                timer
                for timer in self._reading.tail.due(FOREVER, ROWS_MAX)
                if timer.ref.startswith("held:")
            ]
            named = self._reading.tail.named([(timer.identity, timer.at) for timer in timers])
            people = (self._reading.people.read(p) for p in sorted({p for p, _ in named if p}))
            self._held = [
                (person.id, held.candidate)
                for person in people
                if person is not None
                for held in person.held.values()
            ]
        return self._held

    def _queued(self) -> Iterable[MessageRow]:
        found = self._reading.registers.messages(state="queued", limit=ROWS_MAX)
        return (row for row, _ in found)

    def _audience(self, change: Change) -> InFlight:
        everybody = self._reading.count_persons()
        count = self._reading.audiences.counts().get(change.id, 0)
        if change.edit == "added":
            fates = (Fate(what="are looked at, one by one", count=everybody),)
        elif change.edit == "removed":
            fates = (Fate(what="leave it", count=count),)
        else:
            fates = (Fate(what="are looked at anew, with everybody else", count=count),)
        return InFlight(change=change, of="member", count=count, people=count, fates=fates)


def _before(journey: Journey, step_id: str) -> set[str]:
    place = journey.position(step_id)
    return {step.id for step in journey.steps[:place]}


def _in_flight(
    change: Change, of: str, person_ids: Sequence[str], fates: tuple[Fate, ...]
) -> InFlight:
    people = len(set(person_ids))
    return InFlight(change=change, of=of, count=len(person_ids), people=people, fates=fates)


def _fates(*found: tuple[str, Sequence[str]]) -> tuple[Fate, ...]:
    return tuple(Fate(what=what, count=len(some)) for what, some in found if some)


def _told(effect: Effect, pace_per_s: float) -> str:
    """Say what reading a run again does to it."""
    pace = f", {pace_per_s:g} a second" if pace_per_s else ""
    match effect.kind:
        case "none":
            return "stay as they are"
        case "sooner":
            return "wake sooner"
        case "later":
            return "wait longer"
        case "otherwise":
            return "wait where they are, otherwise"
        case "goes_on":
            return f"go on at {effect.step} at once{pace}" if effect.step else f"end at once{pace}"
        case "exits":
            return f"leave the journey ({effect.reason})"
