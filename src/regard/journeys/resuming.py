"""Going on with a run: its wait is over, what it awaited came, its offer was decided, its call
was answered.

A run that stands somewhere in; where it goes from there out. The program may have changed since:
a step that is gone means the next one that survives of those that were ahead.
"""

from __future__ import annotations

from typing import Any

import msgspec
from msgspec.structs import replace

from regard.core.event import MessageOutcome
from regard.core.facts import Decided, RunChanged
from regard.core.flows import Journey, Step
from regard.journeys.parking import after, is_true, look_again_at, on_timeout, standing
from regard.journeys.starting import exited
from regard.journeys.turn import Conclusions, Turn
from regard.journeys.walking import walked

FINAL_SILENCES = frozenset({"erased"})
"""Reasons after which there is nobody left to walk on."""

FACTS_BYTES_MAX = 32_768
"""Facts of a run with all answers in them; every change of the run repeats them in the journal.
As much as an event may bring (`intake.Limits.item_bytes_max`)."""

FAILED = "failed"
"""Under the step's id in the facts: why a call has no answer."""

TIMEOUT = "timeout"


def standing_at(run: RunChanged, journey: Journey) -> Step | None:
    """Return the step a run stands at in today's journey, None when it is gone."""
    place = journey.position(run.step)
    return journey.steps[place] if place >= 0 else None


def woken(run: RunChanged, journey: Journey, turn: Turn) -> Conclusions:
    """Go on because the moment has come; nothing when the run has moved since.

    The wait is today's: one that grew meanwhile is waited to its new end.
    """
    if run.wake_at is None or run.wake_at > turn.now:
        return ()
    step = standing_at(run, journey)
    if step is None:
        return from_next_surviving(run, journey, turn)
    if run.parked_at is None:  # of a journal from before it was kept: the old end stands
        return walked(run, journey, on_timeout(journey, step), turn)
    found = standing(run, journey, step, turn, run.parked_at)
    if isinstance(found, RunChanged):
        return (replace(found, path=()),)
    return _gone_on(run, journey, step, found, turn)


def reread(run: RunChanged, journey: Journey | None, turn: Turn) -> Conclusions:
    """Let a standing run follow an edited journey; nothing when it makes no difference to it."""
    if journey is None:
        return (exited(run, "journey_gone", turn.now),)
    step = standing_at(run, journey)
    if step is None:
        return from_next_surviving(run, journey, turn)
    if run.parked_at is None:
        return ()
    found = standing(run, journey, step, turn, run.parked_at)
    if not isinstance(found, RunChanged):
        return _gone_on(run, journey, step, found, turn)
    is_same = replace(found, path=run.path, reason=run.reason) == run
    return () if is_same else (replace(found, path=()),)


def came(run: RunChanged, journey: Journey, turn: Turn) -> Conclusions:
    """Go on because what the run awaited has come."""
    step = standing_at(run, journey)
    if step is None:
        return from_next_surviving(run, journey, turn)
    return walked(run, journey, after(journey, step), turn)


def watched(run: RunChanged, journey: Journey, turn: Turn) -> Conclusions:
    """Go on when the condition that a run waits for holds now; else look again when it may.

    A horizon that has moved away is met lazily, when its timer fires.
    """
    step = standing_at(run, journey)
    if step is None or step.kind != "wait_until" or step.condition is None:
        return ()
    if is_true(step, run, turn):
        return walked(run, journey, after(journey, step), turn)
    look_at = look_again_at(step, run, turn)
    if look_at is None or (run.wake_at is not None and run.wake_at <= look_at):
        return ()
    return (replace(run, wake_at=look_at, path=()),)


def decided(run: RunChanged, journey: Journey, decision: Decided, turn: Turn) -> Conclusions:
    """Go on when the gate has said its last word about the offer; a hold is not the last.

    A word about an offer that was left behind moves nothing.
    """
    if decision.candidate.call_id:
        return _call_decided(run, journey, decision, turn)
    if run.status != "offering" or decision.verdict == "hold":
        return ()
    if decision.reason in FINAL_SILENCES:
        return (exited(run, decision.reason, turn.now),)
    if run.parked_at is not None and decision.candidate.made_at != run.parked_at:
        return ()
    step = standing_at(run, journey)
    if step is None:
        return from_next_surviving(run, journey, turn)
    return walked(run, journey, after(journey, step), turn)


def answered(run: RunChanged, journey: Journey, outcome: MessageOutcome, turn: Turn) -> Conclusions:
    """Go on when a call was answered, or when it is sure that it will not be."""
    if outcome.outcome in ("try_again", "unknown") and outcome.retry_at is not None:
        return ()
    if outcome.outcome == "unknown":
        return ()
    reason = outcome.reason or ("" if outcome.outcome == "sent" else outcome.outcome)
    if reason:
        return _call_failed(run, journey, reason, turn)
    told = _with_answer(run, outcome.answer)
    if len(msgspec.json.encode(told.facts)) > FACTS_BYTES_MAX:
        return _call_failed(run, journey, "answer_too_large", turn)
    step = standing_at(run, journey)
    if step is None:
        return from_next_surviving(told, journey, turn)
    return walked(told, journey, after(journey, step), turn)


def from_next_surviving(run: RunChanged, journey: Journey, turn: Turn) -> Conclusions:
    """Go on at the first of the steps ahead that is still there; none: the run exits."""
    places = (journey.position(step_id) for step_id in run.ahead)
    place = next((found for found in places if found >= 0), -1)
    return walked(run, journey, place, turn)


def _gone_on(run: RunChanged, journey: Journey, step: Step, place: int, turn: Turn) -> Conclusions:
    if step.kind == "call" and run.call_id:
        return _call_failed(run, journey, TIMEOUT, turn)
    return walked(run, journey, place, turn)


def _call_decided(run: RunChanged, journey: Journey, decision: Decided, turn: Turn) -> Conclusions:
    if run.call_id != decision.candidate.call_id or decision.verdict == "send":
        return ()
    if decision.reason in FINAL_SILENCES:
        return (exited(run, decision.reason, turn.now),)
    return _call_failed(run, journey, decision.reason, turn)


def _call_failed(run: RunChanged, journey: Journey, reason: str, turn: Turn) -> Conclusions:
    told = _with_answer(run, {FAILED: reason})
    step = standing_at(run, journey)
    if step is None:
        return from_next_surviving(told, journey, turn)
    return walked(told, journey, on_timeout(journey, step), turn)


def _with_answer(run: RunChanged, answer: dict[str, Any]) -> RunChanged:
    return replace(run, facts={**run.facts, run.step: answer}, call_id="")
