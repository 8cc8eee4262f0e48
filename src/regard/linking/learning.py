"""Learns a scorer from labels that the company has already: records that carry a login.

Labelled people are a part of all. Of pairs of one person they show that part, of relatives less
(both must log in), of strangers hardly any. So labelled relatives weigh more, and a sample of
unlabelled pairs, with what the mixture supposes of them, stands in for the strangers; it counts for
less where labels are many. The fit is a ridge-penalised logistic regression by Newton's method;
calibration and bands come from cross-validation, never from the pairs they are used on.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from regard.linking.levels import LEVEL_COUNT, Comparison
from regard.linking.mixture import HOUSEHOLD, PERSON, STRANGER, Floats, Mixture, posteriors
from regard.linking.scoring import EM_UNIT, Scorer, features

RIDGE = 3.0
"""Strength of the pull of every weight to nothing: so much of labels must speak against it."""

FREE = 1e-3
SUPPOSED_MAX = 10_000
LABELS_MAX = 20_000
"""More teach nothing new to some seventy weights."""

CLEARLY_STRANGERS = 0.98
"""What the mixture holds for strangers with that probability, it is believed."""

NO_RELATIVES = 0.3
"""Above it a pair may be of one household, which the labels know better than the mixture."""

BELIEF = 300.0
"""Labelled pairs of one person that weigh as much as what the mixture supposes of the others."""

STRANGERS_ENOUGH = 500.0
"""Labelled pairs of strangers that weigh as much as what the mixture supposes of strangers."""

FOLDS = 4
ROUNDS = 3
RELATIVES_MAX = 10.0
"""How many unlabelled pairs of relatives a labelled one stands for at most: both must log in."""

LEARNABLE_MIN = 20
"""Pairs of one person below which labels teach less than the mixture knows."""


class Lesson(Struct, frozen=True, kw_only=True):
    """What the fit sees: features, answers, and to which fold a pair belongs.

    Pairs that are not labelled answer what the mixture supposes; `supposed` is how many pairs of
    all each of them stands for. `relatives` says how probable a labelled pair is of one household,
    of which `relatives_expected` exist; `strangers` the same of two logins that are strangers.
    `scored` are the features of a sample of all pairs, each
    of which stands for `scored_weight`.
    """

    features: Floats
    answers: Floats
    is_labelled: NDArray[np.bool_]
    stands_for: Floats
    folds: NDArray[np.int64]
    supposed: Floats
    scored: Floats
    scored_weight: float
    relatives: Floats
    relatives_expected: float
    strangers: Floats
    strangers_expected: float
    meaning: list[tuple[str, int]]


class Labelled(Struct, frozen=True, kw_only=True):
    """What is known of all pairs: `labels` (1 one person, 0 two, -1 nobody knows), the number of a
    person of each (`groups`), by which folds are made, whether logins say it (`by_login`), and how
    many others such a labelled pair stands for, 1 on average (`stands_for`).
    """

    labels: NDArray[np.int8]
    groups: NDArray[np.int64]
    by_login: NDArray[np.bool_]
    stands_for: NDArray[np.float32]


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
    labelled: Labelled,
    random: np.random.Generator,
) -> Learned:
    """Return what labels teach."""
    lesson = _lesson(mixture, comparisons, logs, labelled, random)
    everything = np.ones(len(lesson.answers), dtype=bool)
    weights, importance = _fit(lesson, everything, np.zeros(lesson.features.shape[1]))
    honest = np.zeros(len(lesson.answers))
    for fold in range(FOLDS):
        is_out = lesson.folds == fold
        if is_out.any():
            found, _ = _fit(lesson, ~is_out, weights)  # where it starts is not where it ends
            honest[is_out] = lesson.features[is_out] @ found
    slope, shift = _calibrate(honest, lesson.answers, importance)
    return Learned(
        scorer=_scorer(mixture, weights, lesson.meaning, slope, shift),
        odds=honest * slope + shift,
        answers=lesson.answers,
        weights=importance,
        ones=int((labelled.labels == 1).sum()),
    )


def _lesson(
    mixture: Mixture,
    comparisons: Mapping[str, Comparison],
    logs: Floats,
    labelled: Labelled,
    random: np.random.Generator,
) -> Lesson:
    labels = labelled.labels
    kinds = posteriors(logs)
    known = _some(np.flatnonzero(labels >= 0), LABELS_MAX, random)
    far = np.flatnonzero((labels < 0) & (kinds[:, HOUSEHOLD] < NO_RELATIVES))
    supposed = _some(far, SUPPOSED_MAX, random)
    everything = _some(np.arange(len(labels)), 4 * SUPPOSED_MAX, random)
    rows = np.concatenate([known, supposed])
    both, meaning = features(mixture, comparisons, np.concatenate([rows, everything]))
    of_relatives = kinds[known, HOUSEHOLD] / np.maximum(1e-12, 1 - kinds[known, PERSON])
    answers = kinds[supposed, PERSON] / np.maximum(1e-12, 1 - kinds[supposed, HOUSEHOLD])
    is_clear = kinds[supposed, STRANGER] > CLEARLY_STRANGERS
    belief = np.where(is_clear, 1.0, min(1.0, BELIEF / max(1, int((labels == 1).sum()))))
    is_two = labels[known] == 0
    nothing, no_relatives = np.zeros(len(known)), np.zeros(len(supposed))
    return Lesson(
        features=both[: len(rows)],
        answers=np.concatenate([labels[known] == 1, answers]).astype(float),
        is_labelled=np.arange(len(rows)) < len(known),
        stands_for=np.concatenate([labelled.stands_for[known], np.ones(len(supposed))]),
        folds=np.concatenate(
            [labelled.groups[known] % FOLDS, random.integers(0, FOLDS, len(supposed))]
        ),
        supposed=np.concatenate([nothing, belief * len(far) / max(1, len(supposed))]),
        scored=both[len(rows) :],
        scored_weight=len(labels) / len(everything),
        relatives=np.concatenate([of_relatives * is_two, no_relatives]),
        relatives_expected=float(kinds[:, HOUSEHOLD].sum()),
        strangers=np.concatenate(
            [(1 - of_relatives) * is_two * labelled.by_login[known], no_relatives]
        ),
        strangers_expected=float(kinds[:, STRANGER].sum()),
        meaning=meaning,
    )


def _some(rows: NDArray[np.int64], at_most: int, random: np.random.Generator) -> NDArray[np.int64]:
    """Return a sample of rows in their order."""
    if len(rows) <= at_most:
        return rows
    return np.sort(random.choice(rows, at_most, replace=False))


def _fit(lesson: Lesson, chosen: NDArray[np.bool_], weights: Floats) -> tuple[Floats, Floats]:
    """Return the weights learned on the chosen rows, and the importance of every row.

    How many pairs are one person is not known but through the fit, so both are found in turns.
    """
    is_supposed = ~lesson.is_labelled
    stands_for = lesson.stands_for
    known = max(1.0, float((stands_for * lesson.answers)[lesson.is_labelled].sum()))
    penalty = np.full(lesson.features.shape[1], RIDGE)
    penalty[-1] = FREE
    expected = lesson.scored_weight * float(_odds_to_share(lesson.scored[:, -2] * EM_UNIT).sum())
    importance = np.ones(len(lesson.answers))
    met = float((stands_for * lesson.strangers).sum())
    related = max(1.0, float((stands_for * lesson.relatives).sum()))
    trust = met / (met + STRANGERS_ENOUGH)
    for _ in range(ROUNDS):
        size = max(1.0, expected / known)
        rare = lesson.relatives_expected / size / related
        far = max(1.0, trust * lesson.strangers_expected / size / max(1.0, met))
        near = min(max(1.0, rare), RELATIVES_MAX)
        importance = near**lesson.relatives * far**lesson.strangers
        importance *= stands_for
        importance[is_supposed] = (1 - trust) * lesson.supposed[is_supposed] / size
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
    light = features.astype(np.float32)  # the bend may be rough: it only says how far to step
    loss = _loss(features, answers, importance, penalty, weights)
    for _ in range(60):
        share = _odds_to_share(features @ weights)
        slope = features.T @ (importance * (share - answers)) + penalty * weights
        bend = np.sqrt(importance * share * (1 - share) + 1e-9).astype(np.float32)
        bent = light * bend[:, None]
        step = np.linalg.solve((bent.T @ bent).astype(float) + np.diag(penalty), slope)
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
