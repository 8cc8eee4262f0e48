"""Why did she not get it? The gate asked on a copy, every rule by itself, and nothing written.

A person, an engagement and the moment in; what would be decided if somebody offered it now, and all
that stands in the way, out. It is the very gate and arbiter of the loop.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from regard.console.content_facts import facts_for
from regard.core.event import TimerDue
from regard.core.facts import Candidate, Decided, Entry
from regard.core.ids import STAMP_BITS
from regard.core.offers import Engagement
from regard.core.person import Person
from regard.core.program import Program
from regard.core.rows import DecisionRow
from regard.core.standing import Standing
from regard.decisions.arbiter import case_of, decide
from regard.decisions.gate import channels_of
from regard.decisions.obstacles import Obstacle, obstacles

LOOK = "look"
"""Ref of the candidate that is only thought of."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Look:
    """What would be decided now, every obstacle, free channels, where the facts are from."""

    row: DecisionRow
    obstacles: Sequence[Obstacle]
    free: Sequence[str]
    facts: str

    @property
    def decided(self) -> Decided:
        """Return the decision that would be made."""
        return self.row.decision


def look(
    person: Person, engagement: Engagement, program: Program, standing: Standing, now: datetime
) -> Look:
    """Return what would become of an engagement if an agent offered it to the person now."""
    facts, source = facts_for(person, engagement.id, program)
    candidate = Candidate(
        engagement=engagement.id, origin="agent", ref=LOOK, made_at=now, facts=dict(facts)
    )
    entry = Entry(
        offset=(person.stamp >> STAMP_BITS) + 1,
        identity=0,
        at=now,
        received_at=now,
        body=TimerDue(ref=LOOK, due_at=now),
    )
    (decided,) = decide(person, [candidate], entry, program, standing)
    case = case_of(person, (candidate, engagement), entry, program, standing)
    found = obstacles(case)
    blocked = {obstacle.channel for obstacle in found}
    free = [name for name in channels_of(case) if name not in blocked and "*" not in blocked]
    row = DecisionRow(
        number=0, at=now, person_id=person.id, label="", decision=decided, cause=entry.offset
    )
    return Look(row=row, obstacles=found, free=free, facts=source)
