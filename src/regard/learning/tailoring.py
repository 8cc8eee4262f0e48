"""Whether tailoring earns its keep: by type, then by person, against one core for everybody.

Logged occasions in, gates out: open only where a lower bound of the gain over the core is above
zero. The gain is in units of value and estimated on outcomes that the fit has not seen (two folds,
crossed), doubly robust, where what either would choose had a chance in the log. Each level is asked
for all engagements together and for each alone; the doubt is shared among all questions
(Bonferroni, half of it to the first), so that many of them do not open one by luck.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from math import log, sqrt
from statistics import NormalDist

import numpy as np

from regard.learning.estimating import Keys, effective_sample, lower_bound, why_not
from regard.learning.fitting import Fit, Levels, fit_levels, fit_shifts
from regard.learning.sample import Mask, Table
from regard.learning.sums import Array, Sum

DOUBT = 0.05
"""Chance that any gate of one training opens without reason."""

OVERLAP = 0.01
"""A choice that had less of a chance than this in the log cannot be judged by it."""

EVERYTHING = "*"
"""Names the question about all engagements together."""

TYPE, PERSON = "type", "person"

Parts = Sequence[tuple[int, Keys, Array]]


@dataclass(frozen=True, slots=True)
class Gate:
    """Whether a level tailors, and why: `told` goes into the journal.

    `is_refuted`: what was measured says that tailoring costs.
    """

    is_open: bool
    told: str
    is_refuted: bool = False


def gates(
    table: Table, priors: Sequence[float], levels: Sequence[Levels], odds: Array
) -> dict[tuple[str, str], Gate]:
    """Return the gates by (engagement or ``*``, level).

    `priors` are the written propensities, `levels` what was found and `odds` (a row of logarithms
    for each engagement) how much better each of `SPREADS` explains the outcomes than none.
    """
    if not len(table.rows):
        return {}
    kinds = [TYPE, PERSON] if np.any(table.types) else [PERSON]
    doubts = _doubts(table, len(kinds))
    found: dict[tuple[str, str], Gate] = {}
    if TYPE in kinds:
        core, own = _by_type(table, priors, levels)
        # Two ways to open share the doubt: measured, or told by a model that explains far better.
        halves = {name: doubt / 2 for name, doubt in doubts.items()}
        measured = _asked(table, TYPE, core, own, halves)
        found |= _explained(table, levels, odds, measured, halves)
    is_open = _open(table, found, TYPE)
    base, shifted = _by_person(table, priors, levels, is_open)
    return found | _asked(table, PERSON, base, shifted, doubts)


def _doubts(table: Table, kind_count: int) -> dict[str, float]:
    """Return the doubt of each question of a level; that about everything has half of it.

    It is the one with most to go by, and the first that can be answered.
    """
    whole = DOUBT / kind_count
    if len(table.names) == 1:
        return dict.fromkeys(table.names, whole)
    return {EVERYTHING: whole / 2, **dict.fromkeys(table.names, whole / 2 / len(table.names))}


def _explained(
    table: Table,
    levels: Sequence[Levels],
    odds: Array,
    measured: Mapping[tuple[str, str], Gate],
    doubts: Mapping[str, float],
) -> dict[tuple[str, str], Gate]:
    """Return the gates of types: as measured, or opened earlier by evidence that types differ."""
    found = dict(measured)
    parts = _parts(table)
    core = _common(table, [one.core for one in levels]).clip(0.0, 1.0)
    own = _typed(table, parts, levels).clip(0.0, 1.0)
    before = _choices(table, core)
    for name, level in measured:
        gate, doubt = measured[name, level], doubts[name]
        asked = [n for n, other in enumerate(table.names) if name in (EVERYTHING, other)]
        evidence = _mixture(np.sum(odds[asked], axis=0))
        if gate.is_open or gate.is_refuted or evidence < log(1 / doubt):
            continue
        alone = core.copy()
        alone[:, asked] = own[:, asked]
        gain, deviation = _promised(table, parts, levels, before, _choices(table, alone))
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
    table: Table, parts: Parts, levels: Sequence[Levels], before: Keys, after: Keys
) -> tuple[float, float]:
    """Return gain an occasion of the choices `after` over those `before`, and its doubt.

    As the mixed model has it. What it gains is a sum of slopes, so its variance is exact, with all
    that types have in common.
    """
    columns = np.arange(len(levels))
    signs = (after[:, None] == columns).astype(np.float64) - (before[:, None] == columns)
    silent = (after == len(levels)).astype(np.float64) - (before == len(levels))
    gain = float(silent @ table.silence) - float(np.sum(signs * table.cost))
    variance = 0.0
    signs *= table.gain
    along = {kind: signs[there].T @ rows for kind, there, rows in parts}
    for column, one in enumerate(levels):
        common = np.zeros(len(one.spread))
        for kind, fit in one.types.items():
            if kind not in along:
                continue
            own, apart = along[kind][column], one.apart[kind]
            gain += float(own @ fit.mean)
            alone = fit.covariance - apart @ one.middle.covariance @ apart.T
            variance += float(own @ alone @ own)
            common += own @ apart
        variance += float(common @ one.middle.covariance @ common)
    count = len(table.rows)
    return gain / count, sqrt(max(variance, 0.0)) / count


def _parts(table: Table) -> Parts:
    """Return each type, where it is, and the features of those."""
    places = [(int(kind), np.flatnonzero(table.types == kind)) for kind in np.unique(table.types)]
    return [(kind, there, table.rows[there]) for kind, there in places]


def _common(table: Table, fits: Sequence[Fit]) -> Array:
    """Return the chance of each engagement by one fit for everybody; not cut."""
    found: Array = table.rows @ np.column_stack([fit.mean for fit in fits])
    return found


def _typed(table: Table, parts: Parts, levels: Sequence[Levels]) -> Array:
    """Return chances by type, of types that are not known by what all lie around; not cut."""
    found = np.zeros((len(table.rows), len(levels)))
    for kind, there, rows in parts:
        means = [one.types.get(kind, one.middle).mean for one in levels]
        found[there] = rows @ np.column_stack(means)
    return found


def opened(found: Mapping[tuple[str, str], Gate], name: str, level: str) -> bool:
    """Return whether a level tailors for an engagement."""
    asked = (found.get((name, level)), found.get((EVERYTHING, level)))
    return any(gate is not None and gate.is_open for gate in asked)


def _open(table: Table, found: Mapping[tuple[str, str], Gate], level: str) -> list[bool]:
    return [opened(found, name, level) for name in table.names]


def _asked(
    table: Table, name: str, core: Array, own: Array, doubts: Mapping[str, float]
) -> dict[tuple[str, str], Gate]:
    """Ask about all engagements together, and about each alone."""
    base, earned = (core, _choices(table, core)), _earned(table)
    found = {}
    if len(table.names) > 1:
        after = _choices(table, own)
        level = 1 - doubts[EVERYTHING]
        found[EVERYTHING, name] = _judged(table, earned, base, after, level)
    for column, engagement in enumerate(table.names):
        alone = core.copy()
        alone[:, column] = own[:, column]
        after = _choices(table, alone)
        level = 1 - doubts[engagement]
        found[engagement, name] = _judged(table, earned, base, after, level)
    return found


def _by_type(
    table: Table, priors: Sequence[float], levels: Sequence[Levels]
) -> tuple[Array, Array]:
    """Return chances by the core and by type, of each half of the people by the other half."""
    core, own = np.zeros_like(table.gain), np.zeros_like(table.gain)
    parts = _parts(table)
    fold = table.persons % 2 == 0
    for held in (fold, ~fold):
        found = _taught(table, priors, levels, ~held)
        core[held] = _common(table, [one.core for one in found])[held]
        own[held] = _typed(table, parts, found)[held]
    return core.clip(0.0, 1.0), own.clip(0.0, 1.0)


def _by_person(
    table: Table, priors: Sequence[float], levels: Sequence[Levels], is_open: Sequence[bool]
) -> tuple[Array, Array]:
    """Return chances without and with shifts by person, of each half of the occasions."""
    base, own = np.zeros_like(table.gain), np.zeros_like(table.gain)
    parts = _parts(table)
    fold = np.arange(len(table.rows)) % 2 == 0
    keys, places = np.unique(table.persons, return_inverse=True)
    for held in (fold, ~fold):
        found = _taught(table, priors, levels, ~held)
        means = _common(table, [one.core for one in found])
        if any(is_open):
            means = np.where(is_open, _typed(table, parts, found), means)
        for column, one in enumerate(found):
            taught = np.flatnonzero(~held & (table.chosen == column))
            who, excess = places[taught], table.took[taught, column] - means[taught, column]
            counts: Array = np.bincount(who, minlength=len(keys)).astype(np.float64)
            residuals: Array = np.bincount(who, excess, len(keys)).astype(np.float64)
            shifts, _ = fit_shifts(counts, residuals, one.core.noise)
            base[held, column] = means[held, column]
            own[held, column] = means[held, column] + shifts[places[held]]
    return base.clip(0.0, 1.0), own.clip(0.0, 1.0)


def _taught(
    table: Table, priors: Sequence[float], levels: Sequence[Levels], among: Mask
) -> list[Levels]:
    """Return what some of the rows teach about each engagement, types as far apart as found."""
    found = []
    for sums, prior, one in zip(_sums(table, among), priors, levels, strict=True):
        spread = one.spread / one.core.noise
        found.append(fit_levels(sums, prior, (spread[0], spread[-1])))
    return found


def _choices(table: Table, chances: Array) -> Keys:
    """Return the column that is worth most if those were the chances; one more: silence."""
    # Silence stays ahead of what is worth just as much, and so does the first.
    most = table.silence
    found = np.full(len(most), len(table.names), dtype=np.int64)
    scores = np.where(table.there, table.gain * chances - table.cost, -np.inf)
    for column, score in enumerate(scores.T):
        found[score > most] = column
        most = np.maximum(score, most)
    return found


def _judged(
    table: Table, earned: Array, base: tuple[Array, Keys], after: Keys, level: float
) -> Gate:
    """Judge the choices `after` against those of the `base` (its chances, its choices).

    By what the log `earned`; what no chance in it can tell counts as no gain.
    """
    chances, before = base
    moved = np.flatnonzero(before != after)
    shares = np.column_stack([table.share[moved], 1 - np.sum(table.share[moved], axis=1)])
    turns, old, new = np.arange(len(moved)), before[moved], after[moved]
    can_tell = (shares[turns, old] >= OVERLAP) & (shares[turns, new] >= OVERLAP)
    logged = table.chosen[moved]
    concerned = can_tell & ((logged == old) | (logged == new))
    weights = np.where(concerned, 1 / np.maximum(shares[turns, logged], OVERLAP), 0.0)
    refusal = why_not(np.any(table.took[moved] > 0, axis=1).astype(np.float64), weights)
    if refusal:
        return _closed(f"where it would choose otherwise, {refusal}")
    worth = table.gain[moved] * chances[moved] - table.cost[moved]
    expected = np.column_stack([worth, table.silence[moved]])
    surprise = weights * (earned[moved] - expected[turns, logged])
    gains = expected[turns, new] + surprise * (logged == new)
    gains -= expected[turns, old] + surprise * (logged == old)
    scores = np.zeros(len(before))
    scores[moved] = np.where(can_tell, gains, 0.0)
    gain, least = lower_bound(scores, table.persons, level)
    sample = effective_sample(weights)
    numbers = f"gain {gain:.4f} an occasion, at least {least:.4f}; effective sample {sample:.0f}"
    if least > 0:
        return Gate(is_open=True, told=f"open: {numbers}")
    is_refuted = 2 * gain - least < 0
    return Gate(is_open=False, told=f"core holds: {numbers}", is_refuted=is_refuted)


def _earned(table: Table) -> Array:
    """Return what each occasion came to: what was taken up, less the cost of what was sent."""
    turns = np.arange(len(table.rows))
    cost = np.column_stack([table.cost, -table.silence])[turns, table.chosen]
    found: Array = np.sum(table.gain * table.took, axis=1) - cost
    return found


def _closed(why: str) -> Gate:
    return Gate(is_open=False, told=f"core holds: {why}")


def _sums(table: Table, among: Mask) -> list[dict[int, Sum]]:
    """Return sums by type over what was sent, for each engagement; an empty one if nothing was."""
    sent = np.flatnonzero(among & (table.chosen < len(table.names)))
    sent = sent[np.lexsort((table.types[sent], table.chosen[sent]))]
    columns, kinds, rows = table.chosen[sent], table.types[sent], table.rows[sent]
    took = table.took[sent, columns]
    is_new = (np.diff(columns, prepend=-1) != 0) | (np.diff(kinds, prepend=-1) != 0)
    starts = np.flatnonzero(is_new).tolist()
    found: list[dict[int, Sum]] = [{} for _ in table.names]
    for start, end in pairwise([*starts, len(sent)]):
        own = rows[start:end]
        total = Sum(own.T @ own, own.T @ took[start:end])
        found[int(columns[start])][int(kinds[start])] = total
    size = rows.shape[1]
    return [sums or {0: Sum(np.zeros((size, size)), np.zeros(size))} for sums in found]
