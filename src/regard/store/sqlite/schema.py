"""Connections to one SQLite file: checked to be ours, migrated, tuned.

A foreign or newer file is refused before anything is written to it. Migrations run inside one
transaction that excludes other processes, so that two starting at once migrate once.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator
from pathlib import Path
from time import monotonic, sleep

from regard.core.errors import Refused
from regard.store.marks import refuse_marked
from regard.store.sqlite.home import check_home
from regard.store.sqlite.mapping import map_file
from regard.store.statements import load_statements, migrations

APPLICATION_ID = 0x52475244
"""'RGRD' in the file's header; the first migration writes it."""

CACHE_KIB = 128_000
"""Page cache of the writer: hot persons and index roots of a million people stay in memory."""

CHECKPOINT_PAGES = 16_000
"""The WAL is folded into the file about every 64 MB: pages that change often are copied once."""

BUSY_MS = 5_000
"""How long another process may hold the file before we say that it is locked."""

STATEMENTS_MAX = 512
"""Prepared statements kept per connection: more than there are."""


def open_writer(path: Path, *, adopt: bool, moves: bool) -> sqlite3.Connection:
    """Return the writing connection of a store file, created or migrated when needed.

    Every commit is synced (synchronous=FULL). Raises `Refused` for a file that is not ours, newer
    than this program, a copy that is not adopted, or marked by a move (unless this one `moves` it).
    """
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
    except OSError as error:
        raise Refused(
            f"The folder of the store {path} cannot be made: {error.strerror}.",
            code="store_not_writable",
            hint="Name a file in a folder that this process may write to.",
        ) from error
    connection = sqlite3.connect(
        path, isolation_level=None, check_same_thread=False, cached_statements=STATEMENTS_MAX
    )
    try:
        connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
        _check_ours(connection, path)
        _log_ahead(connection)
        for pragma in (
            "synchronous = FULL",
            f"cache_size = -{CACHE_KIB}",
            "temp_store = MEMORY",
            f"wal_autocheckpoint = {CHECKPOINT_PAGES}",
        ):
            connection.execute(f"PRAGMA {pragma}")
        _migrate(connection)
        if not moves:
            marks = connection.execute(load_statements("fence")["marks"]).fetchall()
            refuse_marked(dict(marks), str(path))
        check_home(connection, path, adopt=adopt)
    except BaseException:
        connection.close()
        raise
    return connection


def open_reader(path: Path) -> sqlite3.Connection:
    """Return a connection that only reads. Raises `Refused` when there is no store of ours."""
    connection = sqlite3.connect(
        f"{path.absolute().as_uri()}?mode=ro",
        uri=True,
        isolation_level=None,
        check_same_thread=False,
        cached_statements=STATEMENTS_MAX,
    )
    try:
        connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
        map_file(connection)
        _check_ours(connection, path)
        _check_migrated(connection, path)
    except BaseException:
        connection.close()
        raise
    return connection


def _log_ahead(connection: sqlite3.Connection) -> None:
    """Switch to the write-ahead log; SQLite does not wait by itself for others that do so too."""
    last = monotonic() + BUSY_MS / 1_000
    while True:
        try:
            connection.execute("PRAGMA journal_mode = WAL")
        except sqlite3.OperationalError as error:
            if error.sqlite_errorcode != sqlite3.SQLITE_BUSY or monotonic() > last:
                raise
            sleep(0.01)
        else:
            return


def _check_ours(connection: sqlite3.Connection, path: Path) -> None:
    table_count = connection.execute("SELECT count(*) FROM sqlite_master").fetchone()[0]
    if table_count and _number(connection, "application_id") != APPLICATION_ID:
        raise Refused(
            f"{path} is a SQLite file of another program, not a store of Regard.",
            code="not_a_store",
            hint="Name another file.",
        )
    version, newest = _number(connection, "user_version"), migrations()[-1][0]
    if version > newest:
        raise Refused(
            f"The store {path} has schema {version}; this Regard knows up to {newest}.",
            code="store_too_new",
            hint="Upgrade Regard, or restore the backup made before the upgrade.",
        )


def _check_migrated(connection: sqlite3.Connection, path: Path) -> None:
    version, newest = _number(connection, "user_version"), migrations()[-1][0]
    if version < newest:
        raise Refused(
            f"The store {path} has schema {version or 'none yet'}; this Regard reads {newest}.",
            code="store_too_old",
            hint="Start `regard serve` once: it brings the store up to date.",
        )


def _migrate(connection: sqlite3.Connection) -> None:
    known = migrations()
    if _number(connection, "user_version") == known[-1][0]:
        return
    connection.execute("BEGIN IMMEDIATE")
    version = _number(connection, "user_version")
    for number, script in known:
        if number > version:
            for statement in _statements(script):
                connection.execute(statement)
            connection.execute(f"PRAGMA user_version = {number}")
    connection.execute("COMMIT")


def _statements(script: str) -> Iterator[str]:
    """Yield the statements of a script; `executescript` would commit the transaction around it."""
    pending = ""
    for line in script.splitlines(keepends=True):
        pending += line
        if sqlite3.complete_statement(pending):
            yield pending
            pending = ""


def _number(connection: sqlite3.Connection, pragma: str) -> int:
    return int(connection.execute(f"PRAGMA {pragma}").fetchone()[0])
