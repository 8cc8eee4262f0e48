"""Whom a difference can touch: the marks that a life must bear to come out otherwise.

In: two programs and their changes. Out: the marks of every definition that differs and of the
events by which it begins, or None when a change may matter to anybody. Conservative: what is not
known to be narrow is taken to be wide. Lives without such a mark are lived once for both programs.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from regard.core.flows import Journey, PromiseDefinition
from regard.core.program import Program
from regard.project.changes import Change

PACE = "publishing_pace_per_s"
"""How fast a publication goes; here it arrives at once."""

_NOBODY = frozenset({"source", "event"})
"""What arrived was accepted and is replayed as it is."""

_OF_ENGAGEMENTS = frozenset({"purpose", "channel", "department"})


def marks_of(old: Program, new: Program, found: Sequence[Change]) -> frozenset[str] | None:
    """Return the marks of lives that may differ (none: nobody's do); None: anybody's may."""
    marks: set[str] = set()
    for change in found:
        if change.subject in _NOBODY or change.id == PACE:
            continue
        if change.journey:
            marks.update(_of_journeys(change.journey, old, new))
        elif change.subject == "promise":
            marks.update(_of_promises(change.id, old, new))
        elif change.subject == "engagement":
            marks.add(f"engagement:{change.id}")
        elif change.subject in _OF_ENGAGEMENTS:
            marks.update(_of_rules(change, old, new))
        else:
            return None
    return frozenset(marks)


def _of_journeys(name: str, old: Program, new: Program) -> Iterator[str]:
    yield f"journey:{name}"
    found: list[Journey | None] = [program.journeys.get(name) for program in (old, new)]
    for journey in found:
        if journey is not None and journey.start is not None:
            yield f"event:{journey.start.event}"


def _of_promises(name: str, old: Program, new: Program) -> Iterator[str]:
    yield f"promise:{name}"
    found: list[PromiseDefinition | None] = [program.promises.get(name) for program in (old, new)]
    for definition in found:
        if definition is not None and definition.made_by is not None:
            yield f"event:{definition.made_by.event}"


def _of_rules(change: Change, old: Program, new: Program) -> Iterator[str]:
    """Yield the engagements that a purpose, channel or department has to do with."""
    for program in (old, new):
        for engagement in program.engagements.values():
            if change.id in (engagement.purpose, engagement.department, *engagement.channels):
                yield f"engagement:{engagement.id}"
