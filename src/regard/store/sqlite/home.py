"""The restored snapshot (PAINS): a copy of a store must not say again what the original said.

A store remembers which file it is: device, inode, and a mark that is put on the file beside its
content (an extended attribute), since a disk gives the inode of a file that went to the next one. A
backup that is restored, or a file copied to another machine, is another file: it is refused for
writing until somebody says that the original will never run again (`adopt`). Moving a file within
its disk keeps both. Where a disk keeps no marks, device and inode have to do.
"""

from __future__ import annotations

import os
import secrets
import sqlite3
from pathlib import Path

from regard.core.errors import Refused
from regard.store.statements import load_statements

MARK = "user.regard.home"
"""The name of the attribute; `cp`, archives and SQLite's backup leave attributes behind."""


def check_home(connection: sqlite3.Connection, path: Path, *, adopt: bool) -> None:
    """Remember which file this store is; raise `Refused` when it was another one before."""
    if _known_home(connection) == _home(path, _mark(path)):
        return
    # Of several that open a new file at once the first marks it; the others look again behind it.
    connection.execute("BEGIN IMMEDIATE")
    try:
        _settle(connection, path, adopt=adopt)
    except BaseException:
        connection.execute("ROLLBACK")
        raise
    connection.execute("COMMIT")


def _settle(connection: sqlite3.Connection, path: Path, *, adopt: bool) -> None:
    known = _known_home(connection)
    if known == _home(path, _mark(path)):
        return
    if known and not adopt:
        raise Refused(
            f"The store {path} is a copy: what it holds may have been said by the original since.",
            code="copied_store",
            hint="If the original will never run again, start once with `regard serve --adopt`.",
        )
    home = _home(path, _new_mark(path))
    connection.execute(load_statements("fence")["settle"], (home,)).fetchall()


def _known_home(connection: sqlite3.Connection) -> str:
    """Return the file that the store was when it was last opened for writing; empty: never."""
    row = connection.execute(load_statements("fence")["home"]).fetchone()
    return "" if row is None else str(row[0])


def _home(path: Path, mark: str) -> str:
    status = path.stat()
    return f"{status.st_dev}:{status.st_ino}:{mark}"


def _mark(path: Path) -> str:
    """Return the mark on a file, empty when it has none."""
    try:
        return os.getxattr(path, MARK).decode()
    except (OSError, AttributeError):  # none, no room for any here, or not a system that has them
        return ""


def _new_mark(path: Path) -> str:
    """Put a mark of its own on a file, and return what is there then."""
    try:
        os.setxattr(path, MARK, secrets.token_hex(8).encode())
    except (OSError, AttributeError):
        return ""
    return _mark(path)
