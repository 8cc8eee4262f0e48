"""The facts that a message to one person would see if it went now.

In: a person, an engagement, the program. Out: facts and where they are from, in words. What waits
for the person goes first, then what already ran, then the latest event that would offer it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any

from regard.core.person import Person
from regard.core.program import Program

Found = tuple[Mapping[str, Any], str]


def facts_for(person: Person, engagement: str, program: Program) -> Found:
    """Return the facts and where they are from; both empty when nothing offers the engagement."""
    return next(_found(person, engagement, program), ({}, ""))


def _found(person: Person, engagement: str, program: Program) -> Iterator[Found]:
    for held in person.held.values():
        if held.candidate.engagement == engagement:
            yield held.candidate.facts, "of the message that is held for them"
    yield from _of_promises(person, engagement, program)
    yield from _of_runs(person, engagement, program)
    for broadcast in program.broadcasts.values():
        if broadcast.engagement == engagement:
            yield broadcast.facts, f"of the broadcast {broadcast.title}"
    yield from _of_events(person, engagement, program)


def _of_promises(person: Person, engagement: str, program: Program) -> Iterator[Found]:
    latest = sorted(person.promises.values(), key=lambda state: -state.stamp)
    for state in latest:
        definition = program.promises.get(state.change.definition)
        if definition is None:
            continue
        if engagement in {definition.engagement, *(r.engagement for r in definition.repairs)}:
            about = f", {state.change.about}" if state.change.about else ""
            yield state.change.facts, f"of the promise {definition.title}{about}"


def _of_runs(person: Person, engagement: str, program: Program) -> Iterator[Found]:
    for state in sorted(person.runs.values(), key=lambda state: -state.stamp):
        journey = program.journeys.get(state.change.journey)
        if journey and any(step.engagement == engagement for step in journey.steps):
            yield state.change.facts, f"of the journey {journey.title}"


def _of_events(person: Person, engagement: str, program: Program) -> Iterator[Found]:
    """Yield the facts of the latest event that makes a promise or starts a journey with it."""
    names = {
        d.made_by.event
        for d in program.promises.values()
        if engagement in {d.engagement, *(r.engagement for r in d.repairs)}
    } | {
        j.start.event
        for j in program.journeys.values()
        if any(step.engagement == engagement for step in j.steps)
    }
    seen = [(s.last_at, name, s.facts) for name in names if (s := person.seen.get(name))]
    for _, name, facts in sorted(seen, key=lambda one: one[:2], reverse=True):
        yield facts, f"of their latest {name}"
