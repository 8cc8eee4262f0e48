"""What can be known without a label: a mixture of three kinds of pairs.

A pair is one *person*, two people of one *household*, or two *strangers*. Two classes, as in
Fellegi and Sunter (1969) and Splink, take all that relatives share for evidence of identity; the
third explains it away. Strangers are measured on random pairs, the other two are estimated by
expectation maximisation. What a relative does not share (given name, birth, ids) is held at what
strangers have, but for namesakes, who live in families more often than chance has it.
"""

from __future__ import annotations

from collections.abc import Mapping

import numpy as np
from msgspec import Struct
from numpy.typing import NDArray

from regard.linking.levels import (
    CLOSE,
    DIFFERENT,
    LEVEL_COUNT,
    MISSING_LEVEL,
    SAME,
    TYPO,
    Comparison,
    pieces,
    taken,
)

Floats = NDArray[np.float64]

PERSON, HOUSEHOLD, STRANGER = 0, 1, 2
OF_HOUSEHOLD = ("surname", "home", "phone", "email")
"""What people of one household share; everything else is a person's own."""

LEFT_OUT = ("line", "house_number", "place", "postcode", "city", "state", "country", "namesake")
"""They are in ``home`` already and would be counted twice: a move changes all of them at once."""

NAMESAKES = 0.04
"""How often two of one household bear one given name: juniors."""

_HOME_GUESS = np.array([0, 0.55, 0.15, 0.08, 0.05, 0.04, 0.03, 0.03, 0.07, 0, 0])
"""Homes of one person: mostly the same, some moved."""

ROUNDS = 30
SETTLED = 1e-3
LOG_CAP = 30.0


class Mixture(Struct, frozen=True, kw_only=True):
    """`shares` of the three kinds of pairs; log likelihoods by comparison, kind and level."""

    shares: Floats
    logs: dict[str, Floats]
    names: tuple[str, ...]
    known: dict[str, int]


def kind_of(name: str) -> str:
    """Return the kind of a comparison's field: ``phone`` for ``phone_2``."""
    return name.rstrip("_0123456789")


def used(comparisons: Mapping[str, Comparison]) -> tuple[str, ...]:
    """Return the comparisons that a mixture reads."""
    return tuple(n for n in comparisons if kind_of(n) not in LEFT_OUT)


def fit_mixture(
    comparisons: Mapping[str, Comparison],
    random_pairs: Mapping[str, Comparison],
    *,
    pair_count: float,
    weight: float,
    known: Mapping[str, int],
    labels: NDArray[np.int8] | None = None,
) -> Mixture:
    """Estimate the mixture on candidate pairs.

    `random_pairs` are the same comparisons of pairs at random, `pair_count` all pairs that there
    are, `weight` how many candidates each of those given stands for, `known` how many records
    have a field. `labels`: 1 one person, 0 two, -1 nobody knows.
    """
    chosen = used(comparisons)
    stranger = {n: _shares(random_pairs[n].levels, None) for n in chosen}
    logs = {n: _first_guess(n, stranger[n]) for n in chosen}
    share = weight * len(comparisons[chosen[0]].levels) * 0.2 / pair_count
    shares = np.array([share, share, 1 - share * 2])
    found = Mixture(shares=shares, logs=logs, names=chosen, known=dict(known))
    for _ in range(ROUNDS):
        posterior = posteriors(likelihoods(found, comparisons), labels)
        moved = _maximise(found, comparisons, posterior, stranger, weight / pair_count)
        change = moved.shares[:STRANGER] / found.shares[:STRANGER]
        found = moved
        if np.abs(change - 1).max() < SETTLED:
            break
    return found


def posteriors(logs: Floats, labels: NDArray[np.int8] | None = None) -> Floats:
    """Return the probability of each kind for each pair, of the logs that `likelihoods` gives."""
    shares = logs.copy()
    if labels is not None:
        shares[labels == 1, HOUSEHOLD:] = -1e9
        shares[labels == 0, PERSON] = -1e9
    for piece in pieces(len(shares)):
        some = shares[piece]
        some -= some.max(axis=1, keepdims=True)
        np.exp(some, out=some)
        some /= some.sum(axis=1, keepdims=True)
    return shares


