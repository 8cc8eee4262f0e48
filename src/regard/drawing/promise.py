"""A promise as a flow: made, acted upon, due, kept or missed, repaired, and how it ended.

A `PromiseDefinition` and the `Program` (for titles) in, a `Flow` out. Stations are those at which
stores count promises; ways that a promise may take but that seldom happen (a kept one that bounced)
are drawn when they were taken.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from itertools import pairwise

from regard.core.flows import PromiseDefinition, Repair, Trigger
from regard.core.program import Program
from regard.drawing.durations import duration_words
from regard.drawing.flow import START, Flow, Shape, Station, Tone, Way
from regard.drawing.journey import trigger_words

OUTCOMES: dict[str, tuple[str, Tone]] = {
    "kept": ("Kept", "good"),
    "repaired": ("Repaired", "mend"),
    "late": ("Kept, but late", "warn"),
    "doubled": ("Given twice", "warn"),
    "void": ("No longer needed", "quiet"),
    "broken": ("Broken", "bad"),
}
"""Titles and tones of the outcomes of a promise, as the drawing orders them."""

Taken = Collection[tuple[str, str]]


def promise_flow(definition: PromiseDefinition, program: Program, taken: Taken = ()) -> Flow:
    """Return the flow of a promise; `taken` are (source, target) of ways that were taken."""
    ways = _declared(definition)
    declared = {(way.source, way.target) for way in ways}
    steps = _steps(definition, program)
    known = {station.id for station in steps} | set(OUTCOMES)
    ways += [
        Way(source=source, target=target, is_else=True)
        for source, target in sorted(set(taken) - declared)
        if source in known and target in known and source != target
    ]
    ends = {way.target for way in ways} & set(OUTCOMES)
    return Flow(
        id=f"promise:{definition.id}",
        title=definition.title,
        stations=(*steps, *(_outcome(status) for status in OUTCOMES if status in ends)),
        ways=tuple(ways),
    )


def _steps(definition: PromiseDefinition, program: Program) -> list[Station]:
    made = f"Made by {trigger_words(definition.made_by)}"
    due = f"Due {definition.due_at.text}"
    if definition.grace:
        due = f"{due}, and {duration_words(definition.grace)} of grace"
    offer = _title(definition.engagement, program)
    acting = f"Act at {definition.act_at.text}" if offer else due
    steps = [
        _station(START, "made", made, "start"),
        _station("expected", "open", acting, "pill"),
    ]
    if offer:
        steps.append(_station("offered", "act", f"{offer}. {due}", "card", "accent"))
    steps.append(_station("missed", "missed", "Not kept in time", "frame", "bad"))
    repairs = enumerate(definition.repairs, 1)
    return [*steps, *(_repair(n, repair, program) for n, repair in repairs)]


def _repair(number: int, repair: Repair, program: Program) -> Station:
    wait = f"After {duration_words(repair.wait)}: " if repair.wait else ""
    if repair.engagement:
        title = f"{wait}{_title(repair.engagement, program)}, on the next best channel"
        return _station(f"repair_{number}", f"repair {number}", title, "card", "mend")
    found = program.departments.get(repair.department)
    within = f", within {duration_words(repair.within)}" if repair.within else ""
    title = f"{wait}{found.title if found else repair.department}: {repair.title}{within}"
    return _station(f"repair_{number}", f"repair {number} · case", title, "folder", "warn")


def _declared(definition: PromiseDefinition) -> list[Way]:
    """Return the ways that the definition speaks of, the good one first."""
    last = "offered" if definition.engagement else "expected"
    ways = [Way(source=START, target="expected")]
    if definition.engagement:
        ways.append(Way(source="expected", target="offered", words="its moment has come"))
    ways.append(Way(source=last, target="kept", words=_kept_words(definition)))
    ways.append(Way(source=last, target="missed", words="not by then", is_else=True))
    steps = ["missed", *(f"repair_{n}" for n in range(1, len(definition.repairs) + 1)), "broken"]
    for n, (one, other) in enumerate(pairwise(steps)):
        if n and definition.repairs[n - 1].engagement:
            ways.append(Way(source=one, target="repaired", words="reached them"))
        ways.append(Way(source=one, target=other, is_else=n > 0))
    if definition.void_when:
        words = _any_of(definition.void_when)
        ways.append(Way(source="expected", target="void", words=words, is_else=True))
    return ways


def _kept_words(definition: PromiseDefinition) -> str:
    events = [trigger_words(trigger) for trigger in definition.kept_by]
    receipt = [f"its message is {definition.kept_by_receipt}"] if definition.engagement else []
    return " or ".join([*receipt, *events])


def _any_of(triggers: Sequence[Trigger]) -> str:
    return " or ".join(trigger_words(trigger) for trigger in triggers)


def _title(engagement: str, program: Program) -> str:
    found = program.engagements.get(engagement)
    return found.title if found else engagement


def _outcome(status: str) -> Station:
    title, tone = OUTCOMES[status]
    return _station(status, "", title, "end", tone)


def _station(station: str, word: str, title: str, shape: Shape, tone: Tone = "") -> Station:
    return Station(id=station, word=word, title=title, shape=shape, tone=tone)
