"""A journey as a flow: one row of a table for every kind of step.

A `Journey` and the `Program` (for titles) in, a `Flow` out. Steps stand in the order of the file,
so that the first way of each leads straight on.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass

from regard.core.flows import Journey, LocalTime, Schedule, Step, Trigger
from regard.core.program import Program
from regard.core.signal import JOURNEY_CALLED
from regard.drawing.durations import duration_words
from regard.drawing.flow import END, START, Flow, Shape, Station, Tone, Way

_DAYS = ("Mon", "Tue", "Wed", "Thu", "Fri", "Sat", "Sun")

Leads = Sequence[tuple[str, str, bool]]
"""Where a step leads: target, when in words, and whether that is when nothing else holds."""

Tells = Callable[[Step, Program], str] | str
"""What a step does in words, or what all of its kind do."""

Leading = Callable[[Step, str], Leads]
"""Where a step leads, given the step that follows it."""


@dataclass(frozen=True, slots=True)
class _Kind:
    """How steps of one kind look: their word and shape, what they do, where they lead."""

    word: str
    shape: Shape
    tells: Tells
    leads: Leading
    tone: Tone = ""


def journey_flow(journey: Journey, program: Program) -> Flow:
    """Return the flow of a journey; steps that lead nowhere lead to its end."""
    stations = [Station(id=START, word="start", title=_start(journey), shape="start")]
    ways = [Way(source=START, target=journey.steps[0].id)] if journey.steps else []
    for number, step in enumerate(journey.steps):
        kind = _KINDS[step.kind]
        follows = journey.steps[number + 1].id if number + 1 < len(journey.steps) else END
        stations.append(
            Station(
                id=step.id,
                word=kind.word,
                name=step.id,
                title=kind.tells if isinstance(kind.tells, str) else kind.tells(step, program),
                shape=kind.shape,
                tone=kind.tone,
            )
        )
        ways += _ways(step, kind.leads(step, step.goto or follows), journey)
    if any(way.target == END for way in ways):
        stations.append(Station(id=END, title="End", shape="end", tone="quiet"))
    return Flow(
        id=f"journey:{journey.id}",
        title=journey.title,
        stations=tuple(stations),
        ways=tuple(ways),
        notes=_notes(journey),
    )


def trigger_words(trigger: Trigger) -> str:
    """Return what a trigger waits for: its event, and its condition as written."""
    event, _, about = trigger.event.partition("|")
    named = f"{event}: {about}" if about else event
    return f"{named}, when {trigger.when.text}" if trigger.when else named


def _ways(step: Step, leads: Leads, journey: Journey) -> list[Way]:
    """Return one way per target: two choices with one target are one way."""
    merged: dict[str, tuple[list[str], bool]] = {}
    for target, words, is_else in leads:
        there = target if target == END or journey.position(target) >= 0 else END
        said, was_else = merged.get(there, ([], True))
        merged[there] = ([*said, words] if words else said, was_else and is_else)
    return [
        Way(source=step.id, target=target, words=" or ".join(said), is_else=is_else)
        for target, (said, is_else) in merged.items()
    ]


def _start(journey: Journey) -> str:
    if journey.schedule is not None:
        return _calendar(journey.schedule)
    if journey.start.event.startswith(JOURNEY_CALLED):
        return "When another system starts it"
    return trigger_words(journey.start)


def _calendar(schedule: Schedule) -> str:
    return f"By the calendar ({schedule.cron}, {schedule.zone}) for {schedule.audience}"


def _notes(journey: Journey) -> tuple[str, ...]:
    ends = (("Reached by", journey.goals), ("Left by", journey.exit_when))
    return tuple(
        f"{word} {' or '.join(map(trigger_words, triggers))}" for word, triggers in ends if triggers
    )


def _onward(_: Step, follows: str) -> Leads:
    return [(follows, "", False)]


def _awaited(step: Step, follows: str) -> Leads:
    came = " or ".join(trigger_words(trigger) for trigger in step.events)
    if step.condition is not None:
        came = f"{came} or {step.condition.text}" if came else step.condition.text
    if step.wait_for is None:
        return [(follows, came, False)]
    over = f"after {duration_words(step.wait_for)}"
    return [(follows, came, False), (step.on_timeout or follows, over, True)]


def _answered(step: Step, follows: str) -> Leads:
    over = f"no answer in {duration_words(step.wait_for)}" if step.wait_for else "no answer"
    return [(follows, "answered", False), (step.on_timeout or follows, over, True)]


def _arms(step: Step, follows: str) -> Leads:
    arms = [(target, condition.text, False) for condition, target in step.arms]
    return [*arms, (step.otherwise or follows, "otherwise", True)]


def _shares(step: Step, _: str) -> Leads:
    return [(target, f"{100 * share:.4g} %", False) for share, target in step.shares]


def _nowhere(_: Step, __: str) -> Leads:
    return []


def _wait(step: Step, _: Program) -> str:
    if step.local_time is not None:
        return f"Until {_local_time(step.local_time)}"
    if step.until is not None:
        return f"Until {step.until.text}"
    return duration_words(step.wait_for) if step.wait_for else "No time"


def _local_time(local: LocalTime) -> str:
    days = "" if len(local.weekdays) == 7 else " on " + ", ".join(_DAYS[d] for d in local.weekdays)
    return f"{local.at:%H:%M} their time{days}"


def _wait_until(step: Step, _: Program) -> str:
    awaited = [trigger.event.partition("|")[0] for trigger in step.events]
    return f"For {' or '.join(awaited)}" if awaited else "Until a condition holds"


def _offer(step: Step, program: Program) -> str:
    found = program.engagements.get(step.engagement)
    return found.title if found else step.engagement


def _promise(step: Step, program: Program) -> str:
    found = program.promises.get(step.promise)
    return found.title if found else step.promise


def _call(step: Step, _: Program) -> str:
    return f"Ask {step.channel}"


def _case(step: Step, program: Program) -> str:
    found = program.departments.get(step.department)
    within = f", within {duration_words(step.wait_for)}" if step.wait_for else ""
    return f"{found.title if found else step.department}: {step.title}{within}"


_KINDS: Mapping[str, _Kind] = {
    "wait": _Kind("wait", "pill", _wait, _onward),
    "wait_until": _Kind("wait", "pill", _wait_until, _awaited),
    "branch": _Kind("branch", "hexagon", "Which way?", _arms),
    "split": _Kind("split", "hexagon", "By chance, for good", _shares),
    "offer": _Kind("offer", "card", _offer, _onward, "accent"),
    "promise": _Kind("promise", "frame", _promise, _onward, "accent"),
    "call": _Kind("call", "slant", _call, _answered),
    "case": _Kind("case", "folder", _case, _onward, "warn"),
    "exit": _Kind("exit", "end", "Exit", _nowhere, "quiet"),
}
"""Every kind of step that a drawing knows: a new kind is one line."""
