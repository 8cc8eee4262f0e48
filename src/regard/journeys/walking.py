"""Walking a run from step to step until one of them holds it.

A run and the place to go on from in; its next change, candidates, cases and promises out. Every
choice is made here and now, with the person and the program of this moment.
"""

from __future__ import annotations

from msgspec.structs import replace

from regard.core.facts import (
    CALL_PREFIX,
    Candidate,
    CaseOpened,
    Derived,
    LimitReached,
    Noted,
    RunChanged,
)
from regard.core.flows import Journey, Step
from regard.core.ids import derived_id
from regard.core.signal import PROMISE_ASKED
from regard.journeys.parking import OFFER_PATIENCE, after, answer_due, standing, stopped
from regard.journeys.sharing import share_of
from regard.journeys.starting import exited, finished
from regard.journeys.turn import Conclusions, Turn

STEPS_MAX = 100
"""Steps a run may take because of one entry. A journey that needs more goes in circles."""

FACTS_MAX = 400
"""Facts derived from one entry after which a run takes no further step. An offer that is refused
at once walks on within the same entry, and one entry has room for 1,023 facts."""


def walked(run: RunChanged, journey: Journey, start: int, turn: Turn) -> Conclusions:
    """Walk from the step at index `start` (past the last: the run is finished)."""
    done: list[Derived | Candidate] = []
    place = start
    run = replace(run, path=())
    for _ in range(STEPS_MAX if turn.part < FACTS_MAX else 0):
        if place < 0:
            return [*done, _left(run, "step_gone", turn)]
        if place >= len(journey.steps):
            return [*done, finished(run, "end", turn.now)]
        step = journey.steps[place]
        run = replace(run, step=step.id, path=(*run.path, step.id))
        match step.kind:
            case "exit":
                return [*done, finished(run, "exit", turn.now)]
            case "offer":
                return [*done, *_offered(run, journey, step, turn)]
            case "call":
                return [*done, *_called(run, journey, step, turn)]
            case "wait" | "wait_until":
                stands = standing(run, journey, step, turn, turn.now)
                if isinstance(stands, RunChanged):
                    return [*done, stands]
                place = stands
            case "case":
                done.append(_case(run, step, len(done), turn))
                place = after(journey, step)
            case "promise":
                done.append(_asked(run, step, len(done), turn))
                place = after(journey, step)
            case "branch" | "split":
                place = _chosen(run, journey, step, turn)
    limit = LimitReached(limit="journey_steps", detail=f"{journey.id}: {run.step}")
    return [*done, limit, _left(run, "journey_steps", turn)]


def _chosen(run: RunChanged, journey: Journey, step: Step, turn: Turn) -> int:
    """Return where to go from a branch (the first true arm wins) or a split."""
    if step.kind == "split" and step.shares:
        return journey.position(share_of(journey.id, step.id, turn.person.id, step.shares))
    scope = turn.scope(run)
    for condition, target in step.arms:
        if condition(scope) is True:
            return journey.position(target)
    return journey.position(step.otherwise) if step.otherwise else after(journey, step)


def _offered(run: RunChanged, journey: Journey, step: Step, turn: Turn) -> Conclusions:
    stands = stopped(run, journey, step, turn.now + OFFER_PATIENCE, turn.now)
    candidate = Candidate(
        engagement=step.engagement,
        origin="journey",
        ref=run.run_id,
        made_at=turn.now,
        facts=run.facts,
    )
    return (replace(stands, status="offering", reason="offered"), candidate)


def _called(run: RunChanged, journey: Journey, step: Step, turn: Turn) -> Conclusions:
    """Ask a webhook; each coming to the step is one call, whatever becomes of its attempts."""
    call_id = CALL_PREFIX + derived_id(run.run_id, step.id, str(turn.stamp))
    until = answer_due(step, turn.now)
    candidate = Candidate(
        engagement=f"{journey.id}/{step.id}",
        origin="journey",
        ref=run.run_id,
        made_at=turn.now,
        facts=run.facts,
        useful_until=until,
        channels=(step.channel,),
        call_id=call_id,
    )
    stands = stopped(run, journey, step, until, turn.now)
    return (replace(stands, call_id=call_id), candidate)


def _asked(run: RunChanged, step: Step, number: int, turn: Turn) -> Noted:
    return Noted(
        note_id=derived_id("asked", run.run_id, step.id, str(turn.stamp), str(number)),
        name=PROMISE_ASKED,
        about=step.promise,
        facts=run.facts,
    )


def _left(run: RunChanged, reason: str, turn: Turn) -> RunChanged:
    return replace(exited(run, reason, turn.now), path=run.path)


def _case(run: RunChanged, step: Step, number: int, turn: Turn) -> CaseOpened:
    return CaseOpened(
        case_id=derived_id("case", run.run_id, step.id, str(turn.stamp), str(number)),
        department=step.department,
        title=step.title,
        ref=run.run_id,
        reason=f"journey:{run.journey}",
        due_at=None if step.wait_for is None else turn.now + step.wait_for,
    )
