"""One turn of the loop as journeys see it: who, by which program, when.

Made once for an entry that concerns a run, and handed to everything that decides about it.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime

from regard.core.facts import Candidate, Derived, Entry, RunChanged
from regard.core.person import Person
from regard.core.program import Program
from regard.core.scope import Scope

Conclusions = Sequence[Derived | Candidate]


@dataclass(frozen=True, slots=True, kw_only=True)
class Turn:
    """The person and the program of this moment; `stamp` and `part` place what is concluded."""

    person: Person
    program: Program
    now: datetime
    stamp: int
    part: int

    def scope(self, run: RunChanged) -> Scope:
        """Return what an expression sees of a run: today's person, the facts of the run."""
        return Scope(person=self.person, facts=run.facts, now=self.now)


def turn_of(person: Person, entry: Entry, program: Program) -> Turn:
    """Return the turn of an entry that was just folded into `person`."""
    return Turn(
        person=person,
        program=program,
        now=entry.received_at,
        stamp=entry.stamp,
        part=entry.part,
    )
