"""Judging a policy or a program before it goes live, on the decisions that were logged.

Occasions and what would have chosen in them (`Choices`) in, an `Evaluation` out: what the log
earned, what the new one would have earned by two estimators, and how much either is worth; or why
nothing can be told. What is earned: the part of occasions in which something that competed was
taken up, and what that is worth to both sides.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from math import nan

import numpy as np
from msgspec import Struct
from msgspec.structs import replace
from numpy.typing import NDArray

from regard.core.program import Program
from regard.learning.estimating import (
    Estimate,
    Keys,
    doubly_robust,
    effective_sample,
    plain_mean,
    snips,
    why_not,
)
from regard.learning.many import Crowd, Field, winnings
from regard.learning.occasions import Occasion, Option
from regard.learning.policy import LearnedPolicy
from regard.learning.scheme import KEYS, person_key
from regard.learning.sums import Array

PROBABILITY_MIN = 0.005
"""Logged choices count as if they had been at least so probable: no weight is above 200."""

RIDGE = 20.0
"""Outcomes that a slope of the reward model must outweigh."""

Mask = NDArray[np.bool_]
Choices = Callable[[Sequence[Occasion]], Sequence[Sequence[float]]]
"""The chance of each option of each occasion to be sent; what is left is silence."""


class Gain(Struct, frozen=True, kw_only=True):
    """What was earned by occasion: as it was, and as it would have been by two estimators."""

    logged: Estimate
    snips: Estimate
    doubly_robust: Estimate


class Evaluation(Struct, frozen=True, kw_only=True):
    """What a new policy would have earned on `occasions` logged ones.

    `refusal` says why nothing is estimated (empty: it is); `rate` counts successes, `value` what
    they are worth.
    """

    name: str
    occasions: int
    effective_sample: float
    positives: int
    refusal: str = ""
    rate: Gain | None = None
    value: Gain | None = None


def evaluate(name: str, occasions: Sequence[Occasion], choices: Choices) -> Evaluation:
    """Return what `choices` would have earned on the log."""
    if not occasions:
        refusal = "no occasion is logged whose time is over"
        return Evaluation(
            name=name, occasions=0, effective_sample=0.0, positives=0, refusal=refusal
        )
    chances = [_with_silence(found) for found in choices(occasions)]
    weights = np.array(
        [
            found[occasion.chosen] / max(occasion.probability, PROBABILITY_MIN)
            for occasion, found in zip(occasions, chances, strict=True)
        ]
    )
    took = np.array([float(occasion.has_success) for occasion in occasions])
    refusal = why_not(took, weights)
    told = Evaluation(
        name=name,
        occasions=len(occasions),
        effective_sample=effective_sample(weights),
        positives=int(np.sum((took > 0) & (weights > 0))),
        refusal=refusal,
    )
    if refusal:
        return told
    worth = np.array([occasion.value for occasion in occasions])
    return replace(
        told,
        rate=_gain(occasions, chances, weights, took),
        value=_gain(occasions, chances, weights, worth),
    )


def by_policy(policy: LearnedPolicy | None, old: Program, new: Program) -> Choices:
    """Return the choices of `new` with what was learned (None: with written propensities).

    What the log knows of the moment (context, fatigue) stays; values, weights and silence are
    those of `new`. An engagement that is gone is never chosen.
    """

    def choices(occasions: Sequence[Occasion]) -> Sequence[Sequence[float]]:
        field = _field(policy, old, new, occasions)
        floor = np.full(len(occasions), new.silence_value)
        found = winnings(field, floor, new.arbitration.propensity).tolist()
        return [row[: len(o.options)] for row, o in zip(found, occasions, strict=True)]

    return choices


def _field(
    policy: LearnedPolicy | None, old: Program, new: Program, occasions: Sequence[Occasion]
) -> Field:
    """Return what would compete on each occasion, in the order of its options."""
    names = sorted({o.engagement for occasion in occasions for o in occasion.options})
    written = [
        new.engagements[name].propensity if name in new.engagements else nan for name in names
    ]
    means, deviations = _believed(policy, names, occasions)
    means = np.where(np.isnan(means), written, means)
    deviations = np.where(np.isnan(deviations), 0.0, deviations)
    shape = (len(occasions), max(len(occasion.options) for occasion in occasions))
    gain, cost, mean, deviation = (
        np.zeros(shape),
        np.zeros(shape),
        np.full(shape, nan),
        np.zeros(shape),
    )
    place_of = {name: place for place, name in enumerate(names)}
    for turn, occasion in enumerate(occasions):
        for place, option in enumerate(occasion.options):
            if option.engagement not in new.engagements:
                continue
            column = place_of[option.engagement]
            gain[turn, place], cost[turn, place] = _terms(option, old, new)
            mean[turn, place] = means[turn, column]
            deviation[turn, place] = deviations[turn, column]
    return Field(gain=gain, cost=cost, mean=mean, deviation=deviation)


def _believed(
    policy: LearnedPolicy | None, names: Sequence[str], occasions: Sequence[Occasion]
) -> tuple[Array, Array]:
    """Return what is believed of each chance; NaN where nothing is, by this policy."""
    width = len(occasions[0].features)
    if policy is None or policy.scheme.size + KEYS != width:
        nothing = np.full((len(occasions), len(names)), nan)
        return nothing, nothing
    return Crowd(policy, names).believed(np.array([occasion.features for occasion in occasions]))


def _terms(option: Option, old: Program, new: Program) -> tuple[float, float]:
    """Return gain and cost of an option under the values and weights of `new`."""
    engagement = new.engagements[option.engagement]
    before, now = old.arbitration, new.arbitration
    worth = engagement.value_customer * now.value_customer
    worth += engagement.value_company * now.value_company
    context = option.factors.get("context", 1.0)
    if before.context and now.context != before.context:
        context **= now.context / before.context
    tiring = old.fatigue_per_touch * before.fatigue
    cost = option.cost * new.fatigue_per_touch * now.fatigue / tiring if tiring else option.cost
    return context * worth, cost


def _with_silence(found: Sequence[float]) -> list[float]:
    return [*found, max(1.0 - sum(found), 0.0)]


def _gain(
    occasions: Sequence[Occasion], chances: Sequence[Sequence[float]], weights: Array, reward: Array
) -> Gain:
    clusters = np.array([person_key(occasion.person_id) for occasion in occasions])
    expected, expected_new = _expected(occasions, chances, reward, clusters)
    return Gain(
        logged=plain_mean(reward, clusters),
        snips=snips(reward, weights, clusters),
        doubly_robust=doubly_robust(reward, weights, expected, expected_new, clusters),
    )


def _expected(
    occasions: Sequence[Occasion],
    chances: Sequence[Sequence[float]],
    reward: Array,
    clusters: Keys,
) -> tuple[Array, Array]:
    """Return what a model of the other half of the people expects: of the choice, of the new one.

    One ridge regression of the reward for each choice (an engagement, or silence).
    """
    rows = np.array([occasion.features[:-KEYS] for occasion in occasions])
    logged = [_choice(occasion, occasion.chosen) for occasion in occasions]
    names = sorted({name for o in occasions for name in _choices_of(o)})
    held = clusters % 2 == 0
    model = np.zeros((len(names), len(occasions)))
    for place, name in enumerate(names):
        own = np.array([found == name for found in logged])
        for fold in (held, ~held):
            model[place, fold] = rows[fold] @ _ridge(rows, reward, own & ~fold, ~fold)
    index = {name: place for place, name in enumerate(names)}
    expected = np.array([model[index[name], i] for i, name in enumerate(logged)])
    expected_new = np.array(
        [
            sum(
                chance * model[index[name], i]
                for chance, name in zip(chances[i], _choices_of(occasion), strict=True)
            )
            for i, occasion in enumerate(occasions)
        ]
    )
    return expected, expected_new


def _ridge(rows: Array, reward: Array, own: Mask, fold: Mask) -> Array:
    """Return slopes of the reward, drawn towards its mean in the fold."""
    mean = float(np.mean(reward[fold])) if fold.any() else 0.0
    found = rows[own]
    products: Array = found.T @ found + RIDGE * np.eye(rows.shape[1])
    slopes: Array = np.linalg.solve(products, found.T @ (reward[own] - mean)).astype(np.float64)
    slopes[0] += mean
    return slopes


def _choice(occasion: Occasion, place: int) -> str:
    return occasion.options[place].engagement if place >= 0 else ""


def _choices_of(occasion: Occasion) -> list[str]:
    return [*(option.engagement for option in occasion.options), ""]
