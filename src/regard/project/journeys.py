"""journeys/*.yaml -> journeys: steps that wait, branch, offer, open cases, end.

Refused beside wrong values: steps that nothing leads to, jumps to steps that are not there, and
circles without a step that waits (a run would never come to rest).
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal, cast

from regard.core.program import Expression, Journey, Step, StepKind
from regard.project.expressions import FactKinds
from regard.project.findings import did_you_mean, one_of
from regard.project.promises import read_case
from regard.project.reading import Place, Table, check_reference
from regard.project.triggers import (
    Known,
    expression_at,
    facts_of,
    read_expression,
    read_trigger,
    read_triggers,
)
from regard.project.words import id_of

KINDS: tuple[StepKind, ...] = ("wait", "wait_until", "branch", "offer", "case", "exit")
REENTRIES = ("never", "after_end", "always")
STEPS_MAX = 200
"""Steps of one journey; a person can follow no longer story either."""


@dataclass(frozen=True, slots=True, kw_only=True)
class ReadJourney:
    """A journey as far as it could be read, and the facts its engagements will see."""

    id: str
    offers: tuple[str, ...]
    facts: FactKinds
    journey: Journey | None


def read_journey(table: Table, known: Known) -> ReadJourney:
    """Return the journey of one file; every slip is reported."""
    journey_id = table.word("id", id_of, "", required=True)
    start = read_trigger(table.table("start"), known)
    if "start" not in table:
        table.place.problem("'start' is missing", "start: {event: Signed Up}")
    facts = facts_of(start.event if start else "", known)
    tables = list(table.tables("steps"))
    steps = tuple(_step(given, known, facts) for given in tables)
    _check_steps(table, steps, tables)
    title, exit_when = table.text("title"), read_triggers(table, "exit_when", known)
    reentry = table.choice("reentry", REENTRIES, "after_end")
    table.close()
    journey = None
    if start and journey_id and steps:
        journey = Journey(
            id=journey_id,
            title=title or journey_id,
            start=start,
            steps=steps,
            exit_when=exit_when,
            reentry=cast(Literal["never", "after_end", "always"], reentry),
        )
    offers = tuple(step.engagement for step in steps if step.engagement)
    return ReadJourney(id=journey_id, offers=offers, facts=facts, journey=journey)


def _step(given: Table, known: Known, facts: FactKinds) -> Step:
    kind = _kind(given)
    step_id = given.word("id", id_of, "", required=True)
    step = Step(id=step_id, kind=kind, goto=given.text("goto"))
    match kind:
        case "wait":
            step = _wait(given, step, known, facts)
        case "wait_until":
            step = _wait_until(given, step, known)
        case "branch":
            step = _branch(given, step, known, facts)
        case "offer":
            name = given.text("offer", required=True)
            check_reference(given.at("offer"), name, known.engagements, "engagement")
            step = Step(id=step_id, kind=kind, engagement=name, goto=step.goto)
        case "case":
            department, title = read_case(given, known)
            step = Step(id=step_id, kind=kind, department=department, title=title, goto=step.goto)
        case "exit":
            if not given.flag("exit", default=True):
                given.at("exit").problem("an exit is true", "exit: true")
            if step.goto:
                given.at("goto").problem("nothing comes after an exit")
    given.close()
    return step


def _kind(given: Table) -> StepKind:
    found = [kind for kind in KINDS if kind in given]
    if len(found) != 1:
        says = f"does {' and '.join(found)}" if found else "does nothing"
        given.place.problem(f"a step does one thing, this one {says}", one_of(KINDS))
    return found[0] if found else "exit"


def _wait(given: Table, step: Step, known: Known, facts: FactKinds) -> Step:
    inner = given.table("wait") if isinstance(given.any("wait"), dict) else None
    if inner is None:
        return Step(id=step.id, kind="wait", wait_for=given.duration("wait"), goto=step.goto)
    if "until" not in inner:
        inner.place.problem("'until' is missing", "wait: {until: facts.departure_at}")
    until = read_expression(inner, "until", known, facts, "moment")
    inner.close()
    return Step(id=step.id, kind="wait", until=until, goto=step.goto)


def _wait_until(given: Table, step: Step, known: Known) -> Step:
    if "within" not in given:
        given.place.problem("'within' is missing", "within: 14 days; nobody waits for ever")
    return Step(
        id=step.id,
        kind="wait_until",
        events=read_triggers(given, "wait_until", known),
        wait_for=given.duration("within"),
        on_timeout=given.text("on_timeout"),
        goto=step.goto,
    )


def _branch(given: Table, step: Step, known: Known, facts: FactKinds) -> Step:
    arms: list[tuple[Expression, str]] = []
    for arm in given.tables("branch"):
        place, text = arm.at("when"), arm.text("when", required=True)
        when = expression_at(place, text, known, facts, "condition") if text else None
        goto = arm.text("goto", required=True)
        if when is not None:
            arms.append((when, goto))
        arm.close()
    return Step(
        id=step.id,
        kind="branch",
        arms=tuple(arms),
        otherwise=given.text("otherwise"),
        goto=step.goto,
    )


def _check_steps(table: Table, steps: tuple[Step, ...], tables: list[Table]) -> None:
    if not steps:
        table.place.problem("a journey has steps", "steps: [{id: hello, offer: welcome}]")
        return
    if len(steps) > STEPS_MAX:
        table.at("steps").problem(f"at most {STEPS_MAX} steps, here are {len(steps)}")
        return
    places = [given.place for given in tables]
    first: dict[str, int] = {}
    for index, step in enumerate(steps):
        if step.id and step.id in first:
            places[index].problem(f"there are two steps {step.id!r}")
        first.setdefault(step.id, index)
    if _jumps_are_known(steps, places, first):
        following = [_following(steps, index, first) for index in range(len(steps))]
        _check_reach(steps, places, following)
        _check_circles(steps, places, following)


def _jumps_are_known(steps: tuple[Step, ...], places: list[Place], first: dict[str, int]) -> bool:
    fine = True
    for step, place in zip(steps, places, strict=True):
        jumps = [
            ("goto", step.goto),
            ("on_timeout", step.on_timeout),
            ("otherwise", step.otherwise),
        ]
        jumps += [(f"branch.{i}.goto", goto) for i, (_, goto) in enumerate(step.arms)]
        for key, target in jumps:
            if target and target not in first:
                fine = False
                hint = did_you_mean(target, first, one_of(first))
                path = [int(part) if part.isdigit() else part for part in key.split(".")]
                place.under(*path).problem(f"there is no step {target!r}", hint)
    return fine


def _following(steps: tuple[Step, ...], index: int, first: dict[str, int]) -> set[int]:
    """Return the indexes that may come after a step; the end of the run is ``len(steps)``."""
    step = steps[index]
    if step.kind == "exit":
        return set()
    after = first[step.goto] if step.goto else index + 1
    targets = [goto for _, goto in step.arms]
    match step.kind:
        case "branch":
            targets.append(step.otherwise)
        case "wait_until":
            targets += ["", step.on_timeout]
        case _:
            targets.append("")
    return {first[target] if target else after for target in targets}


def _check_reach(steps: tuple[Step, ...], places: list[Place], following: list[set[int]]) -> None:
    reached, ahead = set(), {0}
    while ahead:
        index = ahead.pop()
        if index < len(steps) and index not in reached:
            reached.add(index)
            ahead |= following[index]
    for index, place in enumerate(places):
        if index not in reached:
            place.problem(
                f"nothing leads to the step {steps[index].id!r}",
                "jump to it with goto, or delete it",
            )


def _check_circles(steps: tuple[Step, ...], places: list[Place], following: list[set[int]]) -> None:
    """Report circles in which no step waits: strip the steps that lead out until none is left."""
    circling = {i for i, step in enumerate(steps) if step.kind in ("branch", "case")}
    while stripped := {i for i in circling if not following[i] & circling}:
        circling -= stripped
    on_circle = {i for i in circling if _returns(i, following, circling)}
    if on_circle:
        names = ", ".join(repr(steps[i].id) for i in sorted(on_circle))
        places[min(on_circle)].problem(
            f"the steps {names} go round without waiting", "put a wait between them"
        )


def _returns(start: int, following: list[set[int]], among: set[int]) -> bool:
    seen: set[int] = set()
    ahead = following[start] & among
    while ahead:
        index = ahead.pop()
        if index == start:
            return True
        if index not in seen:
            seen.add(index)
            ahead |= following[index] & among
    return False
