"""Stores: where the journal, the views and the outbox are kept.

`open_store` opens what a location names: a file path is the embedded SQLite store, ``:memory:``
the in-memory twin. Both pass one contract suite; neither holds a rule of ours.
"""

from __future__ import annotations

from regard.core.storage import Store
from regard.store.memory import MemoryStore
from regard.store.sqlite import SqliteStore

__all__ = ["MemoryStore", "SqliteStore", "open_store"]


def open_store(location: str) -> Store:
    """Return the store at `location` (a file path, or ``:memory:``), created when it is new."""
    return MemoryStore() if location == ":memory:" else SqliteStore(location)
