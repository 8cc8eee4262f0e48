"""Contests of uncertain scores: one draw decides, and the chance of each to win is known exactly.

Lots (what is believed of each score) in; the chance of each to be drawn highest out. Thompson
sampling logs these chances with its decisions, so that other policies can be judged by them.
Chances are integrals of Gaussian densities over products of distributions (Gauss-Legendre, some
16 points for each stretch on which nothing is steep), right to about 1e-4, and certain scores,
ties and chances that are cut to 0 to 1 are counted as what they are.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import pairwise
from math import asinh, cosh, erf, exp, hypot, inf, pi, prod, sinh, sqrt
from statistics import NormalDist

REACH = 4.0
"""Standard deviations beyond which nothing is looked for: 3 in 100,000."""

BEND = 0.3
"""How soon points lie farther apart away from the leader, for scores that reach far."""

HOPELESS = 3.9
"""Standard deviations behind the leader at which a score is left out: 5 in 100,000."""

_NODES = (
    (-0.9894009349916499, 0.0271524594117541),
    (-0.9445750230732326, 0.0622535239386479),
    (-0.8656312023878318, 0.0951585116824928),
    (-0.7554044083550030, 0.1246289712555339),
    (-0.6178762444026438, 0.1495959888165767),
    (-0.4580167776572274, 0.1691565193950025),
    (-0.2816035507792589, 0.1826034150449236),
    (-0.0950125098376374, 0.1894506104550685),
)
_POINTS = tuple(x for x, _ in _NODES) + tuple(-x for x, _ in reversed(_NODES))
_WEIGHTS = tuple(w for _, w in _NODES) + tuple(w for _, w in reversed(_NODES))
"""Gauss-Legendre of 16 points from -1 to 1 (Abramowitz and Stegun, table 25.4)."""

_NORMAL = NormalDist()
_ROOT_2, _ROOT_PI = sqrt(2.0), sqrt(pi)


@dataclass(frozen=True, slots=True)
class Lot:
    """A score: ``gain`` times the chance (to a `power`), less ``cost``.

    The chance is Gaussian with `mean` and `deviation` (0: certain), cut to 0 to 1.
    """

    gain: float
    cost: float
    mean: float
    deviation: float = 0.0
    power: float = 1.0

    def score(self, chance: float) -> float:
        """Return the score that a chance comes to."""
        cut = 0.0 if chance < 0.0 else 1.0 if chance > 1.0 else chance
        raised: float = cut**self.power
        return self.gain * raised - self.cost


def drawn(mean: float, deviation: float, seed: str) -> float:
    """Return a draw of a chance, from 0 to 1; the same seed draws the same everywhere."""
    noise = int.from_bytes(blake2b(seed.encode(), digest_size=8).digest(), "big")
    found = mean + deviation * _NORMAL.inv_cdf(((noise >> 12) + 0.5) / 2**52)
    return 0.0 if found < 0.0 else 1.0 if found > 1.0 else found


def winning(lots: Sequence[Lot], floor: float) -> list[float]:
    """Return the chance of each lot to be the highest and above the floor, in order of the lots.

    Among equals the first wins, and the floor before all; it wins what is left of 1.
    """
    found = [0.0] * len(lots)
    shapes = [_Shape(place, lot) for place, lot in enumerate(lots)]
    shapes = [shape for shape in shapes if shape.high > floor]
    if not shapes:
        return found
    left = prod(shape.below(floor) for shape in shapes)
    leader = max(shapes, key=_least)
    live = [shape for shape in shapes if shape is leader or not shape.is_hopeless(leader)]
    lowest, highest = max(floor, leader.low), max(shape.high for shape in live)
    points = {point for shape in live for point in shape.jumps if lowest < point < highest}
    cuts = sorted(points | {lowest, highest}) if points else [lowest, highest]
    for cut in cuts:
        if cut > floor:
            _jump(live, cut, found)
    # What is certain has no width to place points by.
    middle = leader if leader.spread else max(live, key=_least_unsure)
    for start, end in pairwise(cuts):
        if end > start:
            _sweep(live, middle, start, end, found)
    share = (1.0 - left) / (sum(found) or 1.0)
    return [share * won for won in found]


class _Shape:
    """How the score of one lot is distributed: Gaussian between its jumps."""

    __slots__ = ("_lot", "_slope", "centre", "high", "jumps", "low", "place", "spread")

    def __init__(self, place: int, lot: Lot) -> None:
        self.place, self._lot = place, lot
        self.jumps: dict[float, float] = {}
        reach = REACH * lot.deviation
        low, high = lot.mean - reach, lot.mean + reach
        if reach <= 0.0 or lot.gain * lot.power == 0.0 or high <= 0.0 or low >= 1.0:
            self.centre = self.low = self.high = lot.score(lot.mean)
            self.spread = self._slope = 0.0
            self.jumps = {self.centre: 1.0}
            return
        self._slope = 1.0 / (lot.deviation * _ROOT_2)
        if low < 0.0:
            self.jumps[lot.score(0.0)] = 0.5 - 0.5 * erf(lot.mean * self._slope)
        if high > 1.0:
            self.jumps[lot.score(1.0)] = 0.5 - 0.5 * erf((1.0 - lot.mean) * self._slope)
        ends = (lot.score(low), lot.score(high))
        self.low, self.high = ends if lot.gain > 0.0 else ends[::-1]
        self.centre = lot.score(lot.mean)
        self.spread = abs(lot.gain) * lot.deviation if lot.power == 1.0 else _spread(ends)

    def is_hopeless(self, leader: _Shape) -> bool:
        """Return whether it is as good as never above the leader."""
        if self.high < leader.low:
            return True
        both = hypot(self.spread, leader.spread)
        is_plain = not self.jumps and not leader.jumps and self._lot.power == 1.0
        return is_plain and leader.centre - self.centre > HOPELESS * both

    def below(self, score: float, *, strictly: bool = False) -> float:
        """Return the chance of a score up to this one."""
        if score >= self.high:
            return 1.0 if not strictly else 1.0 - self.jumps.get(score, 0.0)
        if score < self.low or not self.spread:
            return 0.0
        lot, slope = self._lot, self._slope
        if strictly:
            return self.below(score) - self.jumps.get(score, 0.0)
        chance = 0.5 + 0.5 * erf((_chance_of(lot, score) - lot.mean) * slope)
        if lot.gain > 0.0:
            return chance
        return 1.0 - chance + self.jumps.get(score, 0.0)

    def along(self, scores: Sequence[float]) -> tuple[list[float], list[float]]:
        """Return distribution and density at scores between two jumps, both times 2."""
        lot, slope = self._lot, self._slope
        first, last = scores[0], scores[-1]
        if first >= self.high or last <= self.low or not self.spread:
            return [2.0 * self.below(first)] * len(scores), []
        if lot.power != 1.0 or lot.gain < 0.0:
            shares = [2.0 * self.below(score) for score in scores]
            return shares, [2.0 * self._density(score) for score in scores]
        slope /= lot.gain
        shift = (lot.cost - lot.mean * lot.gain) * slope
        off = [score * slope + shift for score in scores]
        height = 2.0 * slope / _ROOT_PI
        return [1.0 + erf(y) for y in off], [height * exp(-y * y) for y in off]

    def _density(self, score: float) -> float:
        lot = self._lot
        chance = _chance_of(lot, score)
        steepness = abs(lot.gain) * lot.power * chance ** (lot.power - 1.0) if chance else 0.0
        off = (chance - lot.mean) * self._slope
        return self._slope / _ROOT_PI * exp(-off * off) / steepness if steepness else 0.0


def _least(shape: _Shape) -> float:
    return shape.low


def _least_unsure(shape: _Shape) -> float:
    return shape.low if shape.spread else -inf


def _spread(ends: tuple[float, float]) -> float:
    return abs(ends[1] - ends[0]) / (2.0 * REACH)


def _chance_of(lot: Lot, score: float) -> float:
    """Return the chance, from 0 to 1, that comes to this score."""
    share = (score + lot.cost) / lot.gain
    if share <= 0.0:
        return 0.0
    if share >= 1.0:
        return 1.0
    return share if lot.power == 1.0 else share ** (1.0 / lot.power)


def _jump(shapes: Sequence[_Shape], point: float, found: list[float]) -> None:
    """Add what is won by scores of exactly this height; among equals the first wins."""
    for shape in shapes:
        share = shape.jumps.get(point, 0.0)
        if share:
            others = (
                other.below(point, strictly=other.place < shape.place)
                for other in shapes
                if other is not shape
            )
            found[shape.place] += share * prod(others)


def _sweep(
    shapes: Sequence[_Shape], leader: _Shape, start: float, end: float, found: list[float]
) -> None:
    """Add what is won by scores between two cuts; points lie densest about the leader."""
    scores, together = _points(leader, start, end)
    curves = []
    for shape in shapes:
        shares, densities = shape.along(scores)
        together = [whole * share for whole, share in zip(together, shares, strict=True)]
        curves.append((shape.place, shares, densities))
    doubled = 0.5 ** len(shapes)
    for place, shares, densities in curves:
        won = 0.0
        for whole, share, density in zip(together, shares, densities, strict=False):
            if share:
                won += whole * density / share
        found[place] += won * doubled


def _points(leader: _Shape, start: float, end: float) -> tuple[list[float], list[float]]:
    """Return scores from start to end and what each weighs."""
    unit = leader.spread / BEND
    if not unit:
        half, middle = (end - start) / 2, (end + start) / 2
        return [middle + half * x for x in _POINTS], [half * w for w in _WEIGHTS]
    first, last = asinh((start - leader.centre) / unit), asinh((end - leader.centre) / unit)
    half, middle = (last - first) / 2, (last + first) / 2
    bent = [middle + half * x for x in _POINTS]
    scores = [leader.centre + unit * sinh(t) for t in bent]
    scale = half * unit
    return scores, [scale * w * cosh(t) for t, w in zip(bent, _WEIGHTS, strict=True)]
