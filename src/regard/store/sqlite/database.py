"""Opening, migrating, fencing and sharing one SQLite file.

One writer connection guarded by a lock, a bounded pool of read-only connections. A store takes
the fencing token when it opens; every write transaction checks that it still holds it, so that
two processes never both decide or send.
"""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from pathlib import Path
from queue import Empty, LifoQueue
from threading import Lock

from regard.core.errors import Broken, Fenced, Refused, Unavailable
from regard.core.ports import Reading
from regard.core.rows import MessageRow
from regard.core.storage import Writing
from regard.store.sqlite.graph import SqliteGraph
from regard.store.sqlite.journal import SqliteJournal
from regard.store.sqlite.reading import SqliteReading
from regard.store.sqlite.registers import SqliteRegisters
from regard.store.sqlite.rows import message_of
from regard.store.sqlite.states import SqliteStates
from regard.store.statements import load_statements, migrations

READERS_MAX = 16
"""Idle read connections kept; more are opened when needed and closed after use."""

CACHE_KIB = 128_000
"""Page cache of the writer: hot persons and index roots of a million people stay in memory."""

BUSY_MS = 5_000

_VIEWS = (
    *("identifier", "edge", "cluster", "login", "forward", "stale", "person"),
    *("timer", "promise", "message", "case_opened", "tally", "cursor"),
)


class SqliteWriting:
    """The four drawers over the writer connection, inside one transaction."""

    def __init__(self, connection: sqlite3.Connection, token: int) -> None:
        self.token = token
        self.journal = SqliteJournal(connection)
        self.graph = SqliteGraph(connection)
        self.states = SqliteStates(connection)
        self.registers = SqliteRegisters(connection)


class SqliteStore:
    """The embedded store in one file. Raises `Refused` when the file is not a store of ours."""

    def __init__(self, location: str) -> None:
        self._path = Path(location)
        self._path.parent.mkdir(parents=True, exist_ok=True)
        self._lock = Lock()
        self._connection = self._open_writer()
        self._readers: LifoQueue[sqlite3.Connection] = LifoQueue(READERS_MAX)
        token = self._take_fence()
        self._writing = SqliteWriting(self._connection, token)
        self._abandoned = load_statements("registers")["abandoned"]

    @contextmanager
    def writing(self) -> Iterator[Writing]:
        """Begin a write transaction; commit on leaving, roll back on an exception."""
        with self._lock:
            self._execute("BEGIN IMMEDIATE")
            try:
                self._check_fence()
                yield self._writing
                self._execute("COMMIT")
            except BaseException as error:
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                if isinstance(error, sqlite3.OperationalError):
                    raise _told(error, self._path) from error
                raise

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        """Open a read session of one consistent moment."""
        try:
            connection = self._readers.get_nowait()
        except Empty:
            connection = self._open_reader()
        connection.execute("BEGIN")
        try:
            yield SqliteReading(connection)
        finally:
            connection.execute("ROLLBACK")
            if self._readers.full():
                connection.close()
            else:
                self._readers.put(connection)

    def abandoned(self) -> Sequence[MessageRow]:
        """Return messages claimed under an older token."""
        with self._lock:
            rows = self._connection.execute(self._abandoned, (self._writing.token,)).fetchall()
        return [message_of(row) for row in rows]

    def forget_views(self) -> None:
        """Empty every view that can be rebuilt from the journal."""
        with self._lock:
            self._execute("BEGIN IMMEDIATE")
            for view in _VIEWS:
                self._connection.execute(f"DELETE FROM {view}")  # noqa: S608 (our own names)
            self._execute("COMMIT")

    def close(self) -> None:
        """Close every connection; the WAL is folded into the file."""
        while not self._readers.empty():
            self._readers.get_nowait().close()
        with self._lock:
            self._connection.close()

    def _open_writer(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            self._path, isolation_level=None, check_same_thread=False, cached_statements=512
        )
        try:
            for pragma in (
                f"busy_timeout = {BUSY_MS}",
                "journal_mode = WAL",
                "synchronous = FULL",
                f"cache_size = -{CACHE_KIB}",
                "temp_store = MEMORY",
                "wal_autocheckpoint = 4000",
            ):
                connection.execute(f"PRAGMA {pragma}")
            _migrate(connection)
        except sqlite3.DatabaseError as error:
            connection.close()
            raise _told(error, self._path) from error
        return connection

    def _open_reader(self) -> sqlite3.Connection:
        connection = sqlite3.connect(
            f"{self._path.absolute().as_uri()}?mode=ro",
            uri=True,
            isolation_level=None,
            check_same_thread=False,
        )
        connection.execute(f"PRAGMA busy_timeout = {BUSY_MS}")
        return connection

    def _take_fence(self) -> int:
        row = self._connection.execute(
            "INSERT INTO meta (name, value) VALUES ('token', '1') "
            "ON CONFLICT (name) DO UPDATE SET value = CAST(value AS INTEGER) + 1 RETURNING value"
        ).fetchone()
        return int(row[0])

    def _check_fence(self) -> None:
        row = self._connection.execute("SELECT value FROM meta WHERE name = 'token'").fetchone()
        if int(row[0]) != self._writing.token:
            raise Fenced(
                f"Another process has opened {self._path} for writing since; this one stops.",
                hint="Run one `regard serve` per store.",
            )

    def _execute(self, statement: str) -> None:
        try:
            self._connection.execute(statement)
        except sqlite3.OperationalError as error:
            raise _told(error, self._path) from error


def _migrate(connection: sqlite3.Connection) -> None:
    version = connection.execute("PRAGMA user_version").fetchone()[0]
    known = migrations()
    if version > known[-1][0]:
        raise Refused(
            f"The store has schema {version}; this Regard knows up to {known[-1][0]}.",
            hint="Upgrade Regard, or restore the backup made before the upgrade.",
        )
    for number, script in known:
        if number > version:
            connection.executescript(
                f"BEGIN IMMEDIATE; {script} PRAGMA user_version = {number}; COMMIT;"
            )


def _told(error: sqlite3.DatabaseError, path: Path) -> Exception:
    """Return the error of ours that a SQLite error means."""
    text = str(error)
    if "full" in text or "disk I/O" in text:
        return Unavailable(
            f"The disk of {path} is full or failing: {text}.",
            retry_after_s=30,
            code="disk_full",
            hint="Nothing was acknowledged; free space and the senders will try again.",
        )
    if "locked" in text or "busy" in text:
        return Unavailable(f"The store {path} is locked by another process.", code="locked")
    if "not a database" in text or "malformed" in text:
        return Refused(f"{path} is not a store of Regard: {text}.", code="not_a_store")
    return Broken(f"The store {path} failed: {text}.")
