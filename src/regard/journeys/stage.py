"""The stage of `journeys`: runs start, wait, go on and end.

Called by the kernel for every entry. An event looks at most into one index row; most events
concern no journey and cost one look-up. A journey that is gone exits its runs when they wake.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from regard.core.event import Event, TimerDue
from regard.core.facts import (
    Candidate,
    Decided,
    Derived,
    Entry,
    LimitReached,
    RunChanged,
)
from regard.core.person import Person, RunState
from regard.core.program import Journey, JourneyTrigger, Program
from regard.journeys.matching import active_runs, awaits, event_scope, is_about, is_met
from regard.journeys.register import is_active, with_states
from regard.journeys.resuming import came, decided, standing_at, woken
from regard.journeys.starting import exited, first_step, is_full, is_spare, may_start
from regard.journeys.walking import walked

TIMER = "run:"

Conclusions = Sequence[Derived | Candidate]


class Journeys:
    """Runs of journeys by one person, from start to end."""

    def fold(self, person: Person, entry: Entry) -> Person:
        """Return the person with a changed run; the same object for any other entry."""
        if type(entry.body) is not RunChanged:
            return person
        state = RunState(change=entry.body, stamp=entry.stamp)
        return replace(person, runs=with_states(person.runs, {entry.body.run_id: state}))

    def join(self, winner: Person, loser: Person) -> Person:
        """Return `winner` with the runs of `loser`; the latest change of each wins."""
        if not loser.runs:
            return winner
        return replace(winner, runs=with_states(winner.runs, loser.runs))

    def react(self, person: Person, entry: Entry, program: Program) -> Conclusions:
        """Return the changes, candidates and cases that follow from an entry."""
        body = entry.body
        if type(body) is Event:
            triggers = program.journeys_by_event.get(body.name)
            return _event(person, triggers, body, entry) if triggers else ()
        if not person.runs:
            return ()
        if type(body) is TimerDue:
            return _timer(person, body, entry, program)
        if type(body) is Decided:
            return _decision(person, body, entry, program)
        return ()


def _event(
    person: Person, triggers: Sequence[JourneyTrigger], event: Event, entry: Entry
) -> Conclusions:
    """Apply triggers in the order of the index: exit, then go on, then start."""
    conclusions: list[Derived | Candidate] = []
    for found in triggers:
        if found.role == "start":
            changes = _started(person, found.journey, event, entry)
        else:
            changes = _moved(person, found, event, entry)
        conclusions.extend(changes)
        person = _seen_by_next(person, changes, entry)
    return conclusions


def _started(person: Person, journey: Journey, event: Event, entry: Entry) -> Conclusions:
    if not is_met(journey.start, event_scope(person, event, entry)):
        return ()
    if not journey.steps or not may_start(person, journey):
        return ()
    if is_full(person):
        return (LimitReached(limit="active_runs", detail=journey.id),)
    run = first_step(journey, event, entry)
    if run.run_id in person.runs:
        return ()
    return walked(run, journey, 0, person, entry)


def _moved(
    person: Person, found: JourneyTrigger, event: Event, entry: Entry
) -> list[Derived | Candidate]:
    """Exit or go on with the runs that an event concerns."""
    journey, trigger = found.journey, found.trigger
    runs = active_runs(person, journey.id)
    if found.role == "await":
        runs = [run for run in runs if awaits(run, standing_at(run, journey), trigger)]
    conclusions: list[Derived | Candidate] = []
    scope = event_scope(person, event, entry)
    if not runs or not is_met(trigger, scope):
        return conclusions
    for run in runs:
        if not is_about(run, trigger, scope, entry):
            continue
        if found.role == "exit":
            conclusions.append(exited(run, f"event:{event.name}"))
        elif is_spare(person, run, journey):
            conclusions.append(exited(run, "same_journey"))
        else:
            conclusions.extend(came(run, journey, person, entry))
    return conclusions


def _seen_by_next(person: Person, changes: Conclusions, entry: Entry) -> Person:
    """Return the person as later triggers of the same event must see them."""
    moved = {
        change.run_id: RunState(change=change, stamp=entry.stamp)
        for change in changes
        if isinstance(change, RunChanged)
    }
    return replace(person, runs={**person.runs, **moved}) if moved else person


def _timer(person: Person, timer: TimerDue, entry: Entry, program: Program) -> Conclusions:
    state = person.runs.get(timer.ref.removeprefix(TIMER))
    if state is None or not timer.ref.startswith(TIMER) or not is_active(state.change):
        return ()
    journey = program.journeys.get(state.change.journey)
    if journey is None:
        return (exited(state.change, "journey_gone"),)
    if is_spare(person, state.change, journey):
        return (exited(state.change, "same_journey"),)
    return woken(state.change, journey, person, entry)


def _decision(person: Person, decision: Decided, entry: Entry, program: Program) -> Conclusions:
    state = person.runs.get(decision.candidate.ref)
    journey = program.journeys.get(state.change.journey) if state else None
    if state is None or journey is None or decision.candidate.origin != "journey":
        return ()
    return decided(state.change, journey, decision, person, entry)
