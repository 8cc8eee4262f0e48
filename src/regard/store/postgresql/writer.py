"""What writes a shared database: one connection, the drawers over it, one thread at a time.

A process has one, and while it is behind a second one (`PostgresqlStore.beside`). Each has a token
of its own, by which one notices that the other has changed identifiers.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import contextmanager

from regard.store.postgresql.connecting import connect, shown
from regard.store.postgresql.failures import telling
from regard.store.postgresql.link import PostgresqlLink
from regard.store.postgresql.shares import Hands
from regard.store.postgresql.writing import SharedWriting
from regard.store.turns import Turn


class Writer:
    """Write transactions, one after the other, over a connection of its own.

    `token` is that under which it was opened, `hands` asks what it may step now. Raises
    `Unavailable` when the database does not answer.
    """

    def __init__(
        self, location: str, token: int, hands: Callable[[], Hands], *, is_shared: bool
    ) -> None:
        self._location = location
        self._turn = Turn()
        with telling(location):
            self.link = PostgresqlLink(lambda: connect(location), is_shared=is_shared)
        self._writing = SharedWriting(self.link, token, hands, shown(location))

    @contextmanager
    def writing(self, *, is_durable: bool, is_alone: bool) -> Iterator[SharedWriting]:
        """Begin a write transaction; commit on leaving, roll back on an exception."""
        with self._turn.taken(), telling(self._location):
            try:
                self._writing.begin(is_durable=is_durable, is_alone=is_alone)
                yield self._writing
                self.link.commit(is_durable=is_durable)
            except BaseException:
                self._writing.forget()
                self.link.rollback()
                raise

    def close(self) -> None:
        """Close the connection when whoever writes has ended."""
        with self._turn.taken():
            self.link.close()
