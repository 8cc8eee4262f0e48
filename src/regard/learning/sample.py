"""The newest occasions one by one, as arrays that grow: what tailoring is judged by.

Occasions go in as they end; a `Table` of occasions by engagements comes out at any time, and costs
what is new. Of those that fell out of the sample nothing is kept.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from regard.learning.estimating import Keys
from regard.learning.occasions import Occasion
from regard.learning.scheme import KEYS, person_key
from regard.learning.sums import WAITING_MAX, Array

Mask = NDArray[np.bool_]

SAMPLE_MAX = 50_000
"""Occasions kept one by one, the newest: some 50 MB, and seconds to judge."""

FEW = 512
"""Rows that are made room for at first."""

_GAIN, _COST, _SHARE, _TOOK, _THERE = range(5)
_SILENT = -1


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


class Sample:
    """Keeps the newest occasions of one scheme of `size` features, at most `count_max`."""

    def __init__(self, size: int, count_max: int = SAMPLE_MAX) -> None:
        self._size, self._count_max = size, count_max
        self._columns: dict[str, int] = {}
        self._waiting: list[Occasion] = []
        self._count = 0
        self._features: Array = np.zeros((FEW, size + KEYS))
        self._persons: Keys = np.zeros(FEW, dtype=np.int64)
        self._chosen: Keys = np.zeros(FEW, dtype=np.int64)
        self._silence: Array = np.zeros(FEW)
        self._cells: Array = np.zeros((5, FEW, 0))

    def add(self, occasion: Occasion) -> None:
        """Take the next occasion."""
        self._waiting.append(occasion)
        if len(self._waiting) >= WAITING_MAX:
            self._place()

    def table(self, names: Sequence[str]) -> Table:
        """Return the occasions on which nothing but these engagements competed, oldest first."""
        self._place()
        since = max(self._count - self._count_max, 0)
        cells = self._cells[:, since : self._count]
        columns = [self._columns[name] for name in names if name in self._columns]
        others = [column for name, column in self._columns.items() if name not in names]
        known = ~np.any(cells[_THERE][:, others] > 0, axis=1)
        found = np.zeros((5, int(np.sum(known)), len(names)))
        is_seen = [place for place, name in enumerate(names) if name in self._columns]
        found[:, :, is_seen] = cells[:, known][:, :, columns]
        # The last one is found by -1: silence.
        places: Keys = np.full(len(self._columns) + 1, len(names), dtype=np.int64)
        places[columns] = is_seen
        features = self._features[since : self._count][known]
        return Table(
            names=tuple(names),
            rows=features[:, : self._size],
            types=features[:, self._size].astype(np.int64),
            persons=self._persons[since : self._count][known],
            there=found[_THERE] > 0,
            gain=found[_GAIN],
            cost=found[_COST],
            share=found[_SHARE],
            took=found[_TOOK],
            chosen=places[self._chosen[since : self._count][known]],
            silence=self._silence[since : self._count][known],
        )

    def _place(self) -> None:
        """Put what waits behind what is there."""
        new, self._waiting = self._waiting, []
        if not new:
            return
        for occasion in new:
            for option in occasion.options:
                self._columns.setdefault(option.engagement, len(self._columns))
        self._make_room(len(new))
        start, end = self._count, self._count + len(new)
        self._count = end
        self._features[start:end] = [occasion.features for occasion in new]
        self._persons[start:end] = [person_key(occasion.person_id) for occasion in new]
        self._chosen[start:end] = [self._column(occasion) for occasion in new]
        self._silence[start:end] = [occasion.silence for occasion in new]
        told = [
            (turn, self._columns[o.engagement], o.gain, o.cost, o.chance, o.took, 1.0)
            for turn, occasion in enumerate(new, start)
            for o in occasion.options
        ]
        cells = np.array(told, dtype=np.float64).reshape(-1, 7).T
        turns, columns = cells[0].astype(np.int64), cells[1].astype(np.int64)
        self._cells[:, turns, columns] = cells[2:]

    def _column(self, occasion: Occasion) -> int:
        if occasion.chosen < 0:
            return _SILENT
        return self._columns[occasion.options[occasion.chosen].engagement]

    def _make_room(self, count: int) -> None:
        """Forget what is too old once half of it is, and double what is too small."""
        if self._count > 2 * self._count_max:
            since = self._count - self._count_max
            self._move(slice(since, self._count), len(self._features))
        room = len(self._features)
        while room < self._count + count:
            room *= 2
        if room > len(self._features) or len(self._columns) > self._cells.shape[2]:
            self._move(slice(0, self._count), room)

    def _move(self, kept: slice, room: int) -> None:
        """Let all arrays begin with what is kept, and have room for so many rows."""
        count = kept.stop - kept.start
        for name in ("_features", "_persons", "_chosen", "_silence"):
            before = getattr(self, name)
            after = np.zeros((room, *before.shape[1:]), dtype=before.dtype)
            after[:count] = before[kept]
            setattr(self, name, after)
        cells = np.zeros((5, room, len(self._columns)))
        cells[:, :count, : self._cells.shape[2]] = self._cells[:, kept]
        self._cells, self._count = cells, count
