"""Whether the steps of a journey fit together: every jump leads somewhere, every step is reached.

Read steps and their places in the file in, findings out. Refused: two steps of one name, steps
that nothing leads to, jumps to steps that are not there, and circles in which no step rests (a run
would never come to a stand).
"""

from __future__ import annotations

from regard.core.flows import Step
from regard.project.findings import did_you_mean, one_of
from regard.project.reading import Place, Table

STEPS_MAX = 200
"""Steps of one journey; a person can follow no longer story either."""

_RESTLESS = ("branch", "case", "split", "promise", "call")
"""Kinds that do not hold a run by themselves: an answer to a call may come at once."""


def check_flow(table: Table, steps: tuple[Step, ...], tables: list[Table]) -> None:
    """Report what is wrong with the way through `steps`, which were read from `tables`."""
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
        for path, target in _jumps(step):
            if target and target not in first:
                fine = False
                hint = did_you_mean(target, first, one_of(first))
                place.under(*path).problem(f"there is no step {target!r}", hint)
    return fine


def _jumps(step: Step) -> list[tuple[tuple[str | int, ...], str]]:
    """Return every jump of a step: the path of its key in the file, and where it leads."""
    timeout = ("call", "on_timeout") if step.kind == "call" else ("on_timeout",)
    jumps: list[tuple[tuple[str | int, ...], str]] = [
        (("goto",), step.goto),
        (timeout, step.on_timeout),
        (("otherwise",), step.otherwise),
    ]
    jumps += [(("branch", i, "goto"), goto) for i, (_, goto) in enumerate(step.arms)]
    jumps += [(("split", i, "goto"), goto) for i, (_, goto) in enumerate(step.shares)]
    return jumps


def _following(steps: tuple[Step, ...], index: int, first: dict[str, int]) -> set[int]:
    """Return the indexes that may come after a step; the end of the run is ``len(steps)``."""
    step = steps[index]
    after = first[step.goto] if step.goto else index + 1
    targets = [goto for _, goto in step.arms]
    match step.kind:
        case "exit":
            return set()
        case "branch":
            targets.append(step.otherwise)
        case "split":
            targets += [goto for _, goto in step.shares]
        case "wait_until" | "call":
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
    """Report circles in which no step rests: strip the steps that lead out until none is left."""
    circling = {i for i, step in enumerate(steps) if _is_restless(step)}
    while stripped := {i for i in circling if not following[i] & circling}:
        circling -= stripped
    on_circle = {i for i in circling if _returns(i, following, circling)}
    if on_circle:
        names = ", ".join(repr(steps[i].id) for i in sorted(on_circle))
        places[min(on_circle)].problem(
            f"the steps {names} go round without waiting", "put a wait between them"
        )


def _is_restless(step: Step) -> bool:
    """Return whether a step may let a run pass at once: a condition may hold already."""
    return step.kind in _RESTLESS or (step.kind == "wait_until" and step.condition is not None)


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
