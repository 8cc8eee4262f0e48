"""The stage of `journeys`: runs start, wait, go on and end.

Called by the kernel for every entry. A signal looks at most into two index rows; most events
concern no journey and cost one look-up, and somebody without a run nothing more. A journey that
is gone exits its runs when they wake or are read again.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import replace as turned

from msgspec.structs import replace

from regard.core.event import Event, MessageOutcome, RolloutReached, TimerDue
from regard.core.facts import (
    CALL_PREFIX,
    AnswerTaken,
    AudienceChanged,
    Candidate,
    Decided,
    Derived,
    Entry,
    LimitReached,
    NeedEvidence,
    Noted,
    RunChanged,
)
from regard.core.flows import Journey
from regard.core.person import Person, RunState
from regard.core.program import JourneyTrigger, Program
from regard.core.signal import Signal, signal_of
from regard.journeys.matching import active_runs, awaits, is_about, is_met, signal_scope
from regard.journeys.register import is_active, with_states
from regard.journeys.resuming import answered, came, decided, reread, standing_at, watched, woken
from regard.journeys.starting import exited, finished, first_step, is_full, is_spare, may_start
from regard.journeys.turn import Conclusions, Turn, turn_of
from regard.journeys.walking import walked

TIMER = "run:"


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
        """Return the changes, candidates, cases and promises that follow from an entry."""
        body = entry.body
        kind = type(body)
        if kind is Event or kind is Noted:
            return _signal(person, body, entry, program)  # type: ignore[arg-type]
        if kind is RolloutReached:
            return _reached(turn_of(person, entry, program), body)  # type: ignore[arg-type]
        if not person.runs:
            return ()
        if kind is TimerDue:
            return _timer(turn_of(person, entry, program), body)  # type: ignore[arg-type]
        if kind is Decided:
            return _decision(turn_of(person, entry, program), body)  # type: ignore[arg-type]
        if kind is MessageOutcome:
            return _outcome(person, body, entry, program)  # type: ignore[arg-type]
        if kind is AudienceChanged or kind is NeedEvidence or kind is AnswerTaken:
            return _watching(turn_of(person, entry, program), person)
        return ()


def _signal(person: Person, body: Event | Noted, entry: Entry, program: Program) -> Conclusions:
    """Apply triggers in the order of the index, then look at runs that wait for a condition."""
    index = program.journeys_by_event
    if type(body) is Noted:
        triggers = [found for key in body.keys for found in index.get(key, ())]
    else:
        triggers = index.get(body.name, ())  # type: ignore[assignment]
    if not triggers and not _has_watching(person):
        return ()
    turn, signal = turn_of(person, entry, program), signal_of(body, entry.received_at)
    conclusions: list[Derived | Candidate] = []
    for found in triggers:
        if found.role == "start":
            changes = _started(turn, found, signal)
        else:
            changes = _moved(turn, found, signal)
        conclusions.extend(changes)
        turn = _seen_by_next(turn, changes)
    conclusions.extend(_watching(turn, person))
    return conclusions


def _has_watching(person: Person) -> bool:
    """Return whether a run of the person waits for a condition; nobody's runs cost nothing."""
    return bool(person.runs) and any(s.change.is_watching for s in person.runs.values())


def _started(turn: Turn, found: JourneyTrigger, signal: Signal) -> Conclusions:
    if not is_met(found.trigger, signal_scope(signal, turn)):
        return ()
    return _begun(turn, found.journey, signal.id, f"event:{signal.name}", signal.facts)


def _begun(
    turn: Turn, journey: Journey, cause_id: str, reason: str, facts: dict[str, object]
) -> Conclusions:
    person = turn.person
    if not journey.steps or not may_start(person, journey, turn.now):
        return ()
    if is_full(person):
        return (LimitReached(limit="active_runs", detail=journey.id),)
    run = first_step(journey, cause_id, reason, facts, turn.now)
    return () if run.run_id in person.runs else walked(run, journey, 0, turn)


