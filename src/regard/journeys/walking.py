"""Walking a run from step to step until one of them waits.

A run and the place to go on from in; its next change, a candidate and cases out. Every choice is
made here and now, with the person and the program of this moment.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from regard.core.clock import moment_of
from regard.core.facts import (
    Candidate,
    CaseOpened,
    Derived,
    Entry,
    LimitReached,
    RunChanged,
)
from regard.core.ids import derived_id
from regard.core.person import Person
from regard.core.program import Journey, Step
from regard.journeys.matching import run_scope
from regard.journeys.starting import exited

STEPS_MAX = 100
"""Steps a run may take because of one entry. A journey that needs more goes in circles."""

FACTS_MAX = 400
"""Facts derived from one entry after which a run takes no further step. An offer that is refused
at once walks on within the same entry, and one entry has room for 1,023 facts."""

OFFER_PATIENCE = timedelta(days=7)
"""How long a run waits for the gate's last word. Longer holds are stale, and no step may stall a
run for ever."""

AHEAD_MAX = 20
"""Steps a parked run remembers as ahead of it, to find the next surviving one after an edit."""

WAIT_MAX = timedelta(days=3_660)
"""The longest wait: ten years. Further is a broken date."""

Conclusions = Sequence[Derived | Candidate]


def walked(
    run: RunChanged, journey: Journey, start: int, person: Person, entry: Entry
) -> Conclusions:
    """Walk from the step at index `start` (past the last: the run is finished)."""
    done: list[Derived | Candidate] = []
    place = start
    run = replace(run, path=())
    for _ in range(STEPS_MAX if entry.part < FACTS_MAX else 0):
        if place < 0:
            return [*done, _left(run, "step_gone")]
        if place >= len(journey.steps):
            return [*done, _finished(run, "end")]
        step = journey.steps[place]
        run = replace(run, step=step.id, path=(*run.path, step.id))
        if step.kind == "exit":
            return [*done, _finished(run, "exit")]
        stop = _stop(run, journey, step, person, entry)
        if stop:
            return [*done, *stop]
        if step.kind == "case":
            done.append(_case(run, step, len(done), entry))
        place = _branched(run, journey, step, person, entry)
    limit = LimitReached(limit="journey_steps", detail=f"{journey.id}: {run.step}")
    return [*done, limit, _left(run, "journey_steps")]


def after(journey: Journey, step: Step) -> int:
    """Return the index of the step that follows, -1 when its goto leads nowhere."""
    if step.goto:
        return journey.position(step.goto)
    return journey.position(step.id) + 1


def _branched(run: RunChanged, journey: Journey, step: Step, person: Person, entry: Entry) -> int:
    """Return where to go from a step that does not stop; the first true arm wins."""
    if step.kind != "branch":
        return after(journey, step)
    scope = run_scope(person, run, entry)
    for condition, target in step.arms:
        if condition(scope) is True:
            return journey.position(target)
    return journey.position(step.otherwise) if step.otherwise else after(journey, step)


def _stop(
    run: RunChanged, journey: Journey, step: Step, person: Person, entry: Entry
) -> Conclusions:
    """Return the run stopped at this step, or nothing when it goes straight on."""
    now = entry.received_at
    if step.kind == "offer":
        stopped = _stopped(run, journey, step, now + OFFER_PATIENCE, "offered")
        return (replace(stopped, status="offering"), _candidate(run, step, entry))
    if step.kind == "wait":
        wake_at = _wake_at(run, step, person, entry)
        if wake_at is None:
            return ()
        return (_stopped(run, journey, step, wake_at, "wait"),)
    if step.kind == "wait_until":
        within = None if step.wait_for is None else now + min(step.wait_for, WAIT_MAX)
        stopped = _stopped(run, journey, step, within, "wait_until")
        names = tuple(dict.fromkeys(trigger.event for trigger in step.events))
        return (replace(stopped, awaits=names),)
    return ()


def _wake_at(run: RunChanged, step: Step, person: Person, entry: Entry) -> datetime | None:
    """Return when a wait ends; None when it is over already or its moment is NULL."""
    now = entry.received_at
    if step.until is not None:
        wake_at = moment_of(step.until(run_scope(person, run, entry)))
    else:
        wake_at = now + min(step.wait_for or timedelta(0), WAIT_MAX)
    if wake_at is None or wake_at <= now:
        return None
    return min(wake_at, now + WAIT_MAX)


def _stopped(
    run: RunChanged, journey: Journey, step: Step, wake_at: datetime | None, reason: str
) -> RunChanged:
    place = journey.position(step.id) + 1
    ahead = tuple(later.id for later in journey.steps[place : place + AHEAD_MAX])
    return replace(run, status="waiting", wake_at=wake_at, awaits=(), ahead=ahead, reason=reason)


def _left(run: RunChanged, reason: str) -> RunChanged:
    return replace(exited(run, reason), path=run.path)


def _finished(run: RunChanged, reason: str) -> RunChanged:
    return replace(run, status="finished", reason=reason, wake_at=None, awaits=(), ahead=())


def _candidate(run: RunChanged, step: Step, entry: Entry) -> Candidate:
    return Candidate(
        engagement=step.engagement,
        origin="journey",
        ref=run.run_id,
        made_at=entry.received_at,
        facts=run.facts,
    )


def _case(run: RunChanged, step: Step, number: int, entry: Entry) -> CaseOpened:
    return CaseOpened(
        case_id=derived_id("case", run.run_id, step.id, str(entry.stamp), str(number)),
        department=step.department,
        title=step.title,
        ref=run.run_id,
        reason=f"journey:{run.journey}",
    )
