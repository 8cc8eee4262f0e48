"""Fencing and sharing one SQLite file.

One writer connection that one thread has at a time, a bounded pool of read-only sessions. A store
takes the fencing token when it opens; every write transaction checks that it still holds it, so
that two processes never both decide or send.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from pathlib import Path

from regard.core.errors import Fenced
from regard.core.storage import Crew, Writing
from regard.store.drawers.library import SqlLibrary
from regard.store.drawers.writing import VIEWS, SqlWriting
from regard.store.solo import Solo
from regard.store.sqlite.checkpointing import Checkpointer
from regard.store.sqlite.failures import telling
from regard.store.sqlite.link import SqliteLink
from regard.store.sqlite.mapping import FileMap
from regard.store.sqlite.schema import open_reader, open_writer
from regard.store.statements import load_statements
from regard.store.turns import Turn


class SqliteLibrary(SqlLibrary):
    """Read sessions on one file; safe beside the process that writes it, which it never fences."""

    def __init__(self, location: str) -> None:
        self._path = Path(location)
        super().__init__(
            location, lambda: SqliteLink(open_reader(self._path)), lambda: telling(self._path)
        )


class SqliteStore(SqliteLibrary):
    """The embedded store in one file.

    Raises `Refused` when the file is not a store of ours, is a copy that nobody adopted, or has
    moved elsewhere (whoever `moves` it may open it).
    """

    def __init__(self, location: str, *, adopt: bool = False, moves: bool = False) -> None:
        super().__init__(location)
        self._turn = Turn()
        self._fence = load_statements("fence")
        with telling(self._path):
            self._connection = open_writer(self._path, adopt=adopt, moves=moves)
            token = int(self._connection.execute(self._fence["take"]).fetchall()[0][0])
        self._writing = SqlWriting(SqliteLink(self._connection), token)
        self.crew: Crew = Solo()
        self._mapping = FileMap(self._connection, self._path)
        self._checkpointer = Checkpointer(self._path)
        self._is_syncing = True

    @contextmanager
    def writing(
        self,
        *,
        is_durable: bool = True,
        is_alone: bool = True,  # noqa: ARG002 - always
    ) -> Iterator[Writing]:
        """Begin a write transaction; commit on leaving, roll back on an exception.

        One that is not `is_durable` is not synced; the next durable one syncs it too, since the
        WAL is one file.
        """
        with self._turn.taken(), telling(self._path):
            self._refuse_when_closed()
            self._sync(is_durable=is_durable)
            self._connection.execute("BEGIN IMMEDIATE")
            try:
                self._check_fence()
                yield self._writing
                self._connection.execute("COMMIT")
                if self._checkpointer.note(self._connection.total_changes):
                    self._mapping.follow()
            except BaseException:
                self._writing.forget()
                # A full disk makes SQLite roll back by itself.
                if self._connection.in_transaction:
                    self._connection.execute("ROLLBACK")
                raise

    def beside(self) -> None:
        """Open none: a file has one writer."""

    def forget_views(self) -> None:
        """Empty every view that can be rebuilt from the journal."""
        with self.writing():
            for view in VIEWS:
                self._connection.execute(f"DELETE FROM {view}")  # noqa: S608 (our own names)
            self._writing.forget()

    def digest(self) -> Mapping[str, str]:
        """Return a hash of the bytes of each view by its name."""
        with self.reading() as session:
            return session.digest()

    def close(self) -> None:
        """Close every connection; the WAL is folded into the file."""
        super().close()
        with self._turn.taken():
            self._checkpointer.close()
            self._connection.close()

    def _sync(self, *, is_durable: bool) -> None:
        if is_durable is not self._is_syncing:
            level = "FULL" if is_durable else "NORMAL"
            self._connection.execute(f"PRAGMA synchronous = {level}")
            self._is_syncing = is_durable

    def _check_fence(self) -> None:
        row = self._connection.execute(self._fence["holder"]).fetchone()
        if int(row[0]) != self._writing.token:
            raise Fenced(
                f"Another process has opened {self._path} for writing since; this one stops.",
                hint="Run one `regard serve` per store.",
            )
