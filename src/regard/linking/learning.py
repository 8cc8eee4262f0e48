"""Learns a scorer from labels that the company has already: records that carry a login.

Labelled people are a part of all: of pairs of one person they show that part, of relatives less (both
must log in), of strangers hardly any. So labelled relatives weigh more, and a sample of unlabelled
pairs that the mixture calls strangers stands in for those, each weighted to its number. The fit is a
ridge-penalised logistic regression by Newton's method; calibration and the bands come from
cross-validation over persons, never from the pairs they are used on.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from regard.linking.comparing import LEVEL_COUNT, Comparison
from regard.linking.mixture import HOUSEHOLD, PERSON, STRANGER, Floats, Mixture, posteriors
from regard.linking.scoring import Scorer, features

RIDGE = 3.0
"""Strength of the pull of every weight to nothing: so much of labels must speak against it."""

FREE = 1e-3
STRANGERS_MAX = 10_000
LABELS_MAX = 20_000
"""More teach nothing new to some seventy weights."""

CLEARLY_STRANGERS = 0.98
NO_RELATIVES = 0.3
BELIEF = 300.0
"""Labelled pairs of one person that weigh as much as what the mixture supposes of the others."""

FOLDS = 4
ROUNDS = 3
RELATIVES_MAX = 10.0
"""How many unlabelled pairs of relatives a labelled one stands for at most: both must log in."""

LEARNABLE_MIN = 20
"""Pairs of one person below which labels teach less than the mixture knows."""


class Lesson(Struct, frozen=True, kw_only=True):
    """What the fit sees: features, answers, weights, and to which fold (person) a pair belongs.

    `scored` are the features of a sample of all pairs, each of which stands for `scored_weight`.
    """

    features: Floats
    answers: Floats
    is_labelled: NDArray[np.bool_]
    folds: NDArray[np.int64]
    strangers: Floats
    scored: Floats
    scored_weight: float
    relatives: Floats
    relatives_expected: float
    meaning: list[tuple[str, int]]


class Learned(Struct, frozen=True, kw_only=True):
    """The scorer, and honest (cross-validated) log-odds of the lesson with answers and weights."""

    scorer: Scorer
    odds: Floats
    answers: Floats
    weights: Floats
    ones: int


def learn(
    mixture: Mixture,
    comparisons: Mapping[str, Comparison],
    logs: Floats,
    labels: NDArray[np.int8],
    groups: NDArray[np.int64],
    random: np.random.Generator,
) -> Learned:
    """Return what labels teach; `groups` numbers the person of each labelled pair's left record."""
    lesson = _lesson(mixture, comparisons, logs, labels, groups, random)
    weights, importance = _fit(lesson, np.ones(len(lesson.answers), dtype=bool))
    honest = np.zeros(len(lesson.answers))
    for fold in range(FOLDS):
        is_out = lesson.folds == fold
        if is_out.any():
            found, _ = _fit(lesson, ~is_out)
            honest[is_out] = lesson.features[is_out] @ found
    slope, shift = _calibrate(honest, lesson.answers, importance)
    return Learned(
        scorer=_scorer(mixture, weights, lesson.meaning, slope, shift),
        odds=honest * slope + shift,
        answers=lesson.answers,
        weights=importance,
        ones=int((labels == 1).sum()),
    )


def _lesson(
    mixture: Mixture,
    comparisons: Mapping[str, Comparison],
    logs: Floats,
    labels: NDArray[np.int8],
    groups: NDArray[np.int64],
    random: np.random.Generator,
) -> Lesson:
    labelled = np.flatnonzero(labels >= 0)
    if len(labelled) > LABELS_MAX:
        labelled = np.sort(random.choice(labelled, LABELS_MAX, replace=False))
    kinds = posteriors(logs)
    far = np.flatnonzero((labels < 0) & (kinds[:, HOUSEHOLD] < NO_RELATIVES))
    strangers = np.sort(random.choice(far, min(STRANGERS_MAX, len(far)), replace=False))
    supposed = kinds[strangers, PERSON] / np.maximum(1e-12, 1 - kinds[strangers, HOUSEHOLD])
    ones = float((labels == 1).sum())
    belief = np.where(kinds[strangers, STRANGER] > CLEARLY_STRANGERS, 1.0, min(1.0, BELIEF / ones))
    rows = np.concatenate([labelled, strangers])
    everything = np.arange(len(labels))
    if len(everything) > 4 * STRANGERS_MAX:
        everything = np.sort(random.choice(everything, 4 * STRANGERS_MAX, replace=False))
    relative = kinds[:, HOUSEHOLD] / np.maximum(1e-12, 1 - kinds[:, PERSON])
    both, meaning = features(mixture, comparisons, np.concatenate([rows, everything]))
    return Lesson(
        features=both[: len(rows)],
        answers=np.concatenate([labels[labelled] == 1, supposed]).astype(float),
        is_labelled=np.arange(len(rows)) < len(labelled),
        folds=np.concatenate([groups[labelled] % FOLDS, random.integers(0, FOLDS, len(strangers))]),
        strangers=np.concatenate([np.zeros(len(labelled)), belief * len(far) / len(strangers)]),
        scored=both[len(rows) :],
        scored_weight=len(labels) / len(everything),
        relatives=np.where(labels[rows] == 0, relative[rows], 0.0),
        relatives_expected=float(kinds[:, HOUSEHOLD].sum()),
        meaning=meaning,
    )


