"""Whether a run may start, and which of two runs goes on when two people turn out to be one.

Reentry: ``never`` once in a life, ``after_end`` one at a time (and so long after the last one's
end), ``always`` every time.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec.structs import replace

from regard.core.facts import RunChanged
from regard.core.flows import Journey
from regard.core.ids import derived_id
from regard.core.person import Person
from regard.journeys.register import is_active

ACTIVE_MAX = 50
"""Active runs per person (Segment allows 25 a profile); more is a loop between systems."""


def may_start(person: Person, journey: Journey, now: datetime) -> bool:
    """Return whether the person may begin this journey now."""
    runs = [s.change for s in person.runs.values() if s.change.journey == journey.id]
    if journey.reentry == "never":
        return not runs
    if journey.reentry == "after_end":
        since = now - journey.reentry_after
        return not any(is_active(run) or _ended_after(run, since) for run in runs)
    return True


def is_full(person: Person) -> bool:
    """Return whether the person walks as many journeys as one may."""
    return sum(is_active(state.change) for state in person.runs.values()) >= ACTIVE_MAX


def first_step(
    journey: Journey, cause_id: str, reason: str, facts: dict[str, Any], now: datetime
) -> RunChanged:
    """Return a run at the first step of its journey; the same cause gives the same run."""
    return RunChanged(
        run_id=derived_id(journey.id, cause_id),
        journey=journey.id,
        step=journey.steps[0].id,
        status="waiting",
        started_at=now,
        reason=reason,
        facts=facts,
    )


def exited(run: RunChanged, reason: str, now: datetime) -> RunChanged:
    """Return the run ended where it stands, before its end."""
    return replace(_ended(run, reason, now), status="exited", path=())


def finished(run: RunChanged, reason: str, now: datetime) -> RunChanged:
    """Return the run ended at its end, or because its goal was reached."""
    return replace(_ended(run, reason, now), status="finished")


def is_spare(person: Person, run: RunChanged, journey: Journey) -> bool:
    """Return whether reentry would not have allowed this run, had it been known who walks it.

    Two people who turn out to be one may both have walked. The run that started first goes on;
    where a once-only journey was walked to its end already, none does.
    """
    if journey.reentry == "always":
        return False
    for state in person.runs.values():
        other = state.change
        if other.journey != run.journey or other.run_id == run.run_id:
            continue
        if is_active(other):
            if (other.started_at, other.run_id) < (run.started_at, run.run_id):
                return True
        elif journey.reentry == "never":
            return True
    return False


def _ended_after(run: RunChanged, moment: datetime) -> bool:
    return run.parked_at is not None and run.parked_at > moment


def _ended(run: RunChanged, reason: str, now: datetime) -> RunChanged:
    return replace(
        run,
        reason=reason,
        wake_at=None,
        awaits=(),
        ahead=(),
        parked_at=now,
        call_id="",
        is_watching=False,
    )
