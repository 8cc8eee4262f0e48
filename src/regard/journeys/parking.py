"""Standing at a step: until when and for what, or where to go on because nothing holds it.

A run, the step it stands at and since when in; the run as it stands, or the place to go on from,
out. Asked when a run comes to a step, when it wakes, and when the journey was edited meanwhile:
so all three follow today's journey on today's facts.
"""

from __future__ import annotations

from datetime import datetime, timedelta

from msgspec.structs import replace

from regard.core.clock import moment_of
from regard.core.facts import RunChanged
from regard.core.flows import Journey, LocalTime, Step
from regard.journeys.schedules import next_local, zone_of
from regard.journeys.turn import Turn

OFFER_PATIENCE = timedelta(days=7)
"""How long a run waits for the gate's last word. Longer holds are stale, and no step may stall a
run for ever."""

ANSWER_PATIENCE = timedelta(minutes=1)
"""How long a run waits for the answer to a call that does not say so itself."""

AHEAD_MAX = 20
"""Steps a parked run remembers as ahead of it, to find the next surviving one after an edit."""

WAIT_MAX = timedelta(days=3_660)
"""The longest wait: ten years. Further is a broken date."""

_TICK = timedelta(microseconds=1)


def standing(
    run: RunChanged, journey: Journey, step: Step, turn: Turn, since: datetime
) -> RunChanged | int:
    """Return the run as it stands at `step` since `since`, or the index to go on from.

    The index of the step itself: it is not what the run stood at, and is to be taken now.
    """
    if step.kind == "wait":
        wake_at = _wait_ends(run, step, turn, since)
        if wake_at is None or wake_at <= turn.now:
            return after(journey, step)
        return stopped(run, journey, step, wake_at, since)
    if step.kind == "wait_until":
        return _awaiting(run, journey, step, turn, since)
    if step.kind == "call" and run.call_id:
        wake_at = answer_due(step, since)
        if wake_at <= turn.now:
            return on_timeout(journey, step)
        return replace(stopped(run, journey, step, wake_at, since), call_id=run.call_id)
    if step.kind == "offer" and run.status == "offering":
        wake_at = since + OFFER_PATIENCE
        if wake_at <= turn.now:
            return after(journey, step)
        return replace(
            stopped(run, journey, step, wake_at, since), status="offering", reason="offered"
        )
    return journey.position(step.id)


def stopped(
    run: RunChanged, journey: Journey, step: Step, wake_at: datetime | None, since: datetime
) -> RunChanged:
    """Return the run waiting at a step since `since`, until `wake_at`."""
    place = journey.position(step.id) + 1
    ahead = tuple(later.id for later in journey.steps[place : place + AHEAD_MAX])
    return replace(
        run,
        step=step.id,
        status="waiting",
        reason=step.kind,
        wake_at=wake_at,
        awaits=(),
        ahead=ahead,
        parked_at=since,
        call_id="",
        is_watching=False,
    )


def after(journey: Journey, step: Step) -> int:
    """Return the index of the step that follows, -1 when its goto leads nowhere."""
    if step.goto:
        return journey.position(step.goto)
    return journey.position(step.id) + 1


def on_timeout(journey: Journey, step: Step) -> int:
    """Return the index to go on from when what a step waits for did not come."""
    return journey.position(step.on_timeout) if step.on_timeout else after(journey, step)


def answer_due(step: Step, since: datetime) -> datetime:
    """Return until when the answer to a call made at `since` counts."""
    return since + (ANSWER_PATIENCE if step.wait_for is None else step.wait_for)


def is_true(step: Step, run: RunChanged, turn: Turn) -> bool:
    """Return whether the condition that a step waits for holds now."""
    return step.condition is not None and step.condition(turn.scope(run)) is True


def look_again_at(step: Step, run: RunChanged, turn: Turn) -> datetime | None:
    """Return when to look at a waiting run next: its time-out, or time may turn the condition."""
    since = run.parked_at or turn.now
    deadline = None if step.wait_for is None else since + min(step.wait_for, WAIT_MAX)
    horizon = step.horizon(turn.scope(run)) if step.horizon is not None else None
    if horizon is None:
        return deadline
    horizon = max(horizon, turn.now + _TICK)
    return horizon if deadline is None else min(horizon, deadline)


def _awaiting(
    run: RunChanged, journey: Journey, step: Step, turn: Turn, since: datetime
) -> RunChanged | int:
    """Wait for one of the events or the condition; one that holds already is not waited for."""
    if is_true(step, run, turn):
        return after(journey, step)
    if step.wait_for is not None and since + step.wait_for <= turn.now:
        return on_timeout(journey, step)
    stands = stopped(run, journey, step, None, since)
    return replace(
        stands,
        wake_at=look_again_at(step, stands, turn),
        awaits=tuple(dict.fromkeys(trigger.event for trigger in step.events)),
        is_watching=step.condition is not None,
    )


def _wait_ends(run: RunChanged, step: Step, turn: Turn, since: datetime) -> datetime | None:
    """Return when a wait that began at `since` ends; None when its moment is NULL."""
    if step.local_time is not None:
        return _local_end(run, step.local_time, turn, since)
    if step.until is not None:
        wake_at = moment_of(step.until(turn.scope(run)))
    else:
        wake_at = since + min(step.wait_for or timedelta(0), WAIT_MAX)
    return None if wake_at is None else min(wake_at, since + WAIT_MAX)


def _local_end(run: RunChanged, wanted: LocalTime, turn: Turn, since: datetime) -> datetime | None:
    """Return when it is that time of day where the person is.

    Who has moved meanwhile, or whose journey was edited, is not met at another time for it: only
    the moment that was waited for may lie in the past.
    """
    named = turn.person.trait("time_zone")
    zone = zone_of(named if isinstance(named, str) else "", turn.program.company.zone)
    wake_at = next_local(wanted, zone, since)
    if wake_at is None or wake_at > turn.now or wake_at == run.wake_at:
        return wake_at
    return next_local(wanted, zone, turn.now - _TICK)
