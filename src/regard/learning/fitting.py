"""Sums to beliefs: the common core, then each customer type, then each person.

Bayesian linear regression of the outcome (0 or 1) with Gaussian priors. Types are a mixed model:
slopes of a type are those of everybody and a difference of its own, both integrated exactly, so
that what is alike is learned from all (Hong, Kveton, Zaheer and Ghavamzadeh, arXiv:2111.06929).
How much types differ is not assumed but weighed by the evidence for each of a few `SPREADS`
(empirical Bayes). A person is one shift of their type (random effects, by the method of moments).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

import numpy as np

from regard.learning.policy import PRIOR_COUNT, noise_of
from regard.learning.snapshot import Belief
from regard.learning.sums import Array, Sum

SPREADS = (
    (0.0, 0.0),
    *((level, level * part) for level in (0.003, 0.01, 0.03, 0.1, 0.3) for part in (0.0, 0.1, 1.0)),
)
"""How much types may differ, as variances in units of that of an outcome: of level, of slopes.

From 2 points in a chance of 20 percent to 22; slopes not at all, less or as much. The first: none.
"""

FIRMNESS = 4.0
"""As how many an outcome counts when it is asked how far draws go (not where they lie).

What is known well is drawn from half as widely as it is believed, what is not known yet as widely
as ever: people and moments differ, which tries things out by itself (fractional posteriors;
docs/learning.md has what it earns).
"""


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

    def drawn(self, firm: Fit, spread: Array | None = None) -> Fit:
        """Return it as it is drawn from: as far about its mean as `firm` has it (`FIRMNESS`).

        With a `spread`, for somebody who may differ by these variances, nobody knows where to: so
        who is not tailored to is still tried now and then, where people do differ.
        """
        covariance = firm.covariance if spread is None else firm.covariance + np.diag(spread)
        return Fit(mean=self.mean, covariance=covariance, noise=self.noise)

    def belief(self) -> Belief:
        """Return it as it is journaled."""
        packed = self.covariance[np.triu_indices(len(self.mean))]
        return Belief(mean=tuple(self.mean.tolist()), covariance=tuple(packed.tolist()))


@dataclass(frozen=True, slots=True)
class Levels:
    """What was found about one engagement, all together.

    `core` is of everybody as if nobody differed. `types` are those of the mixed model by type,
    ``middle`` what their slopes lie around, `spread` by which variance (of each slope).
    `apart` turns the middle into what a type takes from it (I - spread times its precision).
    """

    core: Fit
    middle: Fit
    types: Mapping[int, Fit]
    spread: Array
    apart: Mapping[int, Array]


def fit_core(found: Sum, chance: float) -> Fit:
    """Return what everybody's outcomes say; `chance` is what was believed before."""
    size = len(found.successes)
    rate = (found.successes[0] + PRIOR_COUNT * chance) / (found.count + PRIOR_COUNT)
    noise = noise_of(float(rate))
    prior = np.zeros(size)
    prior[0] = chance
    precision = (found.products + PRIOR_COUNT * np.eye(size)) / noise
    return _posterior(precision, (found.successes + PRIOR_COUNT * prior) / noise, noise)


def fit_levels(by_type: Mapping[int, Sum], chance: float, spread: Sequence[float]) -> Levels:
    """Return core and types; `spread` is the variance of level and slopes, of `SPREADS` units.

    `by_type` has one sum at least; 0 is of those without a type.
    """
    core = fit_core(_whole(by_type), chance)
    found = _Mixed(by_type, chance, core.noise, spread)
    middle, inverse = found.middle, found.covariance
    spreads, size = found.spreads, len(middle)
    types, apart = {}, {}
    for place, kind in enumerate(by_type):
        kept = np.eye(size) - spreads[:, None] * found.precisions[place]
        own = spreads * (found.weighted[place] - found.precisions[place] @ middle)
        covariance = kept * spreads + kept @ inverse @ kept.T
        covariance = (covariance + covariance.T) / 2 * core.noise
        types[kind] = Fit(mean=middle + own, covariance=covariance, noise=core.noise)
        apart[kind] = kept
    return Levels(
        core=core,
        middle=Fit(mean=middle, covariance=inverse * core.noise, noise=core.noise),
        types=types,
        spread=spreads * core.noise,
        apart=apart,
    )


