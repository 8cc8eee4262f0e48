"""The stage of `needs`: evidence found in what comes in, and belief that crosses a level.

It takes part before the stages that act, and history teaches it, so that whoever acts on an event
knows what the person wants by it. An event that is evidence of nothing costs a few look-ups.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime

from msgspec.structs import replace

from regard.core.clock import from_us
from regard.core.event import Event, PersonRevised, TimerDue
from regard.core.facts import (
    Derived,
    Entry,
    NeedChanged,
    NeedEvidence,
    Noted,
    SilenceWatched,
)
from regard.core.needs import EvidenceLine, Need, NeedIndex
from regard.core.person import NeedState, Person
from regard.core.program import Program
from regard.core.signal import QUESTION_ANSWERED, Signal, signal_of
from regard.needs.answers import evidence_of, taken
from regard.needs.finding import Found, found_in, met_us, scope_of
from regard.needs.looking import Look, ended, looked, met
from regard.needs.register import BLANK, changed, joined, watched, weighed, with_needs
from regard.needs.silences import followed, renamed, settled

TIMER = "need:"


class Needs:
    """What a person wants now. Implements `core.ports.Stage`; it only concludes, never offers."""

    def fold(self, person: Person, entry: Entry) -> Person:
        """Return the person with a fact about a need; the same object for any other entry."""
        body = entry.body
        if type(body) is NeedEvidence:
            state = weighed(body, entry.stamp)
        elif type(body) is NeedChanged:
            state = changed(body, entry.stamp)
        elif type(body) is SilenceWatched:
            state = watched(body, entry.stamp)
        else:
            return person
        return replace(person, needs=with_needs(person.needs, {body.need: state}))

    def join(self, winner: Person, loser: Person) -> Person:
        """Return `winner` with the evidence of `loser`; the loop tells that they are one."""
        if not loser.needs:
            return winner
        return replace(winner, needs=with_needs(winner.needs, loser.needs))

    def react(self, person: Person, entry: Entry, program: Program) -> Sequence[Derived]:
        """Return evidence that an input is, and what the belief comes to."""
        body = entry.body
        if type(body) is Event:
            return _event(person, body, entry, program)
        if type(body) is Noted:
            return _noted(person, body, entry, program)
        if type(body) is TimerDue:
            return _due(person, entry, program) if body.ref.startswith(TIMER) else ()
        if type(body) is PersonRevised and person.needs:
            return _revised(person, entry, program)
        return ()


def _event(person: Person, event: Event, entry: Entry, program: Program) -> list[Derived]:
    index, name = program.needs_by_event, event.name
    facts: list[Derived] = []
    found: list[Found] = []
    if name == QUESTION_ANSWERED and not person.is_erased:
        facts, found = _answer(person, event, program)
    if not program.needs or _is_closed(person):
        return facts
    found += found_in(person, event, index, entry.received_at)
    if not found and name not in index.met_by and name not in index.by_silence:
        return facts
    look = Look(
        now=entry.received_at,
        why="history" if event.is_history else "event",
        detail=name,
        facts=event.facts,
    )
    seen = _Seen(names=(name,), signal=signal_of(event, entry.received_at), look=look)
    return [*facts, *_followed_up(person, seen, found, entry, program)]


def _noted(person: Person, noted: Noted, entry: Entry, program: Program) -> list[Derived]:
    """Return what follows from something that Regard noted: a promise missed is evidence too."""
    if not program.needs or _is_closed(person):
        return []
    found = found_in(person, noted, program.needs_by_event, entry.received_at)
    look = Look(now=entry.received_at, why="event", detail=noted.keys[1], facts=noted.facts)
    signal = signal_of(noted, entry.received_at)
    seen = _Seen(names=noted.keys, signal=signal, look=look)
    return _followed_up(person, seen, found, entry, program)


@dataclass(frozen=True, slots=True, kw_only=True)
class _Seen:
    """What came: the names under which it is looked up, as triggers see it, and why we look."""

    names: tuple[str, ...]
    signal: Signal
    look: Look


def _followed_up(
    person: Person, seen: _Seen, found: Sequence[Found], entry: Entry, program: Program
) -> list[Derived]:
    """Return silences that begin, new evidence, and what the belief in each need comes to."""
    index, look, at = program.needs_by_event, seen.look, seen.signal.at
    facts: list[Derived] = []
    if look.triggers:
        for need, line in (pair for n in seen.names for pair in index.by_silence.get(n, ())):
            facts += followed(person, need, line, at, look.now)
    ends = _ended(person, seen, index)
    for need in ends.values():
        state = person.needs.get(need.id, BLANK)
        if state.evidence or (state.change is not None and state.change.is_felt):
            facts += met(person, need, state, at, look)
    by_need: dict[str, list[NeedEvidence]] = {}
    for need, piece in found:
        if need.id not in ends:
            by_need.setdefault(need.id, []).append(piece)
    for name, pieces in by_need.items():
        facts += _weighed(person, program.needs[name], pieces, look, entry)
    return facts


def _ended(person: Person, seen: _Seen, index: NeedIndex) -> dict[str, Need]:
    """Return the needs that this meets."""
    listed = [pair for name in seen.names for pair in index.met_by.get(name, ())]
    if not listed:
        return {}
    scope = scope_of(person, seen.signal, seen.look.now)
    return {
        need.id: need
        for need, trigger in listed
        if trigger.when is None or trigger.when(scope) is True
    }


def _weighed(
    person: Person, need: Need, pieces: Iterable[NeedEvidence], look: Look, entry: Entry
) -> list[Derived]:
    """Return evidence of one need that is not over yet, and what the belief comes to with it."""
    state = person.needs.get(need.id, BLANK)
    over_us = max(state.met_us, met_us(person, need, look.now))
    facts: list[Derived] = []
    for piece in pieces:
        alone = weighed(piece, entry.stamp)
        if alone.evidence[0].at_us > over_us:
            facts.append(piece)
            state = joined(state, alone)
    return [*facts, *looked(person, need, state, look)] if facts else []


def _answer(person: Person, event: Event, program: Program) -> tuple[list[Derived], list[Found]]:
    """Return the answer to a question, and what it says about a need."""
    answer = taken(person, event, program)
    question = None if answer is None else program.engagements[answer.engagement].asks
    if answer is None or question is None:
        return [], []
    piece = evidence_of(answer, question)
    need = program.needs.get(question.need)
    return [answer], [] if piece is None or need is None else [(need, piece)]


def _due(person: Person, entry: Entry, program: Program) -> list[Derived]:
    """Look at all that is due by now: people who were merged have timers of both."""
    now = entry.received_at
    facts: list[Derived] = []
    for name in sorted(person.needs):
        state = person.needs[name]
        need = program.needs.get(name)
        is_due = state.change is not None and _is_due(state.change.wake_at, now)
        silent = [w.change for w in state.watched.values() if _is_due(w.change.wake_at, now)]
        if not is_due and not silent:
            continue
        if need is None or _is_closed(person):
            facts += _dropped(state, person, now, "definition" if need is None else "rights")
            continue
        for change in silent:
            for fact in settled(person, need, _line(need, change), now):
                facts.append(fact)
                if isinstance(fact, NeedEvidence):
                    state = joined(state, weighed(fact, entry.stamp))
        facts += looked(person, need, state, Look(now=now, why="time"))
    return facts


def _revised(person: Person, entry: Entry, program: Program) -> list[Derived]:
    """Look at every need anew: two turned out to be one, or one to be two."""
    look = Look(now=entry.received_at, why="identity")
    facts: list[Derived] = []
    for name in sorted(person.needs):
        state, need = person.needs[name], program.needs.get(name)
        if need is None or _is_closed(person):
            continue
        for watch in state.watched.values():
            facts += renamed(person, watch.change)
        over_us = met_us(person, need, look.now)
        if state.evidence and over_us >= state.evidence[-1].at_us:
            over = met(person, need, state, from_us(over_us), look)
            facts += over
            for fact in over:
                if isinstance(fact, NeedChanged):
                    state = joined(state, changed(fact, max(entry.stamp, state.stamp + 1)))
        facts += looked(person, need, state, look)
    return facts


def _dropped(state: NeedState, person: Person, now: datetime, why: str) -> Iterable[Derived]:
    """Yield that nothing is waited for any more: the need is gone, or the person's silence."""
    if state.change is not None and state.change.wake_at is not None:
        yield ended(person, state.change, now, why)
    for watch in state.watched.values():
        if watch.change.wake_at is not None:
            yield replace(watch.change, wake_at=None)


def _line(need: Need, change: SilenceWatched) -> EvidenceLine:
    """Return the line that a silence belongs to, or one without a silence when it is gone."""
    gone = EvidenceLine(id=change.line, told="", weight=0.0)
    return next((line for line in need.lines if line.id == change.line), gone)


def _is_due(wake_at: datetime | None, now: datetime) -> bool:
    return wake_at is not None and wake_at <= now


def _is_closed(person: Person) -> bool:
    """Return whether nothing more is to be concluded about the person."""
    return person.is_erased or person.is_frozen or person.is_department
