"""A scorer: how much each level of each comparison speaks for one person, in log-odds.

It is additive, so that a score is its own explanation, and cheap: a look-up per comparison. With
labels it is a logistic regression over the levels, how rare an agreeing value is, and what the
mixture says; without labels it is the mixture alone.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from regard.linking.levels import LEVEL_COUNT, Comparison, pieces, taken
from regard.linking.mixture import (
    HOUSEHOLD,
    PERSON,
    STRANGER,
    Floats,
    Mixture,
    contribution,
    likelihoods,
    log_odds,
)

EM_CAP = 15.0
"""Log-odds of the mixture that the learned scorer believes at most: beyond it they are boasts."""

EM_UNIT = 5.0
"""The mixture's log-odds are divided by it, to be of the size of the other features."""


class Scorer(Struct, frozen=True, kw_only=True):
    """`levels` and `rarity` are weights by comparison; `trust` is that of the mixture.

    `slope` and `shift` calibrate the sum: probabilities then are what they say. Without labels
    `is_learned` is false and only the mixture counts.
    """

    mixture: Mixture
    levels: dict[str, Floats] = {}
    rarity: dict[str, float] = {}
    trust: float = 1.0
    start: float = 0.0
    slope: float = 1.0
    shift: float = 0.0
    is_learned: bool = False


class Part(Struct, frozen=True, kw_only=True):
    """What one comparison adds to the log-odds of a pair, at which level."""

    comparison: str
    level: int
    weight: float


def score(scorer: Scorer, comparisons: Mapping[str, Comparison], logs: Floats) -> Floats:
    """Return calibrated log-odds of being one person for each pair; `logs` of its mixture."""
    found = np.empty(len(logs))
    for piece in pieces(len(logs)):
        total = _score(scorer, taken(comparisons, piece), log_odds(logs[piece]))
        found[piece] = total * scorer.slope + scorer.shift
    return found


def _score(scorer: Scorer, comparisons: Mapping[str, Comparison], base: Floats) -> Floats:
    if not scorer.is_learned:
        return base
    total = scorer.start + scorer.trust * np.clip(base, -EM_CAP, EM_CAP) / EM_UNIT
    for name, weights in scorer.levels.items():
        total += weights[comparisons[name].levels]
        if name in scorer.rarity:
            total += scorer.rarity[name] * rarity_of(scorer.mixture, comparisons[name])
    return total


def rarity_of(mixture: Mixture, comparison: Comparison) -> Floats:
    """Return how common an agreeing value is, from -1 (nobody else has it) to 1; 0 elsewhere."""
    middle = 0.5 * np.log(max(3, mixture.known.get(comparison.name, 3)))
    found = np.zeros(len(comparison.sharers))
    same = np.flatnonzero(comparison.sharers)
    found[same] = (comparison.sharers[same] - middle) / middle
    return found


def features(
    mixture: Mixture, comparisons: Mapping[str, Comparison], rows: NDArray[np.int64]
) -> tuple[Floats, list[tuple[str, int]]]:
    """Return the feature matrix of some pairs and what each column is.

    A column is (comparison, level), (comparison, 0) for the rarity, or ("", 0) for the mixture
    and ("", 1) for the start.
    """
    chosen = taken(comparisons, rows)
    columns: list[Floats] = []
    meaning: list[tuple[str, int]] = []
    for name, comparison in chosen.items():
        for level in range(1, LEVEL_COUNT):
            is_there = comparison.levels == level
            if is_there.any():
                columns.append(is_there.astype(float))
                meaning.append((name, level))
        if comparison.sharers.any():
            columns.append(rarity_of(mixture, comparison))
            meaning.append((name, 0))
    base = np.clip(log_odds(likelihoods(mixture, chosen)), -EM_CAP, EM_CAP) / EM_UNIT
    return np.column_stack([*columns, base, np.ones(len(rows))]), [*meaning, ("", 0), ("", 1)]


def parts(scorer: Scorer, comparisons: Mapping[str, Comparison], pair: int) -> list[Part]:
    """Return what made the score of one pair, the strongest first; they add up to it.

    Against the mixture a comparison speaks for one person rather than for the likelier of the
    two others (relative or stranger). A part of comparison ``""`` is where the sum starts.
    """
    one = taken(comparisons, np.array([pair]))
    logs = likelihoods(scorer.mixture, one)
    rival = HOUSEHOLD if logs[0, HOUSEHOLD] > logs[0, STRANGER] else STRANGER
    trust = scorer.trust / EM_UNIT if scorer.is_learned else 1.0
    found: dict[str, float] = dict.fromkeys(one, 0.0)
    for name in scorer.mixture.names:
        added = contribution(scorer.mixture, one[name])[0]
        found[name] += trust * float(added[PERSON] - added[rival])
    for name, weights in scorer.levels.items():
        found[name] += float(weights[one[name].levels[0]])
        if name in scorer.rarity:
            found[name] += scorer.rarity[name] * float(rarity_of(scorer.mixture, one[name])[0])
    made = [
        Part(comparison=n, level=int(one[n].levels[0]), weight=w * scorer.slope)
        for n, w in found.items()
        if abs(w * scorer.slope) >= 0.005
    ]
    made.sort(key=lambda part: (-abs(part.weight), part.comparison))
    total = float(score(scorer, one, logs)[0])
    start = Part(comparison="", level=0, weight=total - sum(part.weight for part in made))
    return [start, *made]
