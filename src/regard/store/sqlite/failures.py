"""What SQLite's errors mean in the one error tree: full, locked, not ours, damaged, our bug."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from regard.core.errors import Broken, Refused, RegardError, Unavailable


@contextmanager
def telling(path: Path) -> Iterator[None]:
    """Turn an error of SQLite into the one of ours that it means."""
    try:
        yield
    except sqlite3.Error as error:
        raise _told(error, path) from error


def _told(error: sqlite3.Error, path: Path) -> RegardError:
    code = getattr(error, "sqlite_errorcode", None)
    kind = None if code is None else code & 0xFF  # extended codes keep the kind in the low byte
    if kind in (sqlite3.SQLITE_FULL, sqlite3.SQLITE_IOERR):
        return Unavailable(
            f"The disk of {path} is full or failing: {error}.",
            retry_after_s=30,
            code="disk_full",
            hint="Nothing was acknowledged; free space and the senders will try again.",
        )
    if kind in (sqlite3.SQLITE_BUSY, sqlite3.SQLITE_LOCKED):
        return Unavailable(f"The store {path} is locked by another process.", code="locked")
    if kind == sqlite3.SQLITE_NOTADB:
        return Refused(f"{path} is not a store of Regard: {error}.", code="not_a_store")
    if kind in (sqlite3.SQLITE_CANTOPEN, sqlite3.SQLITE_READONLY, sqlite3.SQLITE_PERM):
        return Refused(
            f"The store {path} cannot be opened for writing: {error}.",
            code="store_not_writable",
            hint="Name a file in a folder that this process may write to.",
        )
    if kind == sqlite3.SQLITE_CORRUPT:
        return Refused(
            f"The store {path} is damaged: {error}.",
            code="store_damaged",
            hint="Keep the file, and restore a backup beside it.",
        )
    return Broken(f"The store {path} failed: {error}.")
