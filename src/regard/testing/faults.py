"""A store that fails in the middle: the disk is full, or our own code breaks, at a seeded write.

Wraps any `core.storage.Store` and is one. Before each changing verb, and before the commit, it
asks `trip` whether to raise; the real store then rolls back. The simulator and the tests of the
loop use it to show that a transaction happens wholly or not at all.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from typing import Any, cast

from regard.core.ports import Reading
from regard.core.storage import (
    GraphDrawer,
    JournalDrawer,
    RegisterDrawer,
    StateDrawer,
    Store,
    Writing,
)

CHANGING = frozenset({"append", "save", "advance", "project", "claim", "keep"})
"""Verbs of the four drawers that write."""

Trip = Callable[[str], None]
"""Gets the verb that is about to write (``journal.append``, ``commit``); raises or returns."""


class FaultyStore:
    """A store whose every write asks `trip` first."""

    def __init__(self, store: Store, trip: Trip) -> None:
        self.store = store
        self._trip = trip

    @contextmanager
    def writing(self, *, is_durable: bool = True) -> Iterator[Writing]:
        """Begin a write transaction that may fail at any of its writes or at its commit."""
        with self.store.writing(is_durable=is_durable) as writing:
            yield FaultyWriting(writing, self._trip)
            self._trip("commit")

    def reading(self) -> AbstractContextManager[Reading]:
        """Open a read session; reading never fails."""
        return self.store.reading()

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
    """The four drawers of a transaction, each asking `trip` before it writes."""

    def __init__(self, writing: Writing, trip: Trip) -> None:
        self.token = writing.token
        self.journal = cast(JournalDrawer, _FaultyDrawer("journal", writing.journal, trip))
        self.graph = cast(GraphDrawer, _FaultyDrawer("graph", writing.graph, trip))
        self.states = cast(StateDrawer, _FaultyDrawer("states", writing.states, trip))
        self.registers = cast(RegisterDrawer, _FaultyDrawer("registers", writing.registers, trip))


class _FaultyDrawer:
    def __init__(self, name: str, drawer: object, trip: Trip) -> None:
        self._name = name
        self._drawer = drawer
        self._trip = trip

    def __getattr__(self, verb: str) -> Any:
        if verb in CHANGING:
            self._trip(f"{self._name}.{verb}")
        return getattr(self._drawer, verb)
