"""Stores: where the journal, the views and the outbox are kept.

`open_store` opens what a location names: a file path is the embedded SQLite store, ``:memory:``
the in-memory twin, ``postgresql://…`` a database of the company's own. All pass one contract
suite; none holds a rule of ours. PostgreSQL is loaded by name: only who uses it needs psycopg.
"""

from __future__ import annotations

from contextlib import AbstractContextManager
from importlib import import_module
from pathlib import Path
from typing import Any

from regard.core.errors import Refused
from regard.core.ports import Library
from regard.core.storage import Store
from regard.store.memory import MemoryStore
from regard.store.sqlite import SqliteLibrary, SqliteStore

__all__ = [
    "MemoryStore",
    "SqliteStore",
    "held_database",
    "is_address",
    "is_there",
    "open_library",
    "open_store",
    "shown",
]

_SCHEMES = ("postgresql", "postgres")


def is_address(location: str) -> bool:
    """Tell whether a location is an address of a database and no file."""
    return "://" in location


def is_there(location: str) -> bool:
    """Tell whether a store may be read at a location; an address is asked by opening it."""
    return is_address(location) or Path(location).is_file()


def open_store(
    location: str,
    *,
    adopt: bool = False,
    shares: bool = False,
    works: bool = True,
    moves: bool = False,
) -> Store:
    """Return the store at `location` (file path, ``:memory:``, URL), created when it is new.

    `adopt` takes over a copy whose original will never run again. A database may be opened by one
    process that `shares` it with others, and either `works` or only takes in and shows; a file is
    always one process's own. Who `moves` a store may open one that is marked by a move. Raises
    `Refused` when what is there is not a store of ours, has moved elsewhere, or is a copy that is
    not adopted; `Unavailable` when a database does not answer.
    """
    if is_address(location):
        opened: Store = _postgresql(location).PostgresqlStore(
            location, adopt=adopt, shares=shares, works=works, moves=moves
        )
        return opened
    if not works:
        raise Refused(
            f"The store {location} is a file: one process does everything over it.",
            code="one_process",
            hint="Run `regard serve` as it is, or keep the store in PostgreSQL.",
        )
    return (
        MemoryStore() if location == ":memory:" else SqliteStore(location, adopt=adopt, moves=moves)
    )


def open_library(location: str) -> Library:
    """Return read sessions on the store at `location`; whoever writes it goes on undisturbed.

    Raises `Refused` when there is no store.
    """
    if is_address(location):
        library: Library = _postgresql(location).PostgresqlLibrary(location)
        return library
    if not is_there(location):
        raise Refused(
            f"There is no store at {location}.",
            code="no_store",
            hint="Start one with `regard serve`, or name it with --store.",
        )
    return SqliteLibrary(location)


def held_database(location: str, *, shares: bool = False) -> AbstractContextManager[None]:
    """Return the kind lock of the writers of a database; entering raises `Refused`."""
    lock: AbstractContextManager[None] = _postgresql(location).held(location, shares=shares)
    return lock


def shown(location: str) -> str:
    """Return a location as it may be told: of an address without user, password and options."""
    return str(_postgresql(location).shown(location)) if is_address(location) else location


def _postgresql(location: str) -> Any:
    scheme = location.split("://", maxsplit=1)[0]
    if scheme not in _SCHEMES:
        raise Refused(
            f"There is no store for {scheme!r} locations.",
            code="unknown_store",
            hint="Name a file path, postgresql://…, or :memory:.",
        )
    try:
        return import_module("regard.store.postgresql")
    except ImportError as error:
        if error.name != "psycopg":
            raise
        raise Refused(
            "A store in PostgreSQL needs psycopg, which is not installed.",
            code="unknown_store",
            hint="pip install 'regard[postgresql]'",
        ) from error
