"""The policy in force: frozen beliefs in, features and draws of chances out.

Implements `core.standing.Policy` in plain Python: a few microseconds an engagement, and nothing to
import. Thompson sampling (Agrawal and Goyal, arXiv:1209.3352): one draw from the posterior of each
engagement competes (`core.contests`). Rows are mostly zeros, and one row is asked about many
engagements: what of a belief it touches is found once.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache
from math import sqrt
from operator import itemgetter, mul
from typing import Any

from regard.core.belief import Curve
from regard.core.offers import Engagement
from regard.core.program import Program
from regard.core.scope import Scope
from regard.learning.scheme import KEYS, Scheme, scheme_of
from regard.learning.snapshot import PRIOR, Belief, Snapshot, Taught

PRIOR_COUNT = 20.0
"""The written propensity of an engagement weighs as much as so many outcomes."""

NOISE_MIN = 0.01
"""Variance of an outcome is at least that of a chance of 1 percent: rare is not certain."""

Getter = Callable[[Sequence[float]], tuple[Any, ...]]


class LearnedPolicy:
    """One version of what was learned, over the engagements that are learned about."""

    def __init__(
        self,
        version: str,
        scheme: Scheme,
        taught: Mapping[str, Taught],
        curves: Mapping[str, Curve] | None = None,
    ) -> None:
        self._version = version
        self.scheme = scheme
        self.taught = taught
        self._curves = curves or {}

    @property
    def version(self) -> str:
        """Return scheme and hash of the numbers."""
        return self._version

    def features(self, scope: Scope) -> tuple[float, ...]:
        """Return what the policy looks at, as numbers."""
        return self.scheme.features(scope, self._curves)

    def chance(self, engagement: str, features: Sequence[float]) -> tuple[float, float] | None:
        """Return mean and standard deviation of the chance that the offer brings a success.

        What would come without the offer is taken off, as far as it is known. None when nothing
        is learned about the engagement, or the features are of another scheme.
        """
        taught = self.taught.get(engagement)
        size = self.scheme.size
        if taught is None or len(features) != size + KEYS:
            return None
        kind, person = int(features[size]), int(features[size + 1])
        row = _row(tuple(features[:size]))
        mean, variance = _along(taught.types.get(kind, taught.core), row)
        own = taught.persons.get(person)
        if own is not None:
            mean, variance = mean + own[0], variance + own[1] ** 2
        if taught.silent is not None:
            without, doubt = _along(taught.silent, row)
            mean, variance = mean - max(without, 0.0), variance + doubt
        return mean, sqrt(variance)


def policy_of(
    program: Program, version: str = "", snapshot: Snapshot | None = None
) -> LearnedPolicy | None:
    """Return the policy of a program: learned where it was, else the written propensities.

    None when the program does not learn. A snapshot of another scheme counts as none.
    """
    scheme = scheme_of(program)
    if scheme is None:
        return None
    learned: dict[str, Taught] = {}
    if snapshot is not None and snapshot.scheme == scheme:
        learned = {taught.engagement: taught for taught in snapshot.taught}
    taught = {
        name: learned.get(name) or untaught(engagement, scheme)
        for name, engagement in program.engagements.items()
        if engagement.success is not None
    }
    curves = {name: need.curve for name, need in program.needs.items()}
    return LearnedPolicy(version if learned else f"{scheme.id}-{PRIOR}", scheme, taught, curves)


def untaught(engagement: Engagement, scheme: Scheme) -> Taught:
    """Return what is believed of an engagement before any outcome: its propensity, widely."""
    size, chance = scheme.size, engagement.propensity
    variance = noise_of(chance) / PRIOR_COUNT
    covariance = [variance if i == j else 0.0 for i in range(size) for j in range(i, size)]
    return Taught(
        engagement=engagement.id,
        core=Belief(mean=(chance, *[0.0] * (size - 1)), covariance=tuple(covariance)),
    )


def noise_of(chance: float) -> float:
    """Return the variance of an outcome that has this chance."""
    return max(chance * (1 - chance), NOISE_MIN)


def _along(belief: Belief, row: _Row) -> tuple[float, float]:
    """Return mean and variance of the sum of slopes times a row."""
    mean = sum(map(mul, row.slopes(belief.mean), row.values))
    variance = sum(map(mul, row.pairs(belief.covariance), row.products))
    return mean, max(variance, 0.0)


class _Row:
    """What of a row is not zero, and where beliefs keep what belongs to it."""

    __slots__ = ("pairs", "products", "slopes", "values")

    def __init__(self, row: Sequence[float]) -> None:
        # Two places at least, since a getter of one returns no tuple.
        places = tuple(i for i, value in enumerate(row) if value or i < 2)
        self.slopes, self.pairs = _getters(places, len(row))
        self.values = [row[i] for i in places]
        self.products = [
            one * other * (1.0 if i == j else 2.0)
            for i, one in enumerate(self.values)
            for j, other in enumerate(self.values[i:], i)
        ]


@lru_cache(maxsize=16)
def _row(row: tuple[float, ...]) -> _Row:
    return _Row(row)


@lru_cache(maxsize=4_096)
def _getters(places: tuple[int, ...], size: int) -> tuple[Getter, Getter]:
    """Return what takes from a mean, and from a packed covariance, what these places need."""
    starts = [i * size - i * (i - 1) // 2 for i in range(size)]
    pairs = [starts[i] + j - i for n, i in enumerate(places) for j in places[n:]]
    return itemgetter(*places), itemgetter(*pairs)
