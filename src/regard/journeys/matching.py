"""Which runs an event concerns.

A trigger and an event in, active runs of the journey out. A trigger's `about` is one expression
read twice: over the event and over the facts that started the run.
"""

from __future__ import annotations

from regard.core.event import Event
from regard.core.facts import Entry, RunChanged
from regard.core.person import Person
from regard.core.program import Scope, Step, Trigger
from regard.journeys.register import is_active


def event_scope(person: Person, event: Event, entry: Entry) -> Scope:
    """Return what an expression sees of an event."""
    return Scope(
        person=person,
        facts=event.facts,
        now=entry.received_at,
        event_name=event.name,
        channel=event.channel,
    )


def run_scope(person: Person, run: RunChanged, entry: Entry) -> Scope:
    """Return what an expression sees of a run: today's person, the facts that started it."""
    return Scope(person=person, facts=run.facts, now=entry.received_at)


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


def is_about(run: RunChanged, trigger: Trigger, scope: Scope, entry: Entry) -> bool:
    """Return whether an event concerns this run; NULL concerns none."""
    if trigger.about is None:
        return True
    wanted = trigger.about(run_scope(scope.person, run, entry))
    return wanted is not None and wanted == trigger.about(scope)


def awaits(run: RunChanged, step: Step | None, trigger: Trigger) -> bool:
    """Return whether a run stands at a step that waits for this very trigger."""
    if run.status != "waiting" or step is None or step.kind != "wait_until":
        return False
    return any(awaited is trigger or awaited == trigger for awaited in step.events)
