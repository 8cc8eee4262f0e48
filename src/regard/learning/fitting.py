"""Sums to beliefs: the common core, then each customer type, then each person.

Bayesian linear regression of the outcome (0 or 1) with a Gaussian prior; the posterior is exact.
A type's prior is what all *other* types taught, widened by how much types differ, so that nothing
is counted twice; a person's is their type's, as one shift (random effects, by the method of
moments). With little data each level falls back on the one above (partial pooling; Gelman and
Hill, "Data Analysis Using Regression and Multilevel/Hierarchical Models", chapter 12).
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass

import numpy as np

from regard.learning.policy import PRIOR_COUNT, noise_of
from regard.learning.snapshot import Belief
from regard.learning.sums import Array, Sum

SPREAD = 0.05**2
"""Variance by which types are expected to differ before they were seen: 5 points in the chance."""

SPREAD_TYPES = 4
"""The expected variance weighs as much as that of so many types."""

SLOPES = 0.1
"""Part of that variance by which slopes differ: types differ in how much before in why."""

TYPE_COUNT_MIN = 20.0
"""Outcomes of a type before it says anything about how much types differ."""


@dataclass(frozen=True, slots=True)
class Fit:
    """A Gaussian over slopes, and the variance of an outcome."""

    mean: Array
    covariance: Array
    noise: float

    def chances(self, rows: Array) -> Array:
        """Return the chance of each row (N by D), from 0 to 1."""
        found: Array = np.clip(rows @ self.mean, 0.0, 1.0)
        return found

    def doubted(self, spread: float) -> Fit:
        """Return it for somebody who may differ from it by this variance, nobody knows where to.

        So who is not tailored to is still tried now and then, where people do differ.
        """
        covariance = self.covariance.copy()
        covariance[0, 0] += spread
        return Fit(mean=self.mean, covariance=covariance, noise=self.noise)

    def belief(self) -> Belief:
        """Return it as it is journaled."""
        upper = np.linalg.cholesky(self.covariance).T
        columns = upper[np.triu_indices(len(self.mean))]
        return Belief(mean=tuple(self.mean.tolist()), factor=tuple(columns.tolist()))


def fit_core(found: Sum, chance: float) -> Fit:
    """Return what everybody's outcomes say; `chance` is what was believed before."""
    size = len(found.successes)
    rate = (found.successes[0] + PRIOR_COUNT * chance) / (found.count + PRIOR_COUNT)
    noise = noise_of(float(rate))
    prior = np.zeros(size)
    prior[0] = chance
    precision = (found.products + PRIOR_COUNT * np.eye(size)) / noise
    return _posterior(precision, (found.successes + PRIOR_COUNT * prior) / noise, noise)


def fit_types(by_type: Mapping[int, Sum], chance: float) -> tuple[Fit, dict[int, Fit]]:
    """Return the common core and the fit of each type (0, no type, has none of its own)."""
    whole = sum(list(by_type.values())[1:], next(iter(by_type.values())))
    core = fit_core(whole, chance)
    named = {kind: one for kind, one in by_type.items() if kind}
    heard = sum(one.count >= TYPE_COUNT_MIN for one in named.values())
    spread = SPREAD_TYPES * SPREAD + heard * spread_of(named, core)
    spread /= SPREAD_TYPES + heard
    return core, {
        kind: _fit_type(one, fit_core(whole - one, chance), spread, core.noise)
        for kind, one in named.items()
    }


def spread_of(by_type: Mapping[int, Sum], core: Fit) -> float:
    """Return the variance by which types differ from the core, by the method of moments."""
    squares = [
        ((one.successes[0] - one.products[0] @ core.mean) / one.count) ** 2 - core.noise / one.count
        for kind, one in by_type.items()
        if kind and one.count >= TYPE_COUNT_MIN
    ]
    return max(float(np.mean(squares)), 0.0) if len(squares) > 1 else 0.0


def _fit_type(own: Sum, others: Fit, spread: float, noise: float) -> Fit:
    differing = np.full(len(others.mean), spread * SLOPES)
    differing[0] = spread
    widened = others.covariance + np.diag(differing)
    precision = np.linalg.inv(widened)
    return _posterior(
        precision + own.products / noise,
        precision @ others.mean + own.successes / noise,
        noise,
    )


def _posterior(precision: Array, weighted: Array, noise: float) -> Fit:
    covariance = np.linalg.inv(precision)
    covariance = (covariance + covariance.T) / 2
    return Fit(mean=covariance @ weighted, covariance=covariance, noise=noise)


def fit_shifts(counts: Array, residuals: Array, noise: float) -> tuple[Array, Array]:
    """Return each person's shift of the chance and its standard deviation.

    `counts` are their outcomes, `residuals` by how much their successes exceed what their type
    says. Zero for everybody when people do not differ by more than chance.
    """
    squares = float(np.sum(counts**2))
    excess = float(np.sum(residuals**2) - noise * np.sum(counts))
    spread = max(excess / squares, 0.0) if squares else 0.0
    weight = spread / (noise + counts * spread)
    return residuals * weight, np.sqrt(noise * weight) if spread else np.zeros_like(counts)
