"""Training: what became of decisions in, a policy snapshot and its gates out. Deterministic.

A `Learner` takes the journal once, entry by entry, and can be asked for a snapshot at any time: it
keeps sums, and the newest occasions one by one to judge by. The same journal gives the same
snapshot, whether it was read in one go or in a thousand.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import numpy as np
from msgspec import Struct

from regard.core.errors import Refused
from regard.core.facts import Entry
from regard.core.offers import Engagement
from regard.core.program import Program
from regard.learning.fitting import (
    FIRMNESS,
    Fit,
    Levels,
    evidence,
    expected_spread,
    firm,
    fit_core,
    fit_levels,
    fit_shifts,
)
from regard.learning.occasions import Occasion, Occasions
from regard.learning.policy import untaught
from regard.learning.sample import Sample
from regard.learning.scheme import scheme_of
from regard.learning.snapshot import Belief, Snapshot, Taught
from regard.learning.sums import OFFERED, SILENT, Array, Sum, Sums
from regard.learning.tailoring import PERSON, TYPE, Gate, gates, opened

SILENT_MIN = 30.0
"""Silences after which it is known what comes without the offer."""

TYPES_MAX = 64
PERSONS_MAX = 1_000
"""People of one engagement whose shifts are journaled, those who differ most: some 30 kB."""

PERSON_COUNT_MIN = 3.0
"""Outcomes of a person before anything is tailored to them."""


class Lesson(Struct, frozen=True, kw_only=True):
    """A snapshot, how many outcomes taught it, and by engagement and level which gates are open."""

    snapshot: Snapshot
    counts: dict[str, int]
    gates: dict[str, str]
    read_to: int


class Learner:
    """Learns about the engagements of one program; raise `Refused` when it does not learn."""

    def __init__(self, program: Program) -> None:
        scheme, learning = scheme_of(program), program.learning
        if scheme is None or learning is None:
            raise Refused(
                "This project does not learn.",
                code="learning_off",
                hint="Say `learning: on` in policies.yaml.",
            )
        self.scheme = scheme
        self.program = program
        self._sample = Sample(scheme.size)
        self._occasions = Occasions(program, scheme.id)
        self._sums = Sums(scheme.size, learning.memory)
        self._learnable = {name for name, e in program.engagements.items() if e.success is not None}
        self._counts: dict[str, int] = {}

    def take(self, entry: Entry, person_id: str) -> None:
        """Take the next entry of the journal and whose it is."""
        for occasion in self._occasions.ended(entry.received_at):
            self.study(occasion)
        self._occasions.take(entry, person_id)

    def lesson(self, now: datetime) -> Lesson:
        """Return what was learned from all that had come to its end by `now`."""
        for occasion in self._occasions.ended(now):
            self.study(occasion)
        engagements = [
            engagement
            for name, engagement in sorted(self.program.engagements.items())
            if self._counts.get(name)
        ]
        names = [engagement.id for engagement in engagements]
        priors = [engagement.propensity for engagement in engagements]
        sums = [self._sums.by_type(name, OFFERED) or self._unseen() for name in names]
        odds = np.array([evidence(one, prior) for one, prior in zip(sums, priors, strict=True)])
        levels = [
            fit_levels(one, prior, expected_spread(_shared(odds, place)))
            for place, (one, prior) in enumerate(zip(sums, priors, strict=True))
        ]
        table = self._sample.table(names)
        found = gates(table, priors, levels, odds)
        taught = [
            self._taught(engagement, one, found)
            for engagement, one in zip(engagements, levels, strict=True)
        ]
        told = {f"{name}|{level}": gate.told for (name, level), gate in found.items()}
        return Lesson(
            snapshot=Snapshot(scheme=self.scheme, taught=tuple(taught)),
            counts=dict(sorted(self._counts.items())),
            gates=dict(sorted(told.items())),
            read_to=self._occasions.read_to,
        )

    def study(self, occasion: Occasion) -> None:
        """Learn from one occasion whose time is over."""
        if occasion.is_whole:
            self._sample.add(occasion)
        outcomes = []
        for place, option in enumerate(occasion.options):
            name = option.engagement
            if name in self._learnable:
                arm = OFFERED if occasion.chosen == place else SILENT
                outcomes.append((name, arm, option.took))
                self._counts[name] = self._counts.get(name, 0) + 1
        if outcomes:
            self._sums.add(occasion.features, occasion.at, outcomes)

    def _taught(
        self, engagement: Engagement, levels: Levels, found: Mapping[tuple[str, str], Gate]
    ) -> Taught:
        sums = self._sums.by_type(engagement.id, OFFERED)
        if not sums:
            return untaught(engagement, self.scheme)
        ratio = levels.spread / levels.core.noise
        widths = fit_levels(firm(sums), engagement.propensity, (ratio[0], ratio[-1]))
        is_open = opened(found, engagement.id, TYPE)
        fits = {kind: fit for kind, fit in levels.types.items() if kind and is_open}
        heard = sorted(fits, key=lambda kind: (-sums[kind].count, kind))[:TYPES_MAX]
        types = {kind: fits[kind] for kind in sorted(heard)}
        silent = self._sums.whole(engagement.id, SILENT)
        others, width = (levels.middle, widths.middle) if types else (levels.core, widths.core)
        return Taught(
            engagement=engagement.id,
            core=others.drawn(width, levels.spread / FIRMNESS).belief(),
            count=self._counts[engagement.id],
            silent=_without(silent) if silent.count >= SILENT_MIN else None,
            types={kind: fit.drawn(widths.types[kind]).belief() for kind, fit in types.items()},
            persons=self._shifts(engagement.id, others, types)
            if opened(found, engagement.id, PERSON)
            else {},
        )

    def _unseen(self) -> dict[int, Sum]:
        """Return the sums of what was never offered."""
        size = self.scheme.size
        return {0: Sum(np.zeros((size, size)), np.zeros(size))}

    def _shifts(
        self, engagement: str, core: Fit, types: Mapping[int, Fit]
    ) -> dict[int, tuple[float, float]]:
        """Return the shifts of those who differ most from what is expected of their like."""
        keys, kinds, rows = self._sums.persons(engagement)
        means = np.array([types.get(kind, core).mean for kind in kinds])
        counts = rows[:, 0]
        excess = rows[:, -1] - np.sum(rows[:, :-1] * means, axis=1)
        shifts, deviations = fit_shifts(counts, excess, core.noise)
        known = np.flatnonzero(counts >= PERSON_COUNT_MIN)
        order = sorted(known.tolist(), key=lambda place: (-abs(shifts[place]), keys[place]))
        return {
            keys[place]: (float(shifts[place]), float(deviations[place]))
            for place in sorted(order[:PERSONS_MAX])
        }


def _without(silent: Sum) -> Belief:
    """Return what comes without the offer, as it is drawn from."""
    return fit_core(silent, 0.0).drawn(fit_core(silent.times(FIRMNESS), 0.0)).belief()


def _shared(odds: Array, place: int) -> Array:
    """Return the odds of one engagement, with all others together as one more witness."""
    others = np.delete(odds, place, axis=0)
    mean: Array = np.mean(others, axis=0) if len(others) else np.zeros(odds.shape[1])
    found: Array = odds[place] + mean
    return found
