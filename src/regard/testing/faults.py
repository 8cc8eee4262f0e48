"""A store that fails in the middle: the disk is full, or our own code breaks, at a seeded write.

Wraps any `core.storage.Store` and is one. Before each changing verb, and before the commit, it
asks `trip` whether to raise; the real store then rolls back. The simulator, which is also asked
right after the commit, and the tests of the loop use it to show that a transaction happens wholly
or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any, cast

from regard.core.ports import Reading
from regard.core.storage import (
    Crew,
    GraphDrawer,
    JournalDrawer,
    QueueDrawer,
    RegisterDrawer,
    RolloutDrawer,
    StateDrawer,
    Store,
    Writing,
)

CHANGING = frozenset(
    {"append", "save", "advance", "done", "project", "claim", "keep", "keep_program"}
)
"""Verbs of the drawers that write."""

COMMITTED = "committed"
"""What `trip` is asked when the transaction is durable and nobody has been told yet."""

Trip = Callable[[str], None]
"""Gets the verb that is about to write (``journal.append``, ``commit``); raises or returns."""


def always() -> bool:
    """Answer that every transaction is watched."""
    return True


class FaultyStore:
    """A store whose writes ask `trip` first, in every transaction for which `is_watched` says so.

    Being asked write by write costs more than most transactions: a simulator, which knows at the
    beginning whether one is to fail, has only those watched.
    """

    def __init__(
        self,
        store: Store,
        trip: Trip,
        is_watched: Callable[[], bool] = always,
        *,
        asks_after_commit: bool = False,
    ) -> None:
        self.store = store
        self._trip = trip
        self._is_watched = is_watched
        self._asks_after_commit = asks_after_commit

    @property
    def crew(self) -> Crew:
        """The crew of the wrapped store."""
        return self.store.crew

    def writing(
        self, *, is_durable: bool = True, is_alone: bool = True
    ) -> AbstractContextManager[Writing]:
        """Begin a write transaction that may fail at any of its writes or at its commit."""
        if self._is_watched():
            return self._watched(is_durable=is_durable, is_alone=is_alone)
        return self.store.writing(is_durable=is_durable, is_alone=is_alone)

    @contextmanager
    def _watched(self, *, is_durable: bool, is_alone: bool) -> Iterator[Writing]:
        with self.store.writing(is_durable=is_durable, is_alone=is_alone) as writing:
            yield FaultyWriting(writing, self._trip)
            self._trip("commit")
        if self._asks_after_commit:
            self._trip(COMMITTED)

    def reading(self) -> AbstractContextManager[Reading]:
        """Open a read session; reading never fails."""
        return self.store.reading()

    def beside(self) -> None:
        """Open none: every write is to be tripped in the order in which it is asked for."""

    def forget_views(self) -> None:
        """Empty every view that can be rebuilt."""
        self.store.forget_views()

    def digest(self) -> Mapping[str, str]:
        """Return a hash of the bytes of each view by its name."""
        return self.store.digest()

    def close(self) -> None:
        """Close the wrapped store."""
        self.store.close()


class FaultyWriting:
    """The drawers of a transaction, each asking `trip` before it writes."""

    def __init__(self, writing: Writing, trip: Trip) -> None:
        self.token = writing.token
        self.journal = cast(JournalDrawer, _FaultyDrawer("journal", writing.journal, trip))
        self.graph = cast(GraphDrawer, _FaultyDrawer("graph", writing.graph, trip))
        self.states = cast(StateDrawer, _FaultyDrawer("states", writing.states, trip))
        self.registers = cast(RegisterDrawer, _FaultyDrawer("registers", writing.registers, trip))
        self.rollouts = cast(RolloutDrawer, _FaultyDrawer("rollouts", writing.rollouts, trip))
        self.queue = cast(QueueDrawer, _FaultyDrawer("queue", writing.queue, trip))
        self.belongings = writing.belongings
        self.marks = writing.marks
        self.alone = writing.alone


class _FaultyDrawer:
    def __init__(self, name: str, drawer: object, trip: Trip) -> None:
        self._name = name
        self._drawer = drawer
        self._trip = trip

    def __getattr__(self, verb: str) -> Any:
        if verb in CHANGING:
            self._trip(f"{self._name}.{verb}")
        return getattr(self._drawer, verb)
