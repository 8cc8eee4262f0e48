"""Where the bands begin: from which log-odds pairs are linked, and from which a human is asked.

No test label is needed: with labels to learn from, cross-validated pairs say how precise a border
is; without, the probabilities do, and agreement in names and addresses alone links nobody.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from numpy.typing import NDArray

from regard.linking.learning import Learned
from regard.linking.levels import SAME, TYPO, Comparison, among
from regard.linking.mixture import Floats, kind_of

NO, REVIEW, LINK = 0, 1, 2
BANDS = ("no", "review", "link")

LINK_PRECISION = 0.99
"""Share of the pairs of the link band that must be one person."""

REVIEW_FROM = 0.2
"""Probability from which a human is asked."""

SURE = float(np.log(LINK_PRECISION / (1 - LINK_PRECISION)))
SURELY_MANY = 500
"""Labelled pairs of one person below which a pair must be that probable by itself to be linked."""

TWICE_SURE = SURE + float(np.log(2))
CALIBRATING = 1_000
"""Labelled pairs of one person below which log-odds are calibrated too coarsely to be believed to
the last percent: where nothing else is proven, half of the errors are allowed that could be."""


LENIENCY = 1.2
"""Log-odds by which groups may be joined below the best border of pairs: they are heard together
afterwards, which sets right what one pair alone would get wrong."""


def probability_of(odds: Floats) -> Floats:
    """Return the probabilities of log-odds."""
    return np.asarray(1 / (1 + np.exp(-odds)))


def learned_border(learned: Learned) -> float:
    """Return the log-odds from which cross-validated pairs keep the precision of the link band.

    Wrong pairs count with what they stand for, and two standard errors more, one unseen at least:
    few pairs must be better than many, and where a labelled stranger stands for fifty, hundreds of
    right pairs prove nothing. Unproven, each pair must be that probable itself, and more so where
    few pairs taught what probable means.
    """
    order = np.argsort(-learned.odds, kind="stable")
    weights, answers = learned.weights[order], learned.answers[order]
    right = np.cumsum(weights * answers)
    wrong = np.cumsum(weights * (1 - answers))
    unseen = max(1.0, float((weights**2 * (1 - answers)).sum() / max(1e-9, wrong[-1])))
    doubt = 2 * np.sqrt(np.cumsum(weights**2 * (1 - answers)) + unseen**2)
    precise = np.flatnonzero(right / (right + wrong + doubt) >= LINK_PRECISION)
    if not len(precise):
        return SURE if learned.ones >= CALIBRATING else TWICE_SURE
    border = float(learned.odds[order][precise[-1]])
    return max(border, 1.0 if learned.ones >= SURELY_MANY else SURE)


def expected_border(odds: Floats) -> float:
    """Return the log-odds from which pairs are, by their own word, right often enough."""
    ordered = np.sort(odds)[::-1]
    shares = np.cumsum(probability_of(ordered)) / np.arange(1, len(ordered) + 1)
    precise = np.flatnonzero(shares >= LINK_PRECISION)
    return max(float(ordered[precise[-1]]), 2.0) if len(precise) else SURE


def balanced_probability(odds: Floats) -> float:
    """Return the probability from which F1 of groups is expected to be best, without any label.

    For pairs it is half of that F1 (Lipton, Elkan and Naryanaswamy 2014).
    """
    ordered = np.sort(probability_of(odds))[::-1]
    hits = np.cumsum(ordered)
    expected = 2 * hits / (np.arange(1, len(ordered) + 1) + hits[-1])
    best = float(np.clip(ordered[int(np.argmax(expected))], 0.05, 0.95))
    return float(probability_of(np.log(best / (1 - best)) - LENIENCY))


def bands_of(odds: Floats, link_from: float) -> NDArray[np.int8]:
    """Return the band of each pair."""
    review_from = float(np.log(REVIEW_FROM / (1 - REVIEW_FROM)))
    may_be = np.where(odds >= review_from, np.int8(REVIEW), np.int8(NO))
    return np.where(odds >= link_from, np.int8(LINK), may_be)


def is_personal(comparisons: Mapping[str, Comparison]) -> NDArray[np.bool_]:
    """Return which pairs agree in something that relatives do not share: a birth date, an id."""
    found = np.zeros(len(next(iter(comparisons.values())).levels), dtype=bool)
    for name, comparison in comparisons.items():
        if kind_of(name) in ("date_of_birth", "id"):
            found |= among(comparison.levels, (SAME, TYPO))
    return found
