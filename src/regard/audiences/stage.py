"""The stage of `audiences`: it looks where an input may have changed who belongs.

Called by the kernel for every input, before the other stages act on it, and for what Regard notes.
An event looks only at the audiences that read what it brought; most touch none and cost a few
look-ups. All changes of one input are concluded together, those that are asked for first, so that
`in_audience` never sees half of them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import datetime
from heapq import heapify, heappop, heappush

from msgspec.structs import replace

from regard.audiences.looking import TIMER, Look, left, looked
from regard.audiences.register import with_states
from regard.audiences.touched import concerned, touched
from regard.core.event import Event, PersonRevised, RolloutReached, TimerDue
from regard.core.facts import (
    AnswerTaken,
    AudienceChanged,
    Derived,
    Entry,
    LimitReached,
    NeedChanged,
    NeedEvidence,
    Noted,
)
from regard.core.flows import Audience
from regard.core.person import AudienceState, Person
from regard.core.program import Program

MOVES_MAX = 400
"""Facts about memberships that one input may cause; one entry has room for 960 facts."""

RIGHTS = frozenset({"Person Erased", "Person Frozen", "Person Unfrozen"})
"""Whoever is erased or frozen is in no audience; they leave, and come back, without a word."""


class Audiences:
    """Who belongs to which audience, and when that is to be looked at again."""

    def fold(self, person: Person, entry: Entry) -> Person:
        """Return the person with a changed membership; the same object for any other entry."""
        if type(entry.body) is not AudienceChanged:
            return person
        return _with_change(person, entry.body, entry.stamp)

    def join(self, winner: Person, loser: Person) -> Person:
        """Return `winner` with the memberships of `loser`; the latest change of each wins.

        What the two did together is looked at when the loop tells that they are one.
        """
        if not loser.audiences:
            return winner
        return replace(winner, audiences=with_states(winner.audiences, loser.audiences))

    def react(self, person: Person, entry: Entry, program: Program) -> Sequence[Derived]:
        """Return the changes that follow from an input, and what they trigger."""
        body = entry.body
        if type(body) is Event:
            if not program.audiences:
                return ()
            return _event(person, body, entry, program)
        if type(body) is Noted:
            found = program.audiences_by_event.by_event.get(body.keys[1], ())
            look = Look(now=entry.received_at, why="event", detail=body.keys[1])
            return _look_at(person, found, look, entry, program) if found else ()
        if isinstance(body, NeedEvidence | NeedChanged | AnswerTaken):
            return _learned(person, body, entry, program)
        if type(body) is TimerDue:
            return _due(person, body, entry, program)
        if type(body) is RolloutReached:
            return _reached(person, body, entry, program)
        if type(body) is PersonRevised:
            look = Look(now=entry.received_at, why="identity")
            ended = _ended(person, person.audiences, look, program)
            return [*ended, *_look_at(person, concerned(person, program), look, entry, program)]
        return ()


def _event(person: Person, event: Event, entry: Entry, program: Program) -> Sequence[Derived]:
    now = entry.received_at
    if event.name in RIGHTS:
        look = Look(now=now, why="rights", detail=event.name)
        return _look_at(person, concerned(person, program), look, entry, program)
    found = touched(person, event, entry, program)
    if not found:
        return ()
    look = Look(now=now, why="history" if event.is_history else "event", detail=event.name)
    return _look_at(person, found, look, entry, program)


def _learned(
    person: Person,
    fact: NeedEvidence | NeedChanged | AnswerTaken,
    entry: Entry,
    program: Program,
) -> Sequence[Derived]:
    """Look at what asks for a belief that moved, or for what the person answered."""
    index = program.audiences_by_event
    if isinstance(fact, AnswerTaken):
        found = index.by_trait.get(fact.trait, ())
    else:
        found = index.by_need.get(fact.need, ())
    look = Look(now=entry.received_at, why="event", detail="need")
    return _look_at(person, found, look, entry, program) if found else ()


def _due(person: Person, timer: TimerDue, entry: Entry, program: Program) -> Sequence[Derived]:
    """Look at all that is due by now: people who were merged have timers of both."""
    if not timer.ref.startswith(TIMER):
        return ()
    now = entry.received_at
    due = [name for name, state in person.audiences.items() if _is_due(state.change, now)]
    if not due:
        return ()
    look = Look(now=now, why="time")
    known = [program.audiences[name] for name in due if name in program.audiences]
    ended = _ended(person, due, look, program)
    return [*ended, *_look_at(person, known, look, entry, program)]


def _is_due(change: AudienceChanged, now: datetime) -> bool:
    return change.wake_at is not None and change.wake_at <= now


def _reached(
    person: Person, reached: RolloutReached, entry: Entry, program: Program
) -> Sequence[Derived]:
    """Look at an audience because its definition is new, has changed or is gone."""
    if reached.rollout != "audience":
        return ()
    look = Look(now=entry.received_at, why="definition")
    audience = program.audiences.get(reached.subject)
    if audience is None:
        return left(person, reached.subject, look)
    return _look_at(person, [audience], look, entry, program)


def _ended(person: Person, names: Iterable[str], look: Look, program: Program) -> list[Derived]:
    gone = sorted(name for name in names if name not in program.audiences)
    return [fact for name in gone for fact in left(person, name, look)]


def _look_at(
    person: Person, found: Iterable[Audience], look: Look, entry: Entry, program: Program
) -> list[Derived]:
    """Look at audiences and then at those that ask for what has moved, lowest rank first."""
    index = program.audiences_by_event
    todo = {index.ranks[audience.id]: audience for audience in found}
    ranks = list(todo)
    heapify(ranks)
    facts: list[Derived] = []
    while ranks:
        audience = todo[heappop(ranks)]
        concluded = looked(person, audience, look)
        if len(facts) + len(concluded) > MOVES_MAX:
            return [*facts, LimitReached(limit="audience_changes", detail=look.reason)]
        facts += concluded
        for change in concluded:
            if isinstance(change, AudienceChanged) and audience.id in index.askers:
                person = _with_change(person, change, entry.stamp)
                for asker in index.askers[audience.id]:
                    rank = index.ranks[asker.id]
                    if rank not in todo:
                        todo[rank] = asker
                        heappush(ranks, rank)
    return facts


def _with_change(person: Person, change: AudienceChanged, stamp: int) -> Person:
    state = AudienceState(change=change, stamp=stamp)
    return replace(person, audiences=with_states(person.audiences, {change.audience: state}))
