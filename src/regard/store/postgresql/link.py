"""A connection to a PostgreSQL database as the drawers use it.

Batches go as columns: one statement over ``unnest`` for all rows. A connection that broke is
replaced when the next transaction begins, never inside one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import suppress
from operator import itemgetter
from typing import Any, cast

import psycopg
from psycopg.pq import TransactionStatus

from regard.core.errors import Broken
from regard.store.drawers.link import Rows
from regard.store.encoding import encode
from regard.store.postgresql.connecting import Connection
from regard.store.postgresql.statements import statements_of

WRITER_LOCK = 0x52475244
"""'RGRD': the advisory lock of the one write transaction at a time, in each database its own."""

_BEGIN_READING = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT 1"

# Three statements in one message, each with a snapshot of its own: the token is read after the
# lock was got, so it is the latest.
_LOCK_AND_READ = (  # the number is WRITER_LOCK
    "SELECT pg_advisory_xact_lock(1380405828); SELECT value FROM meta WHERE name = 'token'"
)
_BEGIN_DURABLE = f"BEGIN ISOLATION LEVEL READ COMMITTED; {_LOCK_AND_READ}"
_BEGIN_LIGHT = (
    "BEGIN ISOLATION LEVEL READ COMMITTED; SET LOCAL synchronous_commit = off; " + _LOCK_AND_READ
)


class PostgresqlLink:
    """Implements `store.drawers.link.Link`."""

    clash = psycopg.IntegrityError

    def __init__(self, opened: Callable[[], Connection]) -> None:
        self._opened = opened
        self._connection = opened()
        self._keys: dict[str, tuple[int, ...]] = {}

    def execute(self, statement: str, values: Any = (), /) -> Rows:
        return cast(Rows, self._connection.execute(statement, values, binary=True))

    def executemany(self, statement: str, rows: Sequence[Sequence[Any]], /) -> int:
        if not rows:
            return 0
        key = self._keys.get(statement)
        if key is None:
            with self._connection.cursor() as cursor:
                cursor.executemany(statement, rows)
                return cursor.rowcount
        return sum(self._batch(statement, some) for some in _rounds(rows, key))

    def statements(self, name: str, /) -> Mapping[str, str]:
        found = statements_of(name)
        self._keys.update(found.keys)
        return found.texts

    def keys(self, values: Sequence[Any], /) -> list[Any]:
        return list(values)

    def marks(self, values: Sequence[bytes], /) -> list[bytes]:
        return list(values)

    def pairs(self, values: Sequence[tuple[int, int]], /) -> str:
        return encode(values).decode()

    def begin_reading(self) -> None:
        self._begin(_BEGIN_READING)

    def end_reading(self) -> None:
        # Not ROLLBACK: at one, psycopg throws away what is prepared.
        if self._connection.info.transaction_status == TransactionStatus.INERROR:
            self.rollback()
        elif not self._connection.closed:
            self._connection.execute("COMMIT")

    def begin_writing(self, *, is_durable: bool) -> int:
        """Begin the one write transaction of the moment; return the token of the writer."""
        cursor = self._begin(_BEGIN_DURABLE if is_durable else _BEGIN_LIGHT)
        while cursor.nextset():
            pass
        row = cursor.fetchone()
        return 0 if row is None else int(cast(str, row[0]))

    def commit(self) -> None:
        """Commit; raise `Broken` when a statement failed on the way and somebody went on."""
        if self._connection.execute("COMMIT").statusmessage != "COMMIT":
            raise Broken("A statement failed inside a transaction that was to be committed.")

    def rollback(self) -> None:
        """Take back what was not committed; a connection that is gone has done so."""
        with suppress(psycopg.Error):
            self._connection.execute("ROLLBACK")

    def close(self) -> None:
        self._connection.close()

    def _begin(self, statements: str) -> psycopg.Cursor[tuple[object, ...]]:
        try:
            return self._connection.execute(statements, prepare=False)
        except psycopg.OperationalError:
            if not self._connection.closed:
                self.rollback()
                raise
        self._connection = self._opened()
        return self._connection.execute(statements, prepare=False)

    def _batch(self, statement: str, rows: Sequence[Sequence[Any]]) -> int:
        columns = [list(column) for column in zip(*rows, strict=True)]
        return self._connection.execute(statement, columns).rowcount


def _rounds(
    rows: Sequence[Sequence[Any]], key: tuple[int, ...]
) -> Iterator[Sequence[Sequence[Any]]]:
    """Yield rows in their order, cut wherever a key comes again."""
    if not key:
        yield rows
        return
    key_of = itemgetter(*key)
    seen: set[Any] = set()
    first = 0
    for place, row in enumerate(rows):
        own = key_of(row)
        if own in seen:
            yield rows[first:place]
            seen, first = set(), place
        seen.add(own)
    yield rows[first:]
