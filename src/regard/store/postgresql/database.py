"""Opening one PostgreSQL database: for itself, or as one of a crew.

One writer connection that one thread has at a time, a bounded pool of read-only sessions. Every
transaction takes the advisory lock before it changes anything, so that offsets follow each other
and two processes never both decide or send.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager

from regard.core import storage as core
from regard.store.drawers.library import SqlLibrary
from regard.store.drawers.writing import VIEWS
from regard.store.marks import refuse_marked
from regard.store.postgresql.connecting import Connection, connect, number_in, shown
from regard.store.postgresql.crew import LEASE_S, Crew, Member, members_of
from regard.store.postgresql.failures import telling
from regard.store.postgresql.home import check_home
from regard.store.postgresql.link import WRITER_LOCK, PostgresqlLink
from regard.store.postgresql.schema import check_readable, migrate, migrations
from regard.store.postgresql.shares import EVERY_SHARE, Hands
from regard.store.postgresql.statements import statements_of
from regard.store.postgresql.writing import SharedWriting
from regard.store.solo import Solo
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

    With `shares` it takes part in a crew of processes that all write it, and steps people if it
    `works`; without, it is the only writer from now on, and whoever wrote before is fenced off.
    Raises `Refused` when the database is not a store of ours, is a copy that nobody adopted, or has
    moved elsewhere (whoever `moves` it may open it).
    """

    def __init__(
        self,
        location: str,
        *,
        adopt: bool = False,
        shares: bool = False,
        works: bool = True,
        moves: bool = False,
        lease_s: float = LEASE_S,
    ) -> None:
        super().__init__(location)
        self._turn = Turn()
        with telling(location):
            token = self._open(adopt=adopt, is_only=not shares, moves=moves)
        self._crew = Crew(location, works=works, lease_s=lease_s) if shares else None
        self._only = Hands(token, EVERY_SHARE, is_only=True, is_current=True)
        self.crew: core.Crew = self._crew or Solo()
        with telling(location):
            self._link = PostgresqlLink(lambda: connect(location), is_shared=shares)
        self._writing = SharedWriting(self._link, token, self._hands, self._place)

    @contextmanager
    def writing(self, *, is_durable: bool = True, is_alone: bool = True) -> Iterator[core.Writing]:
        """Begin a write transaction; commit on leaving, roll back on an exception.

        One that is not `is_durable` does not wait for the disk; PostgreSQL writes its log in order,
        so the next durable one makes both durable.
        """
        with self._turn.taken(), self._telling():
            self._refuse_when_closed()
            try:
                self._writing.begin(is_durable=is_durable, is_alone=is_alone)
                yield self._writing
                self._link.commit(is_durable=is_durable)
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

    def members(self) -> list[Member]:
        """Return the processes that take part, or did of late, those that began first first."""
        with self._telling(), connect(self._location) as connection:
            return members_of(connection)

    def close(self) -> None:
        """Close every connection; what this process had in hand is free for others."""
        super().close()
        if self._crew is not None:
            self._crew.leave()
        with self._turn.taken():
            self._link.close()

    def _hands(self) -> Hands:
        return self._crew.hands if self._crew is not None else self._only

    def _open(self, *, adopt: bool, is_only: bool, moves: bool) -> int:
        """Bring the tables up to date; return a token of this opening."""
        fence, crew = statements_of("fence").texts, statements_of("crew").texts
        with connect(self._location) as connection:
            migrate(connection, self._location, migrations())
            with connection.transaction():
                connection.execute(f"SELECT pg_advisory_xact_lock({WRITER_LOCK})")
                if not moves:
                    marks = connection.execute(fence["marks"]).fetchall()
                    refuse_marked({str(name): str(value) for name, value in marks}, self._place)
                check_home(connection, self._location, adopt=adopt)
                token = number_in(connection.execute(fence["count_up"]).fetchone())
                connection.execute(fence["begin_marks"])
                connection.execute(crew["begin_shares"])
                if is_only:
                    connection.execute(fence["take"], (str(token),))
                    connection.execute(crew["expel"])
        return token
