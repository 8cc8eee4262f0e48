"""Going on with a run: its wait is over, what it awaited came, its offer was decided.

A run that stands somewhere in; where it goes from there out. The program may have changed since:
a step that is gone means the next one that survives of those that were ahead.
"""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from regard.core.facts import Candidate, Decided, Derived, Entry, RunChanged
from regard.core.person import Person
from regard.core.program import Journey, Step
from regard.journeys.starting import exited
from regard.journeys.walking import after, walked

FINAL_SILENCES = frozenset({"erased"})
"""Reasons after which there is nobody left to walk on."""

Conclusions = Sequence[Derived | Candidate]


def standing_at(run: RunChanged, journey: Journey) -> Step | None:
    """Return the step a run stands at in today's journey, None when it is gone."""
    place = journey.position(run.step)
    return journey.steps[place] if place >= 0 else None


def woken(run: RunChanged, journey: Journey, person: Person, entry: Entry) -> Conclusions:
    """Go on because the moment has come; nothing when the run has moved since."""
    if run.wake_at is None or run.wake_at > entry.received_at:
        return ()
    step = standing_at(run, journey)
    if step is None:
        return _from_next_surviving(run, journey, person, entry)
    if run.status == "offering":
        return walked(
            replace(run, reason="no_decision"), journey, after(journey, step), person, entry
        )
    if step.kind == "wait_until" and step.on_timeout:
        return walked(run, journey, journey.position(step.on_timeout), person, entry)
    if step.kind in ("wait", "wait_until"):
        return walked(run, journey, after(journey, step), person, entry)
    return walked(run, journey, journey.position(step.id), person, entry)


def came(run: RunChanged, journey: Journey, person: Person, entry: Entry) -> Conclusions:
    """Go on because what the run awaited has come."""
    step = standing_at(run, journey)
    if step is None:
        return _from_next_surviving(run, journey, person, entry)
    return walked(run, journey, after(journey, step), person, entry)


def decided(
    run: RunChanged, journey: Journey, decision: Decided, person: Person, entry: Entry
) -> Conclusions:
    """Go on when the gate has said its last word about the offer; a hold is not the last."""
    if run.status != "offering" or decision.verdict == "hold":
        return ()
    if decision.reason in FINAL_SILENCES:
        return (exited(run, decision.reason),)
    step = standing_at(run, journey)
    if step is None:
        return _from_next_surviving(run, journey, person, entry)
    if step.kind == "offer" and step.engagement != decision.candidate.engagement:
        return ()
    return walked(run, journey, after(journey, step), person, entry)


def _from_next_surviving(
    run: RunChanged, journey: Journey, person: Person, entry: Entry
) -> Conclusions:
    places = (journey.position(step_id) for step_id in run.ahead)
    place = next((found for found in places if found >= 0), -1)
    return walked(run, journey, place, person, entry)
