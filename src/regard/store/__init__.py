"""Stores: where the journal, the views and the outbox are kept.

`open_store` opens what a location names: a file path is the embedded SQLite store, ``:memory:``
the in-memory twin. Both pass one contract suite; neither holds a rule of ours.
"""

from __future__ import annotations

from pathlib import Path

from regard.core.errors import Refused
from regard.core.ports import Library
from regard.core.storage import Store
from regard.store.memory import MemoryStore
from regard.store.sqlite import SqliteLibrary, SqliteStore

__all__ = ["MemoryStore", "SqliteStore", "open_library", "open_store"]


def open_store(location: str, *, adopt: bool = False) -> Store:
    """Return the store at `location` (a file path, or ``:memory:``), created when it is new.

    `adopt` takes over a copy whose original will never run again. Raises `Refused` when the file
    is not a store of ours, is a copy that is not adopted, or the location is a URL.
    """
    if "://" in location:
        scheme = location.split("://", maxsplit=1)[0]
        raise Refused(
            f"There is no store for {scheme!r} locations.",
            code="unknown_store",
            hint="Name a file path, or :memory:.",
        )
    return MemoryStore() if location == ":memory:" else SqliteStore(location, adopt=adopt)


def open_library(location: str) -> Library:
    """Return read sessions on the store at `location`; whoever writes it goes on undisturbed.

    Raises `Refused` when there is no store.
    """
    if not Path(location).is_file():
        raise Refused(
            f"There is no store at {location}.",
            code="no_store",
            hint="Start one with `regard serve`, or name it with --store.",
        )
    return SqliteLibrary(location)
