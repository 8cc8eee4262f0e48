"""The stage of `rhythms`: one timer per person and rhythm, moved as seldom as can be.

An event that belongs to a rhythm sets a timer only when none is set or it must come earlier; when
a timer fires, the rhythm is looked at anew and the timer set again for what was heard meanwhile.
So a regular customer costs one fact per `late_after` - 1 typical gaps, and hardly ever one on an
event. Late is told once per silence. What was imported teaches the rhythm, but a silence that was
over before the import is no news.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from regard.core.event import Event, PersonRevised, TimerDue
from regard.core.facts import Derived, Entry, Noted, RhythmArmed
from regard.core.flows import Rhythm
from regard.core.ids import derived_id
from regard.core.person import Person, RhythmState
from regard.core.program import Program
from regard.core.scope import Scope
from regard.core.signal import PERSON_LATE
from regard.rhythms.gaps import Beat, beat_of

TIMER = "rhythm:"

STATES_MAX = 200
"""Rhythms remembered per person, those of earlier programs included; the oldest go first."""

DAY = timedelta(days=1)


class Rhythms:
    """Who is late by their own rhythm: a stage that learns from history too (`runtime.kernel`)."""

    def fold(self, person: Person, entry: Entry) -> Person:
        """Return the person with a rhythm armed; the same object for any other entry."""
        change = entry.body
        if type(change) is not RhythmArmed:
            return person
        told = change.last_at if change.is_told else None
        state = RhythmState(change=change, stamp=entry.stamp, told=told)
        return replace(person, rhythms=_joined(person.rhythms, {change.rhythm: state}))

    def join(self, winner: Person, loser: Person) -> Person:
        """Return `winner` with the rhythms of `loser`; the loop tells that they are one."""
        if not loser.rhythms:
            return winner
        return replace(winner, rhythms=_joined(winner.rhythms, loser.rhythms))

    def react(self, person: Person, entry: Entry, program: Program) -> Sequence[Derived]:
        """Return a timer to set, or that the person is late."""
        body = entry.body
        if type(body) is Event:
            found = program.rhythms_by_event.get(body.name)
            return _armed(person, found, entry) if found else ()
        if type(body) is TimerDue:
            is_ours = body.ref.startswith(TIMER)
            return _due(person, entry.received_at, program) if is_ours else ()
        if type(body) is PersonRevised:
            return _armed(person, _lived(person, program), entry, is_renaming=True)
        return ()


def _lived(person: Person, program: Program) -> Iterable[Rhythm]:
    index = program.rhythms_by_event
    return (rhythm for name in person.seen for rhythm in index.get(name, ()))


def _armed(
    person: Person, rhythms: Iterable[Rhythm], entry: Entry, *, is_renaming: bool = False
) -> list[Derived]:
    """Set timers where there is none, or none so early. A moment that has passed sets none.

    `is_renaming`: persons were joined or parted, so a timer may be somebody else's.
    """
    found: list[Derived] = []
    for rhythm in rhythms:
        beat = _beat(person, rhythm)
        if beat is None or beat.late_at <= entry.received_at:
            continue
        state = person.rhythms.get(rhythm.id)
        armed_id = _armed_id(person, rhythm.id)
        if state is not None and (not is_renaming or state.change.armed_id == armed_id):
            wake_at = state.change.wake_at
            if wake_at is not None and wake_at <= beat.late_at:
                continue
        found.append(_waiting(armed_id, rhythm, beat))
    return found


def _due(person: Person, now: datetime, program: Program) -> list[Derived]:
    """Look at all that is due by now: people who were merged have timers of both."""
    changes = [state.change for state in person.rhythms.values()]
    due = [change for change in changes if change.wake_at is not None and change.wake_at <= now]
    return [fact for change in due for fact in _looked(person, change, now, program)]


def _looked(
    person: Person, change: RhythmArmed, now: datetime, program: Program
) -> Sequence[Derived]:
    """Return that the person is late, or the moment when they will be."""
    rhythm = program.rhythms.get(change.rhythm)
    beat = _beat(person, rhythm) if rhythm is not None and not person.is_erased else None
    if rhythm is None or beat is None:
        return (replace(change, wake_at=None),)
    armed_id = _armed_id(person, rhythm.id)
    if beat.late_at > now:
        return (_waiting(armed_id, rhythm, beat),)
    at_rest = replace(_waiting(armed_id, rhythm, beat), wake_at=None)
    is_news = person.rhythms[rhythm.id].told != beat.last_at and _is_met(person, rhythm, now)
    return (
        (replace(at_rest, is_told=True), _late(rhythm, beat, at_rest, now))
        if is_news
        else (at_rest,)
    )


def _late(rhythm: Rhythm, beat: Beat, change: RhythmArmed, now: datetime) -> Noted:
    last_at = beat.last_at.isoformat()
    return Noted(
        note_id=derived_id(PERSON_LATE, change.armed_id, last_at),
        name=PERSON_LATE,
        about=rhythm.id,
        facts={
            "rhythm": rhythm.id,
            "typical_gap_days": round(beat.gap / DAY, 2),
            "last_at": last_at,
            "expected_at": beat.expected_at.isoformat(),
            "late_factor": round((now - beat.last_at) / beat.gap, 2),
        },
    )


def _waiting(armed_id: str, rhythm: Rhythm, beat: Beat) -> RhythmArmed:
    return RhythmArmed(
        armed_id=armed_id, rhythm=rhythm.id, last_at=beat.last_at, wake_at=beat.late_at
    )


def _armed_id(person: Person, rhythm_id: str) -> str:
    """Name the timer after whom the person is now: no two persons ever share one."""
    return derived_id("rhythm", rhythm_id, person.id)


def _is_met(person: Person, rhythm: Rhythm, now: datetime) -> bool:
    if rhythm.when is None:
        return True
    facts = person.seen[rhythm.event].facts
    scope = Scope(person=person, facts=facts, now=now, event_name=rhythm.event)
    return rhythm.when(scope) is True


def _beat(person: Person, rhythm: Rhythm) -> Beat | None:
    seen = person.seen.get(rhythm.event)
    return None if seen is None else beat_of(rhythm, seen.recent_us)


def _joined(
    current: Mapping[str, RhythmState], other: Mapping[str, RhythmState]
) -> dict[str, RhythmState]:
    """Return the latest state of every rhythm, bounded. Commutative and associative."""
    merged = dict(current)
    for name, state in other.items():
        old = merged.get(name)
        merged[name] = state if old is None else _later(old, state)
    if len(merged) > STATES_MAX:
        newest = sorted(merged, key=lambda name: (merged[name].stamp, name), reverse=True)
        merged = {name: merged[name] for name in newest[:STATES_MAX]}
    return merged


def _later(one: RhythmState, two: RhythmState) -> RhythmState:
    told = max((at for at in (one.told, two.told) if at is not None), default=None)
    latest = one if one.stamp > two.stamp else two
    return replace(latest, told=told)
