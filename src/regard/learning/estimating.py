"""What another policy would have earned on a log of decisions: estimates with honest intervals.

Rewards, how much more (or less) probable the new policy makes each logged choice (`weights`), and
what a model expects, as arrays of one length; estimates with 95 % intervals out. Self-normalised
inverse propensity scores (Swaminathan and Joachims, NIPS 2015) and doubly robust (Dudík, Langford
and Li, ICML 2011); standard errors are asymptotic (delta method) and clustered by person, since the
decisions about one person are not independent. Too little to go by is refused, with the reason.
"""

from __future__ import annotations

from math import sqrt
from statistics import NormalDist

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from regard.learning.sums import Array

Keys = NDArray[np.int64]

SAMPLE_MIN = 100
"""Effective decisions that an estimate needs: below, one lucky choice decides."""

POSITIVES_MIN = 30
"""Successes that an estimate needs: below, the normal approximation of a rate does not hold."""

Z = NormalDist().inv_cdf(0.975)


class Estimate(Struct, frozen=True, kw_only=True):
    """A mean with its standard error and 95 % interval."""

    value: float
    error: float
    low: float
    high: float


def effective_sample(weights: Array) -> float:
    """Return Kish's effective sample size: how many equal weights would say as much."""
    squares = float(np.sum(weights**2))
    return float(np.sum(weights)) ** 2 / squares if squares else 0.0


def why_not(rewards: Array, weights: Array) -> str:
    """Return why nothing is estimated from this log; empty: it is enough."""
    sample, positives = effective_sample(weights), int(np.sum((rewards > 0) & (weights > 0)))
    reasons = []
    if sample < SAMPLE_MIN:
        reasons.append(f"the effective sample is {sample:.0f}, {SAMPLE_MIN} are needed")
    if positives < POSITIVES_MIN:
        reasons.append(f"{positives} successes can be compared, {POSITIVES_MIN} are needed")
    return "; ".join(reasons)


def plain_mean(rewards: Array, clusters: Keys) -> Estimate:
    """Return what the logged choices earned."""
    value = float(np.mean(rewards))
    return _estimate(value, _clustered(rewards - value, clusters) / len(rewards))


def snips(rewards: Array, weights: Array, clusters: Keys) -> Estimate:
    """Return the self-normalised estimate; biased a little, never outside the rewards."""
    total = float(np.sum(weights))
    value = float(np.sum(weights * rewards)) / total
    return _estimate(value, _clustered(weights * (rewards - value), clusters) / total)


def doubly_robust(
    rewards: Array, weights: Array, expected: Array, expected_new: Array, clusters: Keys
) -> Estimate:
    """Return the doubly robust estimate.

    `expected` is what the model expects of the logged choice, `expected_new` of the new policy's
    choices. Unbiased when either the probabilities or the model are right.
    """
    scores = expected_new + weights * (rewards - expected)
    return plain_mean(scores, clusters)


def lower_bound(scores: Array, clusters: Keys, level: float) -> tuple[float, float]:
    """Return the mean of scores and a one-sided lower bound that holds with chance `level`."""
    value = float(np.mean(scores))
    error = _clustered(scores - value, clusters) / len(scores)
    return value, value - NormalDist().inv_cdf(level) * error


def _clustered(deviations: Array, clusters: Keys) -> float:
    """Return the root of the summed squares of each cluster's sum."""
    _, places = np.unique(clusters, return_inverse=True)
    sums = np.bincount(places, weights=deviations)
    count = len(sums)
    inflation = count / (count - 1) if count > 1 else 1.0
    return sqrt(float(np.sum(sums**2)) * inflation)


def _estimate(value: float, error: float) -> Estimate:
    return Estimate(value=value, error=error, low=value - Z * error, high=value + Z * error)
