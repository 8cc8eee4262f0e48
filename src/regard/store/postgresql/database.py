"""Fencing and sharing one PostgreSQL database.

One writer connection that one thread has at a time, a bounded pool of read-only sessions. A store
takes the fencing token when it opens; every write transaction takes the advisory lock and then
checks that it still holds it, so that two processes never both decide or send.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from regard.core.errors import Fenced
from regard.core.storage import Writing
from regard.store.drawers.library import SqlLibrary
from regard.store.drawers.writing import VIEWS, SqlWriting
from regard.store.postgresql.connecting import Connection, connect, shown
from regard.store.postgresql.failures import telling
from regard.store.postgresql.home import check_home
from regard.store.postgresql.link import WRITER_LOCK, PostgresqlLink
from regard.store.postgresql.schema import check_readable, migrate, migrations
from regard.store.postgresql.statements import statements_of
from regard.store.turns import Turn


class PostgresqlLibrary(SqlLibrary):
    """Read sessions on one database; safe beside the process that writes it."""

    def __init__(self, location: str) -> None:
        self._location = location
        super().__init__(
            shown(location),
            lambda: PostgresqlLink(self._reader),
            lambda: telling(location),
        )

    def _reader(self) -> Connection:
        connection = connect(self._location)
        try:
            check_readable(connection, self._location, migrations())
        except BaseException:
            connection.close()
            raise
        return connection


class PostgresqlStore(PostgresqlLibrary):
    """The store in a database of the company's own.

    Raises `Refused` when the database is not a store of ours, or is a copy that nobody adopted.
    """

    def __init__(self, location: str, *, adopt: bool = False) -> None:
        super().__init__(location)
        self._turn = Turn()
        with telling(location):
            token = self._take(adopt=adopt)
            self._link = PostgresqlLink(lambda: connect(location))
        self._writing = SqlWriting(self._link, token)

    @contextmanager
    def writing(self, *, is_durable: bool = True) -> Iterator[Writing]:
        """Begin a write transaction; commit on leaving, roll back on an exception.

        One that is not `is_durable` does not wait for the disk; PostgreSQL writes its log in order,
        so the next durable one makes both durable.
        """
        with self._turn.taken(), self._telling():
            self._refuse_when_closed()
            token = self._link.begin_writing(is_durable=is_durable)
            try:
                self._check_fence(token)
                yield self._writing
                self._link.commit()
            except BaseException:
                self._writing.forget()
                self._link.rollback()
                raise

    def forget_views(self) -> None:
        """Empty every view that can be rebuilt from the journal."""
        with self.writing():
            for view in VIEWS:
                # Not TRUNCATE: readers of an older moment would find the tables empty.
                self._link.execute(f"DELETE FROM {view}")  # noqa: S608 (our own names)
            self._writing.forget()

    def digest(self) -> Mapping[str, str]:
        """Return a hash of the bytes of each view by its name."""
        with self.reading() as session:
            return session.digest()

    def close(self) -> None:
        """Close every connection."""
        super().close()
        with self._turn.taken():
            self._link.close()

    def _take(self, *, adopt: bool) -> int:
        """Bring the tables up to date and become the writer; return the new token."""
        with connect(self._location) as connection:
            migrate(connection, self._location, migrations())
            with connection.transaction():
                connection.execute(f"SELECT pg_advisory_xact_lock({WRITER_LOCK})")
                check_home(connection, self._location, adopt=adopt)
                row = connection.execute(statements_of("fence").texts["take"]).fetchone()
        return int(str(row[0])) if row else 0

    def _check_fence(self, token: int) -> None:
        if token != self._writing.token:
            raise Fenced(
                f"Another process has opened {self._place} for writing since; this one stops.",
                hint="Run one `regard serve` per store.",
            )