def likelihoods(mixture: Mixture, comparisons: Mapping[str, Comparison]) -> Floats:
    """Return the log of each kind's share times its likelihood, as an array of (pairs, kinds)."""
    total = np.tile(np.log(mixture.shares), (len(comparisons[mixture.names[0]].levels), 1))
    for piece in pieces(len(total)):
        for name, comparison in taken(comparisons, piece).items():
            if name in mixture.logs:
                total[piece] += contribution(mixture, comparison)
    return total


def contribution(mixture: Mixture, comparison: Comparison) -> Floats:
    """Return what one comparison adds to the logs of the kinds, as an array of (pairs, kinds)."""
    logs = np.ascontiguousarray(mixture.logs[comparison.name].T)[comparison.levels]
    same = np.flatnonzero(comparison.sharers)
    rarity = comparison.sharers[same] - np.log(max(2, mixture.known.get(comparison.name, 2)))
    kind = kind_of(comparison.name)
    logs[same, STRANGER] = rarity
    if kind not in OF_HOUSEHOLD:
        logs[same, HOUSEHOLD] = np.maximum(logs[same, HOUSEHOLD], rarity)
    return logs


def log_odds(logs: Floats) -> Floats:
    """Return the log-odds of being one person, of the logs that `likelihoods` gives."""
    found = np.logaddexp(logs[:, HOUSEHOLD], logs[:, STRANGER])
    np.subtract(logs[:, PERSON], found, out=found)
    return np.clip(found, -LOG_CAP, LOG_CAP, out=found)


def relatives_of(logs: Floats) -> Floats:
    """Return how probable it is that a pair, if it is two, is two of one household."""
    far = np.clip(logs[:, STRANGER] - logs[:, HOUSEHOLD], -LOG_CAP, LOG_CAP)
    return np.asarray(1 / (1 + np.exp(far)))


def _shares(
    levels: NDArray[np.int8], weights: Floats | None, prior: Floats | None = None
) -> Floats:
    """Return smoothed shares of the levels among pairs where both values are known."""
    counts = np.bincount(levels, weights=weights, minlength=LEVEL_COUNT).astype(float)
    counts += 0.3 if prior is None else prior * 5.0
    counts[MISSING_LEVEL] = 0.0
    return np.asarray(counts / counts.sum())


def _first_guess(name: str, stranger: Floats) -> Floats:
    person = np.full(LEVEL_COUNT, 0.02)
    person[[SAME, TYPO, CLOSE]] = (0.8, 0.06, 0.04)
    if name == "home":
        person = _HOME_GUESS.copy()
    if name == "date_of_birth":
        person[DIFFERENT:] = 0.005
    person[MISSING_LEVEL] = 0
    household = person if kind_of(name) in OF_HOUSEHOLD else _relative(name, stranger)
    return _logs(person / person.sum(), household / household.sum(), stranger)


def _relative(name: str, stranger: Floats) -> Floats:
    relative = stranger.copy()
    if name == "given_name":
        relative[SAME] = max(relative[SAME], NAMESAKES)
    return np.asarray(relative / relative.sum())


def _logs(person: Floats, household: Floats, stranger: Floats) -> Floats:
    with np.errstate(divide="ignore"):
        logs = np.log(np.stack([person, household, stranger]))
    logs[:, MISSING_LEVEL] = 0.0
    return logs


def _maximise(
    mixture: Mixture,
    comparisons: Mapping[str, Comparison],
    posterior: Floats,
    stranger: Mapping[str, Floats],
    share_of_pair: float,
) -> Mixture:
    logs = {}
    for name in mixture.names:
        levels, kind = comparisons[name].levels, kind_of(name)
        guess = np.exp(_first_guess(name, stranger[name]))
        guess[:, MISSING_LEVEL] = 0
        person = _shares(levels, posterior[:, PERSON], guess[PERSON])
        household = (
            _shares(levels, posterior[:, HOUSEHOLD], guess[HOUSEHOLD])
            if kind in OF_HOUSEHOLD
            else _relative(name, stranger[name])
        )
        logs[name] = _logs(person, household, stranger[name])
    shares = np.maximum(posterior.sum(axis=0) * share_of_pair, 1e-15)
    shares[STRANGER] = 1 - shares[:STRANGER].sum()
    return Mixture(shares=shares, logs=logs, names=mixture.names, known=mixture.known)
