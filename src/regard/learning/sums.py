"""What was seen, as sums: enough to fit every level again, and small whatever the journal holds.

Outcomes go in one by one, in the order in which they ended; sums by engagement, arm and customer
type come out, and a few numbers by person. What was seen fades by halves, by the day of the
outcome. Sums of one day are exact in any order (`scheme`) and fade only when the next outcome
comes, so that the same outcomes give the same sums however often one learned between them.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

OFFERED, SILENT = 1, 0

PERSONS_MAX = 100_000
"""People remembered one by one for each engagement; who was seen last stays."""

WAITING_MAX = 4_096
"""Occasions that wait to be summed together: a third of the time that one by one takes."""

Outcome = tuple[str, int, bool]
"""Engagement, arm (`OFFERED` or `SILENT`), and whether it was taken up."""


@dataclass(frozen=True, slots=True)
class Sum:
    """Sums over outcomes: ``products`` of features (D by D), ``successes`` times features (D).

    The first feature is the bias, so the first of each is the count and the successes.
    """

    products: Array
    successes: Array

    @property
    def count(self) -> float:
        """Return how many outcomes it stands for now."""
        return float(self.products[0, 0])

    @property
    def rate(self) -> float:
        """Return the part of outcomes that were successes."""
        return float(self.successes[0]) / self.count if self.count else 0.0

    def __add__(self, other: Sum) -> Sum:
        return Sum(self.products + other.products, self.successes + other.successes)

    def times(self, weight: float) -> Sum:
        """Return the sums as if every outcome had come so often."""
        return Sum(self.products * weight, self.successes * weight)


class Sums:
    """All sums of one scheme of `size` features; `memory` is the half-life of what was seen."""

    def __init__(self, size: int, memory: timedelta) -> None:
        self.size = size
        self._fading = 0.5 ** (timedelta(days=1) / memory)
        self._types: dict[tuple[str, int], dict[int, _Tally]] = {}
        self._persons: dict[str, dict[int, tuple[Array, int, int]]] = {}
        self._waiting: list[tuple[Sequence[float], Sequence[Outcome]]] = []
        self._day = 0

    def add(self, features: Sequence[float], at: datetime, outcomes: Iterable[Outcome]) -> None:
        """Take what became of one occasion: `features` end with the keys of type and person."""
        day = at.toordinal()
        if day > self._day or len(self._waiting) >= WAITING_MAX:
            self._sum()
        self._day = max(self._day, day)
        self._waiting.append((features, tuple(outcomes)))

    def by_type(self, engagement: str, arm: int) -> dict[int, Sum]:
        """Return the sums of an engagement by type, as they count today, in order of the types."""
        self._sum()
        found = self._types.get((engagement, arm), {})
        return {kind: found[kind].counted(self._day, self._fading) for kind in sorted(found)}

    def whole(self, engagement: str, arm: int) -> Sum:
        """Return the sum over all types."""
        found = list(self.by_type(engagement, arm).values())
        return sum(found[1:], found[0]) if found else self._empty()

    def persons(self, engagement: str) -> tuple[list[int], list[int], Array]:
        """Return keys of persons and their types, and for each sums of features, then successes.

        The first of these sums is the count of their outcomes.
        """
        self._sum()
        found = sorted(self._persons.get(engagement, {}).items())
        rows = [row * self._fading ** (self._day - day) for _, (row, _, day) in found]
        kinds = [kind for _, (_, kind, _) in found]
        return [key for key, _ in found], kinds, np.array(rows).reshape(-1, self.size + 1)

    def _sum(self) -> None:
        """Add up what waits: all of it is of today."""
        if not self._waiting:
            return
        rows = np.array([features for features, _ in self._waiting])
        told: dict[tuple[str, int], tuple[list[int], list[bool]]] = {}
        for turn, (_, outcomes) in enumerate(self._waiting):
            for engagement, arm, took in outcomes:
                turns, taken = told.setdefault((engagement, arm), ([], []))
                turns.append(turn)
                taken.append(took)
        self._waiting.clear()
        for (engagement, arm), (turns, taken) in told.items():
            own, are_taken = rows[turns], np.array(taken, dtype=np.float64)
            self._add_types(self._types.setdefault((engagement, arm), {}), own, are_taken)
            if arm == OFFERED:
                self._add_persons(self._persons.setdefault(engagement, {}), own, taken)

    def _add_types(self, found: dict[int, _Tally], rows: Array, taken: Array) -> None:
        kinds = rows[:, self.size].astype(np.int64)
        for kind in np.unique(kinds).tolist():
            there = kinds == kind
            own = rows[there, : self.size]
            if kind not in found:
                found[kind] = _Tally(self.size, self._day)
            found[kind].add(own, taken[there], self._day, self._fading)

    def _add_persons(
        self, known: dict[int, tuple[Array, int, int]], rows: Array, taken: Sequence[bool]
    ) -> None:
        keys = rows[:, self.size :].astype(np.int64).tolist()
        told = np.column_stack([rows[:, : self.size], taken])
        for (kind, person), row in zip(keys, told, strict=True):
            before = known.pop(person, None)
            if before is None:
                now = row.copy()
            else:
                now = before[0] * self._fading ** (self._day - before[2]) + row
            known[person] = (now, kind, self._day)
            if len(known) > PERSONS_MAX:
                del known[next(iter(known))]

    def _empty(self) -> Sum:
        return Sum(np.zeros((self.size, self.size)), np.zeros(self.size))


class _Tally:
    """Sums of one arm and type: those of its newest day, and of all before as they count on it."""

    __slots__ = ("_before", "_day", "_today")

    def __init__(self, size: int, day: int) -> None:
        self._before = self._today = Sum(np.zeros((size, size)), np.zeros(size))
        self._day = day

    def add(self, rows: Array, taken: Array, day: int, fading: float) -> None:
        """Take outcomes of a day, the newest so far."""
        if day > self._day:
            self._before = self.counted(day, fading)
            self._today = Sum(np.zeros_like(self._before.products), np.zeros(rows.shape[1]))
            self._day = day
        self._today += Sum(rows.T @ rows, taken @ rows)

    def counted(self, day: int, fading: float) -> Sum:
        """Return the sums as they count on a day."""
        whole, left = self._before + self._today, fading ** (day - self._day)
        return whole.times(left)
