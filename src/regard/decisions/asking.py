"""Capture once: a question whose answer is known is not asked.

A person and an engagement in, whether its answer is known out. A trait is known when the person
said it or it was verified (or as soon as anybody claims it, if the question says so); a need when
belief in it is far from a half.
"""

from __future__ import annotations

from datetime import datetime

from regard.core.offers import Engagement
from regard.core.person import Person
from regard.core.program import Program
from regard.decisions.context import belief_in

OPEN_FROM, OPEN_TO = 0.2, 0.8
"""Between them belief in a need is open, and worth a question."""

SAID_OR_VERIFIED = 1
"""Highest trust number of a claim that nobody has to ask about again."""


def is_known(person: Person, engagement: Engagement, program: Program, now: datetime) -> bool:
    """Return whether an engagement asks for what is known; what asks nothing never does."""
    question = engagement.asks
    if question is None:
        return False
    if question.trait:
        claim = person.claims.get(question.trait)
        if claim is None or claim.value in (None, ""):
            return False
        return question.known_if == "any" or claim.trust <= SAID_OR_VERIFIED
    need = program.needs.get(question.need)
    return need is not None and not OPEN_FROM <= belief_in(person, need, now) <= OPEN_TO