def _fit(lesson: Lesson, chosen: NDArray[np.bool_]) -> tuple[Floats, Floats]:
    """Return the weights learned on the chosen rows, and the importance of every row.

    How many pairs are one person is not known but through the fit, so both are found in turns.
    """
    is_stranger = ~lesson.is_labelled
    known = max(1.0, float(lesson.answers[lesson.is_labelled].sum()))
    penalty = np.full(lesson.features.shape[1], RIDGE)
    penalty[-1] = FREE
    base = lesson.features[:, -2]
    weights = np.zeros(lesson.features.shape[1])
    expected = lesson.scored_weight * float(_odds_to_share(lesson.scored[:, -2] * 5).sum())
    importance = np.ones(len(base))
    for _ in range(ROUNDS):
        size = max(1.0, expected / known)
        rare = lesson.relatives_expected / size / max(1.0, float(lesson.relatives.sum()))
        importance = 1.0 + (min(max(1.0, rare), RELATIVES_MAX) - 1.0) * lesson.relatives
        importance[is_stranger] = lesson.strangers[is_stranger] / size
        rows = chosen & (importance > 0)
        weights = logistic(
            lesson.features[rows], lesson.answers[rows], importance[rows], penalty, weights
        )
        expected = lesson.scored_weight * float(_odds_to_share(lesson.scored @ weights).sum())
    return weights, importance


def _odds_to_share(odds: Floats) -> Floats:
    return np.asarray(1 / (1 + np.exp(-np.clip(odds, -35, 35))))


def logistic(
    features: Floats, answers: Floats, importance: Floats, penalty: Floats, start: Floats
) -> Floats:
    """Return the weights of a ridge-penalised logistic regression: Newton, with halved steps."""
    weights = start
    loss = _loss(features, answers, importance, penalty, weights)
    for _ in range(60):
        share = _odds_to_share(features @ weights)
        slope = features.T @ (importance * (share - answers)) + penalty * weights
        bend = importance * share * (1 - share) + 1e-9
        step = np.linalg.solve((features * bend[:, None]).T @ features + np.diag(penalty), slope)
        length = 1.0
        while True:
            tried = weights - length * step
            found = _loss(features, answers, importance, penalty, tried)
            if found <= loss - 1e-4 * length * float(slope @ step) or length < 1e-4:
                break
            length /= 2
        gain, weights, loss = loss - found, tried, found
        if gain < 1e-5:
            break
    return weights


def _loss(
    features: Floats, answers: Floats, importance: Floats, penalty: Floats, weights: Floats
) -> float:
    odds = features @ weights
    return float(
        (importance * (np.logaddexp(0, odds) - answers * odds)).sum()
        + 0.5 * (penalty * weights * weights).sum()
    )


def _calibrate(odds: Floats, answers: Floats, importance: Floats) -> tuple[float, float]:
    """Return slope and shift that make log-odds honest (Platt 1999, with its smoothed answers)."""
    ones = float((importance * answers).sum())
    zeros = float((importance * (1 - answers)).sum())
    smooth = answers * (ones + 1) / (ones + 2) + (1 - answers) / (zeros + 2)
    design = np.column_stack([odds, np.ones(len(odds))])
    found = logistic(design, smooth, importance, np.full(2, FREE), np.array([1.0, 0.0]))
    return max(0.2, float(found[0])), float(found[1])


def _scorer(
    mixture: Mixture, weights: Floats, meaning: list[tuple[str, int]], slope: float, shift: float
) -> Scorer:
    levels: dict[str, Floats] = {}
    rarity: dict[str, float] = {}
    for (name, level), weight in zip(meaning[:-2], weights[:-2].tolist(), strict=True):
        if level:
            levels.setdefault(name, np.zeros(LEVEL_COUNT))[level] = weight
        else:
            rarity[name] = weight
    return Scorer(
        mixture=mixture, levels=levels, rarity=rarity, trust=float(weights[-2]),
        start=float(weights[-1]), slope=slope, shift=shift, is_learned=True,
    )  # fmt: skip
