"""Many people at once: what a policy believes of them, who would win, and what is drawn.

Features of N people (rows) and E engagements (columns) in; the numbers that `policy` and
`core.contests` tell one by one out: the same draws, and chances within a millionth. A person costs
a few microseconds an engagement. Brings numpy; imported by name where many are decided or judged.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import pairwise
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from regard.core.contests import BEND, HOPELESS, REACH, Lot, winning
from regard.core.errors import Refused
from regard.learning.policy import LearnedPolicy
from regard.learning.scheme import KEYS
from regard.learning.snapshot import Belief
from regard.learning.sums import Array

ROWS_AT_ONCE = 2_048
"""People whose contests are integrated together: some 10 MB of work space for ten engagements."""

_POINTS, _WEIGHTS = np.polynomial.legendre.leggauss(16)
_ROOT_2, _ROOT_PI = np.sqrt(2.0), np.sqrt(np.pi)
_ERF = (1.061405429, -1.453152027, 1.421413741, -0.284496736, 0.254829592)

Mask = NDArray[np.bool_]


@dataclass(frozen=True, slots=True, kw_only=True)
class Field:
    """What competes for each of N people: scores are ``gain`` times the chance, less ``cost``.

    All are N by E; the chance is Gaussian with `mean` and `deviation`, cut to 0 to 1. Where `mean`
    is NaN the engagement does not compete.
    """

    gain: Array
    cost: Array
    mean: Array
    deviation: Array


class Crowd:
    """A policy's beliefs about some engagements, ready for many people."""

    def __init__(self, policy: LearnedPolicy, engagements: Sequence[str]) -> None:
        self._size = policy.scheme.size
        self._taught = [policy.taught.get(name) for name in engagements]

    def believed(self, features: Array) -> tuple[Array, Array]:
        """Return means and standard deviations (N by E) of chances; NaN where nothing is learned.

        `features` are N by ``size + 2``, rows of `Scheme.features`. Raise `Refused` for others.
        """
        if features.ndim != 2 or features.shape[1] != self._size + KEYS:
            raise Refused(
                f"Features of shape {features.shape} are of another scheme.",
                code="other_scheme",
                hint=f"Rows have {self._size} numbers and the keys of type and person.",
            )
        rows = features[:, : self._size]
        kinds, persons = features[:, self._size].astype(np.int64), features[:, self._size + 1]
        shape = (len(features), len(self._taught))
        mean, variance = np.full(shape, np.nan), np.full(shape, np.nan)
        for column, taught in enumerate(self._taught):
            if taught is None:
                continue
            own = (mean[:, column], variance[:, column])
            own[0][:], own[1][:] = _along(taught.core, rows)
            for kind, belief in taught.types.items():
                there = kinds == kind
                own[0][there], own[1][there] = _along(belief, rows[there])
            if taught.persons:
                _shift(own, persons.astype(np.int64), taught.persons)
            if taught.silent is not None:
                without, doubt = _along(taught.silent, rows)
                own[0][:] -= np.maximum(without, 0.0)
                own[1][:] += doubt
        return mean, np.sqrt(variance)


def draws(field: Field, seeds: Sequence[Sequence[str]]) -> Array:
    """Return a draw of each chance (N by E), by its seed as `core.contests.drawn` draws it."""
    inverse = NormalDist().inv_cdf
    noise = np.array([[inverse(_uniform(seed)) for seed in row] for row in seeds])
    found = field.mean + field.deviation * noise.reshape(field.mean.shape)
    cut: Array = np.clip(found, 0.0, 1.0)
    return cut


def chosen(field: Field, drawn: Array, floor: Array) -> NDArray[np.int64]:
    """Return the column that wins for each person by what was drawn; -1: the floor does."""
    scores = np.where(np.isnan(field.mean), -np.inf, field.gain * drawn - field.cost)
    best = np.argmax(scores, axis=1)
    found: NDArray[np.int64] = np.where(np.max(scores, axis=1) > floor, best, -1).astype(np.int64)
    return found


def winnings(field: Field, floor: Array, power: float = 1.0) -> Array:
    """Return the chance of each to be drawn highest and above the floor (N by E).

    As `core.contests.winning`; the floor (N) wins what is left of 1. Negative gains, and a `power`
    other than 1, are counted one by one.
    """
    found = np.zeros(field.mean.shape)
    alone = np.any((field.gain < 0) & ~np.isnan(field.mean), axis=1) | (power != 1.0)
    for turn in np.flatnonzero(alone).tolist():
        found[turn] = _one(field, turn, float(floor[turn]), power)
    plain = np.flatnonzero(~alone)
    for start in range(0, len(plain), ROWS_AT_ONCE):
        part = plain[start : start + ROWS_AT_ONCE]
        there = Field(
            gain=field.gain[part],
            cost=field.cost[part],
            mean=field.mean[part],
            deviation=field.deviation[part],
        )
        found[part] = _Contests(there, floor[part]).won()
    return found


