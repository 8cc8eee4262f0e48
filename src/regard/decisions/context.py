"""How well the moment fits: the weight of context on one candidate, part by part.

A case before the gate and a channel in; the weight (1: neither here nor there) and its parts by
name out, each of them a factor: ``there`` (the person is on that channel now), ``need`` (how much
more than of anybody we believe that they want it), ``moment`` (conditions of the engagement), and
for a question ``uncertainty`` (what is nearly known is not worth asking). Called by the arbiter for
what has passed the gate.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from regard.core.belief import believed
from regard.core.needs import Need
from regard.core.person import Person
from regard.core.sessions import HERE_FOR
from regard.decisions.records import Case

THERE = 1.2
"""Weight of the channel on which the person is right now: they are there to answer."""

NEUTRAL = 1.0

NEED_LEAST, NEED_MOST = 0.5, 2.0
"""What a belief may do to a weight: a guess about a person never counts for more than that."""


def context_weight(case: Case, channel: str) -> tuple[float, Mapping[str, float]]:
    """Return the weight of the moment on `channel`, and the parts that it is the product of."""
    engagement = case.engagement
    weight = THERE if _is_there(case, channel) else NEUTRAL
    parts = {"there": weight}
    need = case.program.needs.get(engagement.need)
    if need is not None:
        parts["need"] = _needed(case, need)
        weight *= parts["need"]
    if engagement.context:
        parts["moment"] = _moment(case)
        weight *= parts["moment"]
    if engagement.asks is not None:
        parts["uncertainty"] = uncertainty(case)
        weight *= parts["uncertainty"]
    return weight, parts


def belief_in(person: Person, need: Need, now: datetime) -> float:
    """Return how far we believe that a person has a need at a moment."""
    state = person.needs.get(need.id)
    return believed(() if state is None else state.evidence, need.curve, now)


def uncertainty(case: Case) -> float:
    """Return what a question may teach, 0 to 1: 4p(1-p) of a belief, all of an unknown trait.

    The variance of a yes-or-no answer, with its most at a belief of a half.
    """
    question = case.engagement.asks
    need = None if question is None else case.program.needs.get(question.need)
    if need is None:
        return 1.0
    belief = belief_in(case.person, need, case.now)
    return 4 * belief * (1 - belief)


def _is_there(case: Case, channel: str) -> bool:
    person = case.person
    if case.here and channel == case.here:
        return True
    if channel != person.last_channel or person.last_seen_at is None:
        return False
    return case.now - person.last_seen_at <= HERE_FOR


def _needed(case: Case, need: Need) -> float:
    ratio = belief_in(case.person, need, case.now) / need.curve.prior
    return min(NEED_MOST, max(NEED_LEAST, ratio))


def _moment(case: Case) -> float:
    weight = NEUTRAL
    for condition, factor in case.engagement.context:
        if condition(case.scope) is True:
            weight *= factor
    return weight
