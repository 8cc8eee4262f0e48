"""What a candidate is worth at this moment, factor by factor, and how certain its victory is.

A case that passed the gate in; its factors, its score and the chance of each verdict out. Score:
propensity x context x (value to the customer + value to the company) - fatigue, each factor as much
as `policies.yaml` lets it count. What was learned takes the place of the prior propensity by
Thompson sampling: one draw for each that competes decides, against silence as well, and how
probable it was that the same would win is computed (`core.contests`), not drawn.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from regard.core.contests import Lot, drawn, winning
from regard.core.ids import derived_id
from regard.core.rules import AS_THEY_ARE
from regard.decisions.caps import fatigue_count
from regard.decisions.context import context_weight
from regard.decisions.records import Case, Passage

PROBABILITY_MIN = 1e-4
"""Least probability of a verdict that did come out: chances are computed to about this."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrant:
    """One candidate that passed the gate and competes.

    `place` orders those of equal score. `lot` is what is believed of its score; certain when
    nothing was learned about it. What was drawn is in `factors`. `features` are what the policy
    saw.
    """

    place: int
    case: Case
    found: Passage
    factors: dict[str, float]
    score: float
    lot: Lot
    features: tuple[float, ...] = ()


def features_of(case: Case) -> tuple[float, ...]:
    """Return what the policy in force sees of the person and the moment, whatever is offered."""
    policy = case.standing.policy
    return policy.features(case.scope) if policy is not None else ()


def entrant(
    case: Case, found: Passage, place: int, stamp: int, *, features: tuple[float, ...]
) -> Entrant:
    """Return a candidate that found a way, weighed; `stamp` is that of its cause.

    `features` are those of the moment (`features_of`), the same for all that compete.
    """
    policy, engagement = case.standing.policy, case.engagement
    mean, deviation = engagement.propensity, 0.0
    propensity = mean
    believed = policy.chance(engagement.id, features) if policy is not None else None
    if believed is not None:
        mean, deviation = believed
        seed = derived_id(case.person.id, str(stamp), engagement.id, str(place))
        propensity = drawn(mean, deviation, seed)
    factors = factors_of(case, found.way.channel.id if found.way else "", propensity)
    return Entrant(
        place=place,
        case=case,
        found=found,
        factors=factors,
        score=score_of(factors),
        lot=_lot(case, factors, mean, deviation),
        features=features if believed is not None else (),
    )


def factors_of(case: Case, channel: str, propensity: float) -> dict[str, float]:
    """Return every factor of a score by name, as much as it counts.

    Parts of the context that say anything stand behind it (``context.there``).
    """
    engagement, program = case.engagement, case.program
    weights = program.arbitration
    context, parts = context_weight(case, channel)
    factors = {
        "propensity": propensity,
        "context": context,
        "value_customer": engagement.value_customer,
        "value_company": engagement.value_company,
        "fatigue": program.fatigue_per_touch * fatigue_count(case.moments, case.now),
        "silence": program.silence_value,
    }
    if weights is not AS_THEY_ARE:
        factors["propensity"] **= weights.propensity
        factors["context"] **= weights.context
        for name in ("value_customer", "value_company", "fatigue"):
            factors[name] *= getattr(weights, name)
    if context != 1.0 and weights.context:
        factors |= {f"context.{name}": part for name, part in parts.items() if part != 1.0}
    return factors


def score_of(factors: dict[str, float]) -> float:
    """Return the score that factors come to."""
    return _worth(factors) * factors["propensity"] - factors["fatigue"]


def chances(entrants: Sequence[Entrant], silence: float) -> list[float] | None:
    """Return how probable it was of each of those that compete that it would win.

    None when nothing was learned about any of them: then the outcome was certain.
    """
    if not any(one.features for one in entrants):
        return None
    # Among equals the first wins, as in the ranking.
    order = sorted(range(len(entrants)), key=lambda number: entrants[number].place)
    found = winning([entrants[number].lot for number in order], silence)
    shares = [0.0] * len(entrants)
    for number, share in zip(order, found, strict=True):
        shares[number] = share
    return shares


def _lot(case: Case, factors: dict[str, float], mean: float, deviation: float) -> Lot:
    """Return what is believed of a score, from what is believed of the chance."""
    return Lot(
        gain=_worth(factors),
        cost=factors["fatigue"],
        mean=mean,
        deviation=deviation,
        power=case.program.arbitration.propensity,
    )


def _worth(factors: dict[str, float]) -> float:
    value = factors["value_customer"] + factors["value_company"]
    return factors["context"] * value