def _moved(turn: Turn, found: JourneyTrigger, signal: Signal) -> list[Derived | Candidate]:
    """End or go on with the runs that a signal concerns."""
    journey, trigger = found.journey, found.trigger
    runs = active_runs(turn.person, journey.id)
    if found.role == "await":
        runs = [run for run in runs if awaits(run, standing_at(run, journey), trigger)]
    conclusions: list[Derived | Candidate] = []
    scope = signal_scope(signal, turn)
    if not runs or not is_met(trigger, scope):
        return conclusions
    for run in runs:
        if not is_about(run, trigger, scope, turn):
            continue
        if found.role == "goal":
            conclusions.append(replace(finished(run, "goal", turn.now), path=()))
        elif found.role == "exit":
            conclusions.append(exited(run, f"event:{signal.name}", turn.now))
        elif is_spare(turn.person, run, journey):
            conclusions.append(exited(run, "same_journey", turn.now))
        else:
            conclusions.extend(came(run, journey, turn))
    return conclusions


def _watching(turn: Turn, before: Person) -> list[Derived | Candidate]:
    """Look at the conditions that runs wait for: any entry may turn one true.

    Runs that this entry has moved already (they are not as in `before`) were looked at then.
    """
    conclusions: list[Derived | Candidate] = []
    for state in before.runs.values():
        run = state.change
        if not run.is_watching or turn.person.runs[run.run_id] is not state:
            continue
        journey = turn.program.journeys.get(run.journey)
        if journey is not None and is_active(run):
            changes = watched(run, journey, turn)
            if changes and is_spare(turn.person, run, journey):
                changes = (exited(run, "same_journey", turn.now),)
            conclusions.extend(changes)
            turn = _seen_by_next(turn, changes)
    return conclusions


def _seen_by_next(turn: Turn, changes: Iterable[Derived | Candidate]) -> Turn:
    """Return the turn as later triggers of the same signal must see it."""
    moved = {
        change.run_id: RunState(change=change, stamp=turn.stamp)
        for change in changes
        if isinstance(change, RunChanged)
    }
    if not moved:
        return turn
    return turned(turn, person=replace(turn.person, runs={**turn.person.runs, **moved}))


def _reached(turn: Turn, reached: RolloutReached) -> Conclusions:
    """Begin a journey, or let its standing runs follow today's version."""
    journey = turn.program.journeys.get(reached.subject)
    if reached.rollout == "reread":
        runs = active_runs(turn.person, reached.subject)
        return [change for run in runs for change in reread(run, journey, turn)]
    is_late = reached.expires_at is not None and turn.now > reached.expires_at
    if reached.rollout != "start" or journey is None or is_late:
        return ()
    return _begun(turn, journey, reached.rollout_id, "schedule", reached.facts)


def _timer(turn: Turn, timer: TimerDue) -> Conclusions:
    state = turn.person.runs.get(timer.ref.removeprefix(TIMER))
    if state is None or not timer.ref.startswith(TIMER) or not is_active(state.change):
        return ()
    run = state.change
    journey = turn.program.journeys.get(run.journey)
    if journey is None:
        return (exited(run, "journey_gone", turn.now),)
    if is_spare(turn.person, run, journey):
        return (exited(run, "same_journey", turn.now),)
    return woken(run, journey, turn)


def _decision(turn: Turn, decision: Decided) -> Conclusions:
    state = turn.person.runs.get(decision.candidate.ref)
    journey = turn.program.journeys.get(state.change.journey) if state else None
    if state is None or journey is None or decision.candidate.origin != "journey":
        return ()
    return decided(state.change, journey, decision, turn)


def _outcome(
    person: Person, outcome: MessageOutcome, entry: Entry, program: Program
) -> Conclusions:
    if not outcome.message_id.startswith(CALL_PREFIX):
        return ()
    run = next(_waiting_for(person.runs.values(), outcome.message_id), None)
    journey = program.journeys.get(run.journey) if run else None
    if run is None or journey is None:
        return ()
    return answered(run, journey, outcome, turn_of(person, entry, program))


def _waiting_for(states: Iterable[RunState], call_id: str) -> Iterator[RunChanged]:
    return (state.change for state in states if state.change.call_id == call_id)
