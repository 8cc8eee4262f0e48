"""Whether tailoring earns its keep: by type, then by person, against one core for everybody.

Logged occasions in, gates out: open only where a lower bound of the gain over the core is above
zero. The gain is in units of value and estimated on outcomes that the fit has not seen (two folds,
crossed), doubly robust, where what either would choose had a chance in the log. Each level is asked
for all engagements together and for each alone; the doubt is shared among all questions
(Bonferroni), so that many of them do not open one by luck.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from math import log, sqrt
from statistics import NormalDist

import numpy as np
from numpy.typing import NDArray

from regard.learning.estimating import Keys, effective_sample, lower_bound, why_not
from regard.learning.fitting import Levels, fit_levels, fit_shifts
from regard.learning.occasions import Occasion
from regard.learning.scheme import person_key
from regard.learning.sums import Array, Sum

Mask = NDArray[np.bool_]

DOUBT = 0.05
"""Chance that any gate of one training opens without reason."""

OVERLAP = 0.01
"""A choice that had less of a chance than this in the log cannot be judged by it."""

EVERYTHING = "*"
"""Names the question about all engagements together."""

TYPE, PERSON = "type", "person"


@dataclass(frozen=True, slots=True)
class Gate:
    """Whether a level tailors, and why: `told` goes into the journal.

    `is_refuted`: what was measured says that tailoring costs.
    """

    is_open: bool
    told: str
    is_refuted: bool = False


@dataclass(frozen=True, slots=True)
class Table:
    """Occasions (rows) by engagements (columns): what competed, what was sent, what came of it.

    Where `there` is false the engagement did not compete. `share` is its chance of being sent,
    `chosen` the column that was (the number of columns: silence).
    """

    names: tuple[str, ...]
    rows: Array
    types: Keys
    persons: Keys
    there: Mask
    gain: Array
    cost: Array
    share: Array
    took: Array
    chosen: Keys
    silence: Array


def table_of(occasions: Sequence[Occasion], names: Sequence[str], size: int) -> Table:
    """Return the table of those occasions on which nothing but these engagements competed."""
    place = {name: column for column, name in enumerate(names)}
    known = [o for o in occasions if all(option.engagement in place for option in o.options)]
    cells = [
        (turn, place[one.engagement], one.gain, one.cost, one.chance, one.took)
        for turn, occasion in enumerate(known)
        for one in occasion.options
    ]
    chosen = [place[o.options[o.chosen].engagement] if o.chosen >= 0 else len(names) for o in known]
    found = np.array(cells, dtype=np.float64).reshape(-1, 6).T
    at = (found[0].astype(np.int64), found[1].astype(np.int64))
    shape = (len(known), len(names))
    gain, cost, share, took = (np.zeros(shape) for _ in range(4))
    for matrix, values in zip((gain, cost, share, took), found[2:], strict=True):
        matrix[at] = values
    there = np.zeros(shape, dtype=np.bool_)
    there[at] = True
    features = np.array([occasion.features for occasion in known]).reshape(-1, size + 2)
    return Table(
        names=tuple(names),
        rows=features[:, :size],
        types=features[:, size].astype(np.int64),
        persons=np.array([person_key(o.person_id) for o in known], dtype=np.int64),
        there=there,
        gain=gain,
        cost=cost,
        share=share,
        took=took,
        chosen=np.array(chosen, dtype=np.int64),
        silence=np.array([occasion.silence for occasion in known]),
    )


def gates(
    table: Table, priors: Sequence[float], levels: Sequence[Levels], odds: Array
) -> dict[tuple[str, str], Gate]:
    """Return the gates by (engagement or ``*``, level).

    `priors` are the written propensities, `levels` what was found and `odds` (a row of logarithms
    for each engagement) how much better each of `SPREADS` explains the outcomes than none.
    """
    if not len(table.rows):
        return {}
    single = len(table.names) == 1
    questions = () if single else (EVERYTHING,)
    kinds = [TYPE, PERSON] if np.any(table.types) else [PERSON]
    doubt = DOUBT / (len(kinds) * (len(table.names) + len(questions)))
    found: dict[tuple[str, str], Gate] = {}
    if TYPE in kinds:
        core, own = _by_type(table, priors, levels)
        # Two ways to open share the doubt: measured, or told by a model that explains far better.
        measured = _asked(table, TYPE, core, own, 1 - doubt / 2)
        found |= _explained(table, levels, odds, measured, doubt / 2)
    is_open = _open(table, found, TYPE)
    base, shifted = _by_person(table, priors, levels, is_open)
    return found | _asked(table, PERSON, base, shifted, 1 - doubt)


def _explained(
    table: Table,
    levels: Sequence[Levels],
    odds: Array,
    measured: Mapping[tuple[str, str], Gate],
    doubt: float,
) -> dict[tuple[str, str], Gate]:
    """Return the gates of types: as measured, or opened earlier by evidence that types differ."""
    found = dict(measured)
    core = np.column_stack([one.core.chances(table.rows) for one in levels])
    own = np.column_stack([_typed(table, one).clip(0.0, 1.0) for one in levels])
    before = _choices(table, core)
    for name, level in measured:
        gate = measured[name, level]
        asked = [n for n, other in enumerate(table.names) if name in (EVERYTHING, other)]
        evidence = _mixture(np.sum(odds[asked], axis=0))
        if gate.is_open or gate.is_refuted or evidence < log(1 / doubt):
            continue
        alone = core.copy()
        alone[:, asked] = own[:, asked]
        gain, deviation = _promised(table, levels, before, _choices(table, alone))
        least = gain - NormalDist().inv_cdf(1 - doubt) * deviation
        if least > 0:
            numbers = f"gain {gain:.4f} an occasion, at least {least:.4f}"
            told = f"open: {numbers}; types differ by odds of e^{evidence:.1f}"
            found[name, level] = Gate(is_open=True, told=told)
    return found


def _mixture(logarithms: Array) -> float:
    """Return the logarithm of the mean odds of all spreads but none.

    Under no spread its exponential is above ``1 / doubt`` with no more chance than `doubt`, however
    often one looks (Ville's inequality).
    """
    most = float(np.max(logarithms[1:]))
    return most + log(float(np.mean(np.exp(logarithms[1:] - most))))


def _promised(
    table: Table, levels: Sequence[Levels], before: Keys, after: Keys
) -> tuple[float, float]:
    """Return gain an occasion of the choices `after` over those `before`, and its doubt.

    As the mixed model has it. What it gains is a sum of slopes, so its variance is exact, with all
    that types have in common.
    """
    gain = variance = 0.0
    for column, one in enumerate(levels):
        sign = (after == column).astype(np.float64) - (before == column)
        gain -= float(sign @ table.cost[:, column])
        common = np.zeros(len(one.spread))
        for kind, fit in one.types.items():
            there = table.types == kind
            along = (sign * table.gain[:, column])[there] @ table.rows[there]
            gain += float(along @ fit.mean)
            shared = along @ one.apart[kind]
            alone = fit.covariance - one.apart[kind] @ one.middle.covariance @ one.apart[kind].T
            variance += float(along @ alone @ along)
            common += shared
        variance += float(common @ one.middle.covariance @ common)
    silent = (after == len(levels)).astype(np.float64) - (before == len(levels))
    gain += float(silent @ table.silence)
    count = len(table.rows)
    return gain / count, sqrt(max(variance, 0.0)) / count


def _typed(table: Table, levels: Levels) -> Array:
    """Return chances by type, of types that are not known by what all lie around; not cut."""
    found: Array = table.rows @ levels.middle.mean
    for kind, fit in levels.types.items():
        there = table.types == kind
        found[there] = table.rows[there] @ fit.mean
    return found


def opened(found: Mapping[tuple[str, str], Gate], name: str, level: str) -> bool:
    """Return whether a level tailors for an engagement."""
    asked = (found.get((name, level)), found.get((EVERYTHING, level)))
    return any(gate is not None and gate.is_open for gate in asked)


def _open(table: Table, found: Mapping[tuple[str, str], Gate], level: str) -> list[bool]:
    return [opened(found, name, level) for name in table.names]


def _asked(
    table: Table, name: str, core: Array, own: Array, level: float
) -> dict[tuple[str, str], Gate]:
    """Ask about all engagements together, and about each alone."""
    before = _choices(table, core)
    found = {}
    if len(table.names) > 1:
        found[EVERYTHING, name] = _judged(table, core, before, _choices(table, own), level)
    for column, engagement in enumerate(table.names):
        alone = core.copy()
        alone[:, column] = own[:, column]
        found[engagement, name] = _judged(table, core, before, _choices(table, alone), level)
    return found


def _by_type(
    table: Table, priors: Sequence[float], levels: Sequence[Levels]
) -> tuple[Array, Array]:
    """Return chances by the core and by type, of each half of the people by the other half."""
    core, own = np.zeros_like(table.gain), np.zeros_like(table.gain)
    fold = table.persons % 2 == 0
    for held in (fold, ~fold):
        for column, found in enumerate(_taught(table, priors, levels, ~held)):
            core[held, column] = found.core.chances(table.rows[held])
            own[held, column] = _typed(table, found)[held].clip(0.0, 1.0)
    return core, own


def _by_person(
    table: Table, priors: Sequence[float], levels: Sequence[Levels], is_open: Sequence[bool]
) -> tuple[Array, Array]:
    """Return chances without and with shifts by person, of each half of the occasions."""
    base, own = np.zeros_like(table.gain), np.zeros_like(table.gain)
    fold = np.arange(len(table.rows)) % 2 == 0
    keys, places = np.unique(table.persons, return_inverse=True)
    for held in (fold, ~fold):
        for column, found in enumerate(_taught(table, priors, levels, ~held)):
            means = _typed(table, found) if is_open[column] else table.rows @ found.core.mean
            taught = ~held & (table.chosen == column)
            counts: Array = np.bincount(places[taught], minlength=len(keys)).astype(np.float64)
            excess = (table.took[:, column] - means)[taught]
            residuals: Array = np.bincount(
                places[taught], weights=excess, minlength=len(keys)
            ).astype(np.float64)
            shifts, _ = fit_shifts(counts, residuals, found.core.noise)
            base[held, column] = np.clip(means[held], 0.0, 1.0)
            own[held, column] = np.clip(means[held] + shifts[places[held]], 0.0, 1.0)
    return base, own


def _taught(
    table: Table, priors: Sequence[float], levels: Sequence[Levels], among: Mask
) -> list[Levels]:
    """Return what some of the rows teach about each engagement, types as far apart as found."""
    found = []
    for column, (prior, one) in enumerate(zip(priors, levels, strict=True)):
        spread = one.spread / one.core.noise
        found.append(fit_levels(_sums(table, column, among), prior, (spread[0], spread[-1])))
    return found


def _choices(table: Table, chances: Array) -> Keys:
    """Return the column that is worth most if those were the chances; one more: silence."""
    scores = np.where(table.there, table.gain * chances - table.cost, -np.inf)
    scores = np.column_stack([scores, table.silence])
    # Silence stays ahead of what is worth just as much.
    best = np.argmax(scores, axis=1)
    is_heard = scores.max(axis=1) > table.silence
    return np.where(is_heard, best, len(table.names)).astype(np.int64)


def _judged(table: Table, chances: Array, before: Keys, after: Keys, level: float) -> Gate:
    """Judge the choices `after` against those `before` by what the log knows."""
    turns = np.arange(len(before))
    shares = np.column_stack([table.share, 1 - np.sum(table.share, axis=1)])
    can_tell = (shares[turns, before] >= OVERLAP) & (shares[turns, after] >= OVERLAP)
    moved = (before != after) & can_tell
    was = shares[turns, table.chosen]
    concerned = moved & ((table.chosen == before) | (table.chosen == after))
    weights = np.where(concerned, 1 / np.maximum(was, OVERLAP), 0.0)
    refusal = why_not(np.any(table.took > 0, axis=1).astype(np.float64), weights)
    if refusal:
        return _closed(f"where it would choose otherwise, {refusal}")
    expected = np.column_stack([table.gain * chances - table.cost, table.silence])
    earned = np.sum(table.gain * table.took, axis=1)
    earned += np.where(table.chosen == len(table.names), table.silence, 0.0)
    earned -= np.sum(table.cost * _one_hot(table.chosen, len(table.names)), axis=1)
    surprise = weights * (earned - expected[turns, table.chosen])
    scores = expected[turns, after] + surprise * (table.chosen == after)
    scores -= expected[turns, before] + surprise * (table.chosen == before)
    gain, least = lower_bound(np.where(moved, scores, 0.0), table.persons, level)
    sample = effective_sample(weights)
    numbers = f"gain {gain:.4f} an occasion, at least {least:.4f}; effective sample {sample:.0f}"
    if least > 0:
        return Gate(is_open=True, told=f"open: {numbers}")
    is_refuted = 2 * gain - least < 0
    return Gate(is_open=False, told=f"core holds: {numbers}", is_refuted=is_refuted)


def _one_hot(columns: Keys, count: int) -> Array:
    found: Array = np.eye(count + 1)[columns][:, :count]
    return found


def _closed(why: str) -> Gate:
    return Gate(is_open=False, told=f"core holds: {why}")


def _sums(table: Table, column: int, among: Mask) -> dict[int, Sum]:
    """Return sums by type over what was sent; one empty sum when nothing was."""
    sent = among & (table.chosen == column)
    kinds = [int(kind) for kind in np.unique(table.types[sent])] or [0]
    found = {}
    for kind in kinds:
        own = sent & (table.types == kind)
        rows = table.rows[own]
        found[kind] = Sum(rows.T @ rows, rows.T @ table.took[own, column], 0)
    return found
