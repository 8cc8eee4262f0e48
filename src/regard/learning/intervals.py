"""Rates and their differences, with intervals that may be looked at every day.

Counts in, intervals out. A single rate: Wilson's score interval (1927). A difference that is
watched while it grows: an asymptotic confidence sequence (Waudby-Smith, Arbour, Sinha, Kennedy and
Ramdas, arXiv:2103.06476), which holds at all moments at once, so peeking and stopping early cost
nothing. Shares of arms: a multinomial e-value with a Dirichlet mixture (Lindon and Malek,
arXiv:2011.03567), always valid too.
"""

from __future__ import annotations

from collections.abc import Sequence
from math import exp, inf, lgamma, log, sqrt
from statistics import NormalDist

from msgspec import Struct

LEVEL = 0.95
TIGHTEST_AT = 2_000
"""People at whom the confidence sequence is tightest: an experiment of an ordinary size."""

MIXTURE = 100.0
"""Concentration of the Dirichlet mixture: it looks for shares that are off by some percent."""

_Z = NormalDist().inv_cdf((1 + LEVEL) / 2)


class Rate(Struct, frozen=True, kw_only=True):
    """Successes among people whose time is over, with a 95 % interval."""

    count: int
    successes: int
    value: float
    low: float
    high: float


class Difference(Struct, frozen=True, kw_only=True):
    """How much a rate exceeds another; interval and p-value hold whenever one looks."""

    value: float
    low: float
    high: float
    p_value: float


def rate_of(successes: int, count: int) -> Rate:
    """Return a rate with Wilson's interval; nobody yet: anything from 0 to 1."""
    if count == 0:
        return Rate(count=0, successes=0, value=0.0, low=0.0, high=1.0)
    value, square = successes / count, _Z * _Z
    middle = (value + square / (2 * count)) / (1 + square / count)
    half = _Z * sqrt(value * (1 - value) / count + square / (4 * count**2)) / (1 + square / count)
    low = 0.0 if successes == 0 else max(0.0, middle - half)
    high = 1.0 if successes == count else min(1.0, middle + half)
    return Rate(count=count, successes=successes, value=value, low=low, high=high)


def difference_of(one: Rate, other: Rate) -> Difference:
    """Return by how much `one` exceeds `other`: a confidence sequence over all people so far."""
    value, count = one.value - other.value, one.count + other.count
    if not one.count or not other.count:
        return Difference(value=value, low=-1.0, high=1.0, p_value=1.0)
    # Of each rate a success and a failure more, so that a rate of 0 or 1 is not taken for certain.
    error = sqrt(sum(_spread(rate) / rate.count for rate in (one, other)))
    tuned = _tuning(TIGHTEST_AT)
    grown = 1 + count * tuned
    half = error * sqrt(2 * grown / (count * tuned) * log(sqrt(grown) / (1 - LEVEL)))
    evidence = (value / error) ** 2 * count * tuned / (2 * grown) - log(grown) / 2
    return Difference(
        value=value,
        low=max(value - half, -1.0),
        high=min(value + half, 1.0),
        p_value=min(1.0, exp(-evidence)),
    )


def shares_p_value(counts: Sequence[int], shares: Sequence[float]) -> float:
    """Return how well counts agree with the shares that were asked for, whenever one looks.

    Below 0.01 something is wrong with the experiment, not with its arms (sample-ratio mismatch).
    """
    total = sum(counts)
    if any(count and not share for count, share in zip(counts, shares, strict=True)):
        return 0.0
    known = [(c, s) for c, s in zip(counts, shares, strict=True) if s]
    evidence = lgamma(MIXTURE) - lgamma(MIXTURE + total)
    for count, share in known:
        evidence += lgamma(MIXTURE * share + count) - lgamma(MIXTURE * share) - count * log(share)
    return min(1.0, exp(min(-evidence, 0.0))) if evidence != inf else 0.0


def _spread(rate: Rate) -> float:
    value = (rate.successes + 1) / (rate.count + 2)
    return value * (1 - value)


def _tuning(count: int) -> float:
    """Return the square of the sequence's parameter that makes it tightest at `count`."""
    level = 1 - LEVEL
    return (-2 * log(level) + log(-2 * log(level) + 1)) / count