def firm(by_type: Mapping[int, Sum]) -> dict[int, Sum]:
    """Return the sums by which it is found how far draws go."""
    return {kind: one.times(FIRMNESS) for kind, one in by_type.items()}


def evidence(by_type: Mapping[int, Sum], chance: float) -> Array:
    """Return the logarithm of the evidence for each of `SPREADS`, beside the first (no spread)."""
    noise = fit_core(_whole(by_type), chance).noise
    found = np.array([_Mixed(by_type, chance, noise, spread).evidence for spread in SPREADS])
    beside: Array = found - found[0]
    return beside


def expected_spread(logarithms: Array) -> tuple[float, float]:
    """Return the spread of level and slopes that is expected after this evidence.

    Before it, none was as likely as all others together.
    """
    weights = np.exp(logarithms - np.max(logarithms))
    weights[0] *= len(weights) - 1
    level, slope = weights @ np.array(SPREADS) / np.sum(weights)
    return float(level), float(slope)


class _Mixed:
    """The mixed model of one engagement at one spread, differences of types integrated out.

    All in units of the variance of an outcome. By type: `precisions` (what its outcomes say of the
    middle) and `weighted`; then the posterior of the `middle` and the logarithm of the evidence.
    """

    def __init__(
        self, by_type: Mapping[int, Sum], chance: float, noise: float, spread: Sequence[float]
    ) -> None:
        products = np.stack([one.products for one in by_type.values()])
        successes = np.stack([one.successes for one in by_type.values()])
        size = successes.shape[1]
        self.spreads: Array = np.full(size, spread[1])
        self.spreads[0] = spread[0]
        mixing = np.eye(size) + products * self.spreads
        right = np.concatenate([products, successes[:, :, None]], axis=2)
        solved = np.linalg.solve(mixing, right)
        self.precisions: Array = solved[:, :, :size]
        self.weighted: Array = solved[:, :, size]
        prior = np.zeros(size)
        prior[0] = chance
        precision = PRIOR_COUNT * np.eye(size) + np.sum(self.precisions, axis=0)
        weighted = PRIOR_COUNT * prior + np.sum(self.weighted, axis=0)
        inverse = np.linalg.inv(precision)
        self.covariance: Array = (inverse + inverse.T) / 2
        self.middle: Array = self.covariance @ weighted
        # An outcome is its own square, so the first sum is that of squares as well.
        squares = float(np.sum(successes[:, 0]))
        squares -= float(np.sum(successes * self.spreads * self.weighted))
        squares += PRIOR_COUNT * chance**2 - float(weighted @ self.middle)
        volumes = float(np.sum(np.linalg.slogdet(mixing)[1]) + np.linalg.slogdet(precision)[1])
        self.evidence = -(volumes + squares / noise) / 2


def _whole(by_type: Mapping[int, Sum]) -> Sum:
    found = list(by_type.values())
    return sum(found[1:], found[0])


def _posterior(precision: Array, weighted: Array, noise: float) -> Fit:
    covariance = np.linalg.inv(precision)
    covariance = (covariance + covariance.T) / 2
    return Fit(mean=covariance @ weighted, covariance=covariance, noise=noise)


def fit_shifts(counts: Array, residuals: Array, noise: float) -> tuple[Array, Array]:
    """Return each person's shift of the chance and how far it is drawn (`FIRMNESS`).

    `counts` are their outcomes, `residuals` by how much their successes exceed what their type
    says. Zero for everybody when people do not differ by more than chance.
    """
    squares = float(np.sum(counts**2))
    excess = float(np.sum(residuals**2) - noise * np.sum(counts))
    spread = max(excess / squares, 0.0) if squares else 0.0
    shifts = residuals * spread / (noise + counts * spread)
    return shifts, np.sqrt(noise * spread / (noise + FIRMNESS * counts * spread))
