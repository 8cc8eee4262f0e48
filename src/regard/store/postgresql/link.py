"""A connection to a PostgreSQL database as the drawers use it.

Batches go as columns: one statement over ``unnest`` for all rows (`sending`). A connection that
broke is replaced when the next transaction begins, never inside one.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from operator import itemgetter
from typing import Any, NamedTuple, cast

import psycopg
from psycopg.pq import TransactionStatus

from regard.core.errors import Broken
from regard.core.graph import Edge, Node
from regard.store.drawers.link import Rows
from regard.store.drawers.rows import Row, edge_of, edge_row, node_of, node_row
from regard.store.encoding import encode
from regard.store.postgresql.columns import packed
from regard.store.postgresql.connecting import Connection
from regard.store.postgresql.sending import Batch, Sender
from regard.store.postgresql.statements import statements_of

WRITER_LOCK = 0x52475244
"""'RGRD': the advisory lock of the one write transaction at a time, in each database its own."""

_BEGIN_READING = "BEGIN ISOLATION LEVEL REPEATABLE READ READ ONLY; SELECT 1"

_BEGIN = "BEGIN ISOLATION LEVEL READ COMMITTED; "
_LIGHT = "SET LOCAL synchronous_commit = off; "
_LOCK = f"SELECT pg_advisory_xact_lock({WRITER_LOCK}); "
_IDLE = "SET LOCAL idle_in_transaction_session_timeout = '3s'; "
_MARKS = "SELECT (SELECT value FROM meta WHERE name = 'fence'), "
_MARKS += "(SELECT value FROM meta WHERE name = 'graph'), "
_MARKS += '(SELECT max("offset") FROM journal), '
_MARKS += "(SELECT value FROM meta WHERE name = 'contracted')"
_COMMIT = "COMMIT; "
_FLUSH = "SELECT pg_logical_emit_message(true, 'regard', '')"


class Marks(NamedTuple):
    """What is read where a transaction begins, and again when it has waited for the lock.

    `fence` is the token of whoever opened the store for itself last, `graph` that of the process
    that changed identifiers last, `last` the highest offset of the journal, `contracted` the newest
    migration of which both halves were applied.
    """

    fence: int
    graph: int
    last: int
    contracted: int = 0


class PostgresqlLink:
    """Implements `store.drawers.link.Link`."""

    clash = psycopg.IntegrityError

    def __init__(self, opened: Callable[[], Connection], *, is_shared: bool = False) -> None:
        self._opened = opened
        self._lock = (_IDLE if is_shared else "") + _LOCK
        self._is_shared = is_shared
        self._connection = opened()
        self._sender = Sender(self._connection)
        self._is_replaced = False
        self._is_alone = True
        self._ahead: list[Batch] = []
        self._keys: dict[str, tuple[int, ...]] = {}

    def execute(self, statement: str, values: Any = (), /) -> Rows:
        self._sender.settle()
        return cast(Rows, self._connection.execute(statement, values, binary=True))

    def nodes(self, statement: str, values: Sequence[Any], /) -> Iterable[Node]:
        return map(node_of, self.execute(statement, values))

    def edges(self, statement: str, values: Sequence[Any], /) -> Iterable[Edge]:
        return map(edge_of, self.execute(statement, values))

    def node_rows(self, nodes: Sequence[Node], /) -> list[Row]:
        return [node_row(node) for node in nodes]

    def edge_rows(self, edges: Sequence[Edge], /) -> list[Row]:
        return [edge_row(edge) for edge in edges]

    def executemany(self, statement: str, rows: Sequence[Sequence[Any]], /) -> None:
        if not rows:
            return
        key = self._keys.get(statement)
        if key is None:
            self._sender.settle()
            with self._connection.cursor() as cursor:
                cursor.executemany(statement, rows)
            return
        for some in _rounds(rows, key):
            batch = self._sender.packed(statement, some)
            if self._is_alone:
                self._sender.send(batch)
            else:
                self._ahead.append(batch)

    def changed(self, statement: str, rows: Sequence[Sequence[Any]], /) -> int:
        count = 0
        for some in _rounds(rows, self._keys[statement]) if rows else ():
            self._sender.send(self._sender.packed(statement, some))
            count += self._sender.settle()
        return count

    def statements(self, name: str, /) -> Mapping[str, str]:
        found = statements_of(name)
        self._keys.update(found.keys)
        return found.texts

    def keys(self, values: Sequence[Any], /) -> bytes | list[Any]:
        return packed(values) if values else []  # of which type an empty one is, we cannot know

    def marks(self, values: Sequence[bytes], /) -> bytes | list[Any]:
        return self.keys(values)

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

    def begin_writing(self, *, is_durable: bool, is_alone: bool) -> Marks:
        """Begin a write transaction, which `is_alone` when nobody else writes until it ends.

        Batches of another one are packed at once and sent when it is alone (`lock`).
        """
        self._is_alone = is_alone
        self._ahead.clear()
        lock = self._lock if is_alone else ""
        is_light = self._is_shared or not is_durable
        # Several statements in one message, each with a snapshot of its own: what is read after
        # the lock was got is the latest.
        return _marks(self._begin(_BEGIN + (_LIGHT if is_light else "") + lock + _MARKS))

    def lock(self) -> Marks:
        """Let nobody else write until this transaction ends.

        Where others write, too, the server ends it after three seconds without a word: who stands
        still, or is cut off, with the lock in hand would let all others stand still.
        """
        self._sender.settle()
        marks = _marks(self._connection.execute(self._lock + _MARKS, prepare=False))
        self._is_alone = True
        return marks

    def send_ahead(self) -> None:
        """Send what was packed while others could write, too."""
        for batch in self._ahead:
            self._sender.send(batch)
        self._ahead.clear()

    def take_replaced(self) -> bool:
        """Return whether the connection was replaced since this was asked last.

        What was committed without waiting for the disk may then be gone with the server.
        """
        is_replaced, self._is_replaced = self._is_replaced, False
        return is_replaced

    def commit(self, *, is_durable: bool) -> None:
        """Commit; raise `Broken` when a statement failed on the way and somebody went on.

        Where others write, too, they need not wait for the disk with us: our lock is free first,
        then a second transaction of nothing but a mark in the log makes the first one durable.
        """
        self._sender.settle()
        if self._ahead:
            raise Broken("Something was to be written by a transaction that never was alone.")
        flush = _FLUSH if is_durable and self._is_shared else ""
        if self._connection.execute(_COMMIT + flush, prepare=False).statusmessage != "COMMIT":
            raise Broken("A statement failed inside a transaction that was to be committed.")

    def rollback(self) -> None:
        """Take back what was not committed; a connection that is gone has done so."""
        with suppress(psycopg.Error):
            self._sender.roll_back()

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
        self._sender = Sender(self._connection)
        self._is_replaced = True
        return self._connection.execute(statements, prepare=False)


def _marks(cursor: psycopg.Cursor[tuple[object, ...]]) -> Marks:
    while cursor.nextset():
        pass
    return Marks(*[int(str(value or 0)) for value in cursor.fetchone() or (0, 0, 0, 0)])


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