def _one(field: Field, turn: int, floor: float, power: float) -> Array:
    found = np.zeros(field.mean.shape[1])
    there = np.flatnonzero(~np.isnan(field.mean[turn]))
    lots = [
        Lot(
            gain=float(field.gain[turn, place]),
            cost=float(field.cost[turn, place]),
            mean=float(field.mean[turn, place]),
            deviation=float(field.deviation[turn, place]),
            power=power,
        )
        for place in there
    ]
    found[there] = winning(lots, floor)
    return found


class _Contests:
    """Contests of scores with gains above or at zero, all rows at once."""

    def __init__(self, field: Field, floor: Array) -> None:
        gain, cost, mean = field.gain, field.cost, field.mean
        low, high = mean - REACH * field.deviation, mean + REACH * field.deviation
        self.fixed: Mask = (field.deviation <= 0) | (gain == 0) | (high <= 0) | (low >= 1)
        self.there: Mask = ~np.isnan(mean)
        sure = np.where(self.there & self.fixed, gain * mean.clip(0.0, 1.0) - cost, -np.inf)
        # What is certain only lifts the floor, and gets what nobody else is above.
        self.best, lifted = np.argmax(sure, axis=1), np.max(sure, axis=1)
        self.is_lifted: Mask = lifted > floor
        self.floor: Array = np.where(self.is_lifted, lifted, floor)
        self.free: Mask = self.there & ~self.fixed
        self.gain, self.cost = gain, cost
        self.centre: Array = np.where(self.free, gain * mean - cost, 0.0)
        self.spread: Array = np.where(self.free, gain * field.deviation, 1.0)
        self.slope: Array = 1.0 / (self.spread * _ROOT_2)
        self.low: Array = gain * low.clip(0.0, 1.0) - cost
        self.high: Array = gain * high.clip(0.0, 1.0) - cost
        self.bottom: Array = np.where(self.free & (low < 0), -cost, np.nan)
        self.top: Array = np.where(self.free & (high > 1), gain - cost, np.nan)
        is_over = self.high > self.floor[:, None]
        # What is cut to just what is certain wins as well, if it comes first.
        is_over |= self.is_lifted[:, None] & (self.top == self.floor[:, None])
        self.free &= is_over
        self.free &= ~self._hopeless()

    def won(self) -> Array:
        """Return what each wins; in proportion to what the floor leaves."""
        found = np.zeros(self.gain.shape)
        turns = np.arange(len(found))
        left = np.prod(self._below(turns, self.floor[:, None])[:, :, 0], axis=1)
        for points in (self.bottom, self.top):
            self._jump(points, found)
        for start, end in pairwise(self._cuts()):
            turns = np.flatnonzero(end > start)
            if len(turns):
                found[turns] += self._swept(turns, start[turns], end[turns])
        turns = np.flatnonzero(self.is_lifted)
        best = self.best[turns]
        found[turns, best] += self._shares(turns, self.floor[turns], best)
        left[turns] = 0.0
        whole = np.sum(found, axis=1)
        share = np.divide(1.0 - left, whole, out=np.zeros_like(left), where=whole > 0)
        found *= share[:, None]
        return found

    def _hopeless(self) -> Mask:
        """Return what is as good as never above the leader."""
        turns = np.arange(len(self.gain))
        leader = self._leaders(turns)
        is_plain = np.isnan(self.bottom) & np.isnan(self.top)
        is_plain &= is_plain[turns, leader][:, None]
        both = np.hypot(self.spread, self.spread[turns, leader][:, None])
        behind = self.centre[turns, leader][:, None] - self.centre
        found: Mask = is_plain & (behind > HOPELESS * both)
        return found

    def _leaders(self, turns: NDArray[np.int64]) -> NDArray[np.int64]:
        lows = np.where(self.free[turns], self.low[turns], -np.inf)
        found: NDArray[np.int64] = np.argmax(lows, axis=1).astype(np.int64)
        return found

    def _below(self, turns: NDArray[np.int64], scores: Array) -> Array:
        """Return the chance of each score up to these (N by K): N by E by K."""
        scores = scores[:, None, :]
        off = (scores - self.centre[turns, :, None]) * self.slope[turns, :, None]
        found = 0.5 + 0.5 * _erf(off)[0]
        found = np.where(scores < self.low[turns, :, None], 0.0, found)
        is_over = (scores >= self.high[turns, :, None]) | ~self.free[turns, :, None]
        return np.where(is_over, 1.0, found)

    def _jump(self, points: Array, found: Array) -> None:
        """Add what is won at points that many draws are cut to; among equals the first wins."""
        is_live = self.free & (points >= self.floor[:, None])
        columns = np.arange(points.shape[1])
        is_before = self.is_lifted[:, None] & (columns < self.best[:, None])
        is_live &= (points > self.floor[:, None]) | is_before
        for place in np.flatnonzero(is_live.any(axis=0)):
            turns = np.flatnonzero(is_live[:, place])
            at = points[turns, place]
            shares = self._shares(turns, at, np.full(len(turns), place))
            found[turns, place] += shares * self._masses(turns, at)[:, place]

    def _shares(self, turns: NDArray[np.int64], at: Array, places: NDArray[np.int64]) -> Array:
        """Return the chance that all others stay below what these places score."""
        shares = self._below(turns, at[:, None])[:, :, 0]
        columns = np.arange(shares.shape[1])
        is_earlier = columns < places[:, None]
        shares -= np.where(is_earlier, self._masses(turns, at), 0.0)
        found: Array = np.prod(np.where(columns == places[:, None], 1.0, shares), axis=1)
        return found

    def _masses(self, turns: NDArray[np.int64], at: Array) -> Array:
        """Return the chance of each to be cut to exactly these scores."""
        found = np.zeros((len(turns), self.gain.shape[1]))
        for points, sign in ((self.bottom, 1.0), (self.top, -1.0)):
            is_at = self.free[turns] & (points[turns] == at[:, None])
            off = sign * (at[:, None] - self.centre[turns]) * self.slope[turns]
            found += np.where(is_at, 0.5 + 0.5 * _erf(off)[0], 0.0)
        return found

    def _cuts(self) -> list[Array]:
        """Return where each row begins, is steep, and ends, in order; equal ones bound nothing."""
        lows = np.where(self.free, self.low, -np.inf)
        start = np.maximum(self.floor, np.max(lows, axis=1))
        end = np.max(np.where(self.free, self.high, -np.inf), axis=1)
        end = np.maximum(start, end)
        points = np.column_stack([self.bottom, self.top])
        points = points[:, ~np.all(np.isnan(points), axis=0)]
        inner = np.clip(np.where(np.isnan(points), start[:, None], points), start[:, None], None)
        inner = np.minimum(inner, end[:, None])
        return list(np.sort(np.column_stack([start, inner, end]), axis=1).T)

    def _swept(self, turns: NDArray[np.int64], start: Array, end: Array) -> Array:
        """Return what is won by scores between two cuts; points lie densest about the leader."""
        leader = self._leaders(turns)
        centre = self.centre[turns, leader][:, None]
        unit = self.spread[turns, leader][:, None] / BEND
        first = np.arcsinh((start[:, None] - centre) / unit)
        last = np.arcsinh((end[:, None] - centre) / unit)
        half = (last - first) / 2
        bent = (last + first) / 2 + half * _POINTS
        scores = (centre + unit * np.sinh(bent))[:, None, :]
        weights = (half * unit * _WEIGHTS * np.cosh(bent))[:, None, :]
        slope = self.slope[turns, :, None]
        off = (scores - self.centre[turns, :, None]) * slope
        signed, bells = _erf(off)
        # Whoever has a share of this stretch has all of it: it is steep nowhere but at its ends.
        first, last = scores[:, :, :1], scores[:, :, -1:]
        is_over = (first >= self.high[turns, :, None]) | ~self.free[turns, :, None]
        is_within = ~is_over & (last > self.low[turns, :, None])
        below = np.where(is_over, 1.0, np.where(is_within, 0.5 + 0.5 * signed, 0.0))
        density = np.where(is_within, bells * slope / _ROOT_PI, 0.0)
        together = np.prod(below, axis=1, keepdims=True) * weights
        shares = np.divide(density, below, out=np.zeros_like(below), where=below > 0)
        won: Array = np.sum(together * shares, axis=2)
        return won


