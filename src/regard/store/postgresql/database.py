"""Opening one PostgreSQL database: for itself, or as one of a crew.

One writer connection that one thread has at a time, a second one while the process is behind, a
bounded pool of read-only sessions. Every transaction takes the advisory lock before it changes
anything, so that offsets follow each other and two processes never both decide or send.
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
from regard.store.postgresql.second import SecondStore
from regard.store.postgresql.shares import EVERY_SHARE, Hands
from regard.store.postgresql.statements import statements_of
from regard.store.postgresql.writer import Writer
from regard.store.solo import Solo


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
        with telling(location):
            token = self._open(adopt=adopt, is_only=not shares, moves=moves)
        self._crew = Crew(location, works=works, lease_s=lease_s) if shares else None
        self._only = Hands(token, EVERY_SHARE, is_only=True, is_current=True)
        self.crew: core.Crew = self._crew or Solo()
        self._is_halved = False
        self._regained_count = 0
        self._writer = Writer(location, token, self._hands, is_shared=shares)

    @contextmanager
    def writing(self, *, is_durable: bool = True, is_alone: bool = True) -> Iterator[core.Writing]:
        """Begin a write transaction; commit on leaving, roll back on an exception.

        One that is not `is_durable` does not wait for the disk; PostgreSQL writes its log in order,
        so the next durable one makes both durable.
        """
        self._refuse_when_closed()
        with self._writer.writing(is_durable=is_durable, is_alone=is_alone) as writing:
            yield writing

    def beside(self) -> core.Store | None:
        """Open a second writer, which has every second share until it is closed.

        Called, and closed, by the thread that writes here, between two transactions. None where
        nobody shares the store, nothing is stepped, or there is a second one.
        """
        if self._crew is None or not self._crew.works or self._is_halved:
            return None
        with self._telling(), connect(self._location) as connection:
            token = number_in(
                connection.execute(statements_of("fence").texts["count_up"]).fetchone()
            )
        second = Writer(self._location, token, lambda: self._crew_hands().half(1), is_shared=True)
        self._is_halved = True
        return SecondStore(self, second, self._regain)

    def forget_views(self) -> None:
        """Empty every view that can be rebuilt from the journal."""
        with self._writer.writing(is_durable=True, is_alone=True) as writing:
            for view in VIEWS:
                # Not TRUNCATE: readers of an older moment would find the tables empty.
                self._writer.link.execute(f"DELETE FROM {view}")  # noqa: S608 (our own names)
            writing.forget()

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
        self._writer.close()

    def _hands(self) -> Hands:
        """Return what the first writer may step now."""
        if self._crew is None:
            return self._only
        hands = self._crew_hands()
        return hands.half(0) if self._is_halved else hands

    def _crew_hands(self) -> Hands:
        """Return what this process has; what it has again was the second writer's meanwhile."""
        hands = self._only if self._crew is None else self._crew.hands
        return hands._replace(change=hands.change + self._regained_count)

    def _regain(self) -> None:
        self._regained_count += 1
        self._is_halved = False

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
