"""Whom a broadcast is for: the members of its audience of whom its condition holds.

A person as they are now in, yes or no out. The walker asks before it reaches somebody, the stage
asks again when it comes to deciding, and the preview asks both.
"""

from __future__ import annotations

from datetime import datetime

from regard.core.event import RolloutChanged, RolloutReached
from regard.core.person import Person
from regard.core.program import Program
from regard.core.scope import Scope


def is_recipient(
    person: Person, rollout: RolloutChanged | RolloutReached, program: Program, now: datetime
) -> bool:
    """Return whether a broadcast is for a person; with a definition that is gone for nobody."""
    if person.is_erased or not is_member(person, rollout.audience):
        return False
    if not rollout.definition:
        return True
    broadcast = program.broadcasts.get(rollout.definition)
    if broadcast is None:
        return False
    if broadcast.to is None:
        return True
    return broadcast.to(Scope(person=person, facts=rollout.facts, now=now)) is True


def is_member(person: Person, audience: str) -> bool:
    """Return whether a person is in an audience now; everybody is in none (empty)."""
    if not audience:
        return True
    state = person.audiences.get(audience)
    return state is not None and state.change.is_member
