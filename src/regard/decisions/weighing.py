"""What a candidate is worth at this moment, factor by factor, and how certain its victory is.

A case that passed the gate in; its factors, its score and the chance of each verdict out. Score:
propensity x context x (value to the customer + value to the company) - fatigue, each factor as much
as `policies.yaml` lets it count. What was learned takes the place of the prior propensity by
Thompson sampling: one draw for each that competes decides, against silence as well, and the share
of `DRAWS` such draws in which the same would have won is the verdict's probability.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from regard.core.ids import derived_id
from regard.core.rules import AS_THEY_ARE
from regard.decisions.caps import fatigue_count
from regard.decisions.context import context_weight
from regard.decisions.records import Case, Passage

DRAWS = 200
"""Draws by which the chance of a verdict is told: to half a percent, in some tens of µs."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Entrant:
    """One candidate that passed the gate and competes.

    `place` orders those of equal score. `draws` of its propensity are empty when nothing was
    learned about it; the first of them is in `factors`. `features` are what the policy saw.
    """

    place: int
    case: Case
    found: Passage
    factors: dict[str, float]
    score: float
    draws: Sequence[float] = ()
    features: tuple[float, ...] = ()


def entrant(case: Case, found: Passage, channel: str, place: int, stamp: int) -> Entrant:
    """Return a candidate that may go on `channel`, weighed; `stamp` is that of its cause."""
    policy, engagement = case.standing.policy, case.engagement
    draws: Sequence[float] = ()
    features: tuple[float, ...] = ()
    if policy is not None:
        seed = derived_id(case.person.id, str(stamp), engagement.id, str(place))
        features = policy.features(case.scope)
        draws = policy.draws(engagement.id, features, seed, DRAWS)
    propensity = float(draws[0]) if len(draws) else engagement.propensity
    factors = factors_of(case, channel, propensity)
    return Entrant(
        place=place,
        case=case,
        found=found,
        factors=factors,
        score=score_of(factors),
        draws=draws,
        features=features if len(draws) else (),
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
    """Return for each of those that compete the share of draws in which it would have won.

    None when nothing was learned about any of them: then the outcome was certain.
    """
    if not any(len(one.draws) for one in entrants):
        return None
    # By the first draw first: among equals the first wins, as in the ranking.
    order = sorted(range(len(entrants)), key=lambda number: entrants[number].place)
    scores = {number: _drawn_scores(entrants[number]) for number in order}
    wins = [0] * len(entrants)
    for turn in range(DRAWS):
        best, winner = silence, -1
        for number in order:
            score = scores[number][turn]
            if score > best:
                best, winner = score, number
        if winner >= 0:
            wins[winner] += 1
    return [count / DRAWS for count in wins]


def _drawn_scores(one: Entrant) -> list[float]:
    if not len(one.draws):
        return [one.score] * DRAWS
    worth, fatigue = _worth(one.factors), one.factors["fatigue"]
    weight = one.case.program.arbitration.propensity
    return [worth * draw**weight - fatigue for draw in one.draws]


def _worth(factors: dict[str, float]) -> float:
    value = factors["value_customer"] + factors["value_company"]
    return factors["context"] * value