def _erf(values: Array) -> tuple[Array, Array]:
    """Return the error function (Abramowitz and Stegun, 7.1.26: to 1.5e-7), and ``exp(-x x)``."""
    bells = np.exp(-values * values)
    inner = 1.0 / (1.0 + 0.3275911 * np.abs(values))
    series = np.zeros_like(values)
    for factor in _ERF:
        series = series * inner + factor
    return np.copysign(1.0 - series * inner * bells, values), bells


def _along(belief: Belief, rows: Array) -> tuple[Array, Array]:
    """Return mean and variance of the sum of slopes times each row."""
    size = rows.shape[1]
    covariance = np.zeros((size, size))
    covariance[np.triu_indices(size)] = belief.covariance
    covariance = covariance + covariance.T - np.diag(np.diag(covariance))
    variance: Array = np.sum((rows @ covariance) * rows, axis=1)
    return rows @ np.array(belief.mean), np.maximum(variance, 0.0)


def _shift(
    own: tuple[Array, Array],
    persons: NDArray[np.int64],
    known: dict[int, tuple[float, float]],
) -> None:
    """Add to mean and variance what is known of single people."""
    keys = np.array(sorted(known))
    places = np.searchsorted(keys, persons).clip(max=len(keys) - 1)
    there = np.flatnonzero(keys[places] == persons)
    shifts = np.array([known[int(key)] for key in keys])
    own[0][there] += shifts[places[there], 0]
    own[1][there] += shifts[places[there], 1] ** 2


def _uniform(seed: str) -> float:
    noise = int.from_bytes(blake2b(seed.encode(), digest_size=8).digest(), "big")
    return ((noise >> 12) + 0.5) / 2**52
