"""Late knowledge, from events alone: what one channel says of matters young on another.

Rows of touches with the age of their matter in, `LateKnowledge` out. For every pair of channels
and every activity its share among the touches is compared below and above each candidate age; the
best split must survive a chi-square test that is corrected for every split that was tried
(Bonferroni). A channel that learns a day late betrays itself: what it refuses in the first day it
accepts on the second.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterable, Iterator, Sequence
from datetime import timedelta
from math import erfc, sqrt
from typing import NamedTuple

import numpy as np

from regard.core.lived import LateKnowledge

TOUCHES_MIN = 30
"""Touches of a pair of channels below which no share means anything."""

SIDE_MIN = 10
"""Touches on either side of a split."""

SPLITS_MAX = 40
P_MAX = 0.001
RATE_GAP_MIN = 0.3
"""The share must fall by so much: a weak trend is not a disconnect."""

Row = tuple[str, str, str, str, int, str]
"""First channel, channel, kind of matter, activity, age in microseconds, person."""


class _Split(NamedTuple):
    age_us: float
    young: float
    old: float
    chi2: float


def late_knowledge(rows: Iterable[Row], examples: int) -> tuple[LateKnowledge, ...]:
    """Return activities that young matters meet and old ones do not, the surest first."""
    pairs: dict[tuple[str, str, str], list[tuple[str, int, str]]] = defaultdict(list)
    for first, channel, kind, activity, age_us, person in rows:
        pairs[first, channel, kind].append((activity, age_us, person))
    wide = {pair: found for pair, found in pairs.items() if len(found) >= TOUCHES_MIN}
    tried = sum(len({activity for activity, _, _ in found}) for found in wide.values())
    told = [
        one
        for pair, found in sorted(wide.items())
        for one in _of_pair(pair, found, tried * SPLITS_MAX, examples)
    ]
    return tuple(sorted(told, key=lambda one: (one.p_value, -one.count)))


def _of_pair(
    pair: tuple[str, str, str],
    found: Sequence[tuple[str, int, str]],
    tried: int,
    examples: int,
) -> Iterator[LateKnowledge]:
    ages = np.array([age for _, age, _ in found], dtype=float)
    for activity in sorted({activity for activity, _, _ in found}):
        is_it = np.array([name == activity for name, _, _ in found])
        split = _best_split(ages, is_it)
        if split is None or split.young - split.old < RATE_GAP_MIN:
            continue
        p_value = min(1.0, erfc(sqrt(split.chi2 / 2)) * tried)
        if p_value > P_MAX:
            continue
        hurt = (who for name, age, who in found if name == activity and age <= split.age_us)
        persons = sorted({*hurt})
        yield LateKnowledge(
            source=pair[0],
            target=pair[1],
            matter=pair[2],
            activity=activity,
            age=timedelta(microseconds=round(split.age_us)),
            rate_young=round(float(split.young), 3),
            rate_old=round(float(split.old), 3),
            count=int((is_it & (ages <= split.age_us)).sum()),
            p_value=float(p_value),
            persons=tuple(persons[:examples]),
        )


def _best_split(ages: np.ndarray, is_it: np.ndarray) -> _Split | None:
    """Return the age that separates most touches with an activity from those without."""
    order = np.argsort(ages, kind="stable")
    ages, hits = ages[order], np.cumsum(is_it[order])
    count, total = len(ages), hits[-1]
    places = np.unique(np.linspace(SIDE_MIN, count - SIDE_MIN, SPLITS_MAX).astype(int))
    best: _Split | None = None
    for n in places:
        if n <= 0 or n >= count or ages[n - 1] == ages[n]:
            continue
        a, b = float(hits[n - 1]), float(total - hits[n - 1])
        chi2 = _chi_square(a, n - a, b, (count - n) - b)
        if a / n > b / (count - n) and (best is None or chi2 > best.chi2):
            best = _Split((ages[n - 1] + ages[n]) / 2, a / n, b / (count - n), chi2)
    return best


def _chi_square(a: float, b: float, c: float, d: float) -> float:
    """Return the statistic of a table of two by two with Yates' correction, one degree free."""
    n = a + b + c + d
    below = (a + b) * (c + d) * (a + c) * (b + d)
    if not below:
        return 0.0
    return float(n * max(0.0, abs(a * d - b * c) - n / 2) ** 2 / below)
