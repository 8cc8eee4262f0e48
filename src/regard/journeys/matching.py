"""Which runs a signal concerns.

A trigger and a signal (an event, or what Regard noted) in, active runs of the journey out. A
trigger's `about` is one expression read twice: over the signal and over the facts of the run.
"""

from __future__ import annotations

from regard.core.facts import RunChanged
from regard.core.flows import Step, Trigger
from regard.core.person import Person
from regard.core.scope import Scope
from regard.core.signal import Signal
from regard.journeys.register import is_active
from regard.journeys.turn import Turn


def signal_scope(signal: Signal, turn: Turn) -> Scope:
    """Return what an expression sees of a signal."""
    return Scope(
        person=turn.person,
        facts=signal.facts,
        now=turn.now,
        event_name=signal.name,
        channel=signal.channel,
    )


def is_met(trigger: Trigger, scope: Scope) -> bool:
    """Return whether the trigger's condition holds; without one it always does."""
    return trigger.when is None or trigger.when(scope) is True


def active_runs(person: Person, journey_id: str) -> list[RunChanged]:
    """Return the runs of a journey that are not over."""
    return [
        state.change
        for state in person.runs.values()
        if state.change.journey == journey_id and is_active(state.change)
    ]


def is_about(run: RunChanged, trigger: Trigger, scope: Scope, turn: Turn) -> bool:
    """Return whether a signal concerns this run; NULL concerns none."""
    if trigger.about is None:
        return True
    wanted = trigger.about(turn.scope(run))
    return wanted is not None and wanted == trigger.about(scope)


def awaits(run: RunChanged, step: Step | None, trigger: Trigger) -> bool:
    """Return whether a run stands at a step that waits for this very trigger."""
    if run.status != "waiting" or step is None or step.kind != "wait_until":
        return False
    return any(awaited is trigger or awaited == trigger for awaited in step.events)
