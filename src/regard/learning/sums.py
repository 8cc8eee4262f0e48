"""What was seen, as sums: enough to fit every level again, and small whatever the journal holds.

Outcomes go in one by one, in the order in which they ended; sums by engagement, arm and customer
type come out, and a few numbers by person. What was seen fades by halves, by the day of the
outcome, so that the same outcomes give the same sums however often one learned between them.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

import numpy as np
from numpy.typing import NDArray

Array = NDArray[np.float64]

OFFERED, SILENT = 1, 0

PERSONS_MAX = 100_000
"""People remembered one by one for each engagement; who was seen last stays."""


@dataclass(slots=True)
class Sum:
    """Sums over outcomes: ``products`` of features (D by D), ``successes`` times features (D).

    The first feature is the bias, so the first of each is the count and the successes. `day` is
    when they were last brought up to date.
    """

    products: Array
    successes: Array
    day: int

    @property
    def count(self) -> float:
        """Return how many outcomes it stands for now."""
        return float(self.products[0, 0])

    @property
    def rate(self) -> float:
        """Return the part of outcomes that were successes."""
        return float(self.successes[0]) / self.count if self.count else 0.0

    def __add__(self, other: Sum) -> Sum:
        return Sum(self.products + other.products, self.successes + other.successes, self.day)

    def __sub__(self, other: Sum) -> Sum:
        return Sum(self.products - other.products, self.successes - other.successes, self.day)


class Sums:
    """All sums of one scheme of `size` features; `memory` is the half-life of what was seen."""

    def __init__(self, size: int, memory: timedelta) -> None:
        self.size = size
        self._fading = 0.5 ** (timedelta(days=1) / memory)
        self._types: dict[tuple[str, int], dict[int, Sum]] = {}
        self._persons: dict[str, dict[int, tuple[Array, int, int]]] = {}
        self._day = 0

    def add(
        self,
        engagement: str,
        arm: int,
        features: Sequence[float],
        at: datetime,
        *,
        took: bool,
    ) -> None:
        """Take one outcome: `features` end with the keys of type and person."""
        row = np.array(features[: self.size])
        kind, person = int(features[self.size]), int(features[self.size + 1])
        self._day = max(self._day, at.toordinal())
        by_type = self._types.setdefault((engagement, arm), {})
        found = by_type.get(kind)
        if found is None:
            found = by_type[kind] = self._empty()
        self._refresh(found)
        found.products += np.outer(row, row)
        if took:
            found.successes += row
        if arm == OFFERED:
            self._add_person(engagement, person, kind, row, took=took)

    def by_type(self, engagement: str, arm: int) -> dict[int, Sum]:
        """Return the sums of an engagement by type, as they count today, in order of the types."""
        found = self._types.get((engagement, arm), {})
        for one in found.values():
            self._refresh(one)
        return dict(sorted(found.items()))

    def whole(self, engagement: str, arm: int) -> Sum:
        """Return the sum over all types."""
        found = list(self.by_type(engagement, arm).values())
        return sum(found[1:], found[0]) if found else self._empty()

    def persons(self, engagement: str) -> tuple[list[int], list[int], Array]:
        """Return keys of persons and their types, and for each sums of features, then successes.

        The first of these sums is the count of their outcomes.
        """
        found = sorted(self._persons.get(engagement, {}).items())
        rows = [row * self._fading ** (self._day - day) for _, (row, _, day) in found]
        kinds = [kind for _, (_, kind, _) in found]
        return [key for key, _ in found], kinds, np.array(rows).reshape(-1, self.size + 1)

    def _add_person(
        self, engagement: str, person: int, kind: int, row: Array, *, took: bool
    ) -> None:
        known = self._persons.setdefault(engagement, {})
        before, _, day = known.pop(person, (np.zeros(self.size + 1), kind, self._day))
        now = before * self._fading ** (self._day - day)
        now[:-1] += row
        now[-1] += took
        known[person] = (now, kind, self._day)
        if len(known) > PERSONS_MAX:
            del known[next(iter(known))]

    def _empty(self) -> Sum:
        return Sum(np.zeros((self.size, self.size)), np.zeros(self.size), self._day)

    def _refresh(self, one: Sum) -> None:
        if one.day < self._day:
            faded = self._fading ** (self._day - one.day)
            one.products *= faded
            one.successes *= faded
            one.day = self._day
