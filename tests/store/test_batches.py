"""Batches on their way to PostgreSQL: what arrives is what was sent, and no error gets lost."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import psycopg
import pytest

from regard.core.errors import Broken
from regard.store.postgresql.columns import PACKERS
from regard.store.postgresql.connecting import Connection, connect
from regard.store.postgresql.link import PostgresqlLink
from regard.store.postgresql.sending import Sender
from tests.store.postgres import PostgresServer

COLUMNS = {
    "bigint": (0, 1, -1, 2**63 - 1, -(2**63), None),
    "integer": (0, 7, -7, 2**31 - 1, -(2**31), None),
    "smallint": (0, 3, -3, 2**15 - 1, -(2**15), None),
    "text": ("", "Ada", 'a "quoted" {name}', "Zoë 🐇", "NULL", "\\x"),
    "bytea": (b"", b"{}", bytes(range(256)), b"\0", b"NULL", b"x" * 10_000),
    "boolean": (True, False, True, True, False, False),
}
PUT = "INSERT INTO told (number, said) SELECT * FROM unnest(%b::bigint[], %b::text[])"


@pytest.fixture
def connection(postgresql: PostgresServer) -> Iterator[Connection]:
    location = postgresql.database()
    with closing(connect(location)) as connection:
        connection.execute("CREATE TABLE told (number bigint PRIMARY KEY, said text)")
        yield connection
        connection.execute("DROP TABLE told")
    postgresql.give_back(location)


def told(connection: Connection) -> list[tuple[object, ...]]:
    return connection.execute("SELECT number, said FROM told ORDER BY number").fetchall()


def linked(connection: Connection) -> PostgresqlLink:
    """Return a link that knows the statement, over the tables that a transaction looks at."""
    link = PostgresqlLink(lambda: connection)
    link._keys[PUT] = ()
    connection.execute("CREATE TEMPORARY TABLE meta (name text, value text)")
    connection.execute('CREATE TEMPORARY TABLE journal ("offset" bigint)')
    return link


@pytest.mark.parametrize("kind", sorted(PACKERS))
def test_column_arrives_as_it_was_packed(connection: Connection, kind: str) -> None:
    connection.execute(f"CREATE TEMPORARY TABLE arrived (place bigint, value {kind})")
    sender = Sender(connection)
    statement = f"INSERT INTO arrived SELECT * FROM unnest(%b::bigint[], %b::{kind}[])"
    for values in (COLUMNS[kind], COLUMNS[kind][:1], COLUMNS[kind][1:5]):
        connection.execute("DELETE FROM arrived")
        sender.send(sender.packed(statement, list(enumerate(values))))
        assert sender.settle() == len(values)
        found = connection.execute("SELECT value FROM arrived ORDER BY place").fetchall()
        assert tuple(row[0] for row in found) == values


def test_number_that_does_not_fit_is_refused_before_it_is_sent(connection: Connection) -> None:
    sender = Sender(connection)
    with pytest.raises(OverflowError):
        sender.send(sender.packed(PUT, [(2**63, "too much")]))
    sender.send(sender.packed(PUT, [(1, "enough")]))
    assert sender.settle() == 1


def test_error_comes_with_what_is_asked_next(connection: Connection) -> None:
    sender = Sender(connection)
    sender.send(sender.packed(PUT, [(1, "first")]))
    sender.send(sender.packed(PUT, [(1, "again")]))
    with pytest.raises(psycopg.IntegrityError):
        sender.send(sender.packed(PUT, [(2, "behind")]))
    assert sender.settle() == 0
    sender.send(sender.packed(PUT, [(3, "later")]))
    sender.settle()
    assert told(connection) == [(1, "first"), (3, "later")]


def test_what_is_packed_ahead_is_sent_by_who_is_alone(connection: Connection) -> None:
    link = linked(connection)
    link.begin_writing(is_durable=True, is_alone=False)
    link.executemany(PUT, [(1, "ahead")])
    assert told(connection) == []
    link.lock()
    link.send_ahead()
    link.executemany(PUT, [(2, "behind")])
    link.commit(is_durable=True)
    assert told(connection) == [(1, "ahead"), (2, "behind")]


def test_what_was_packed_by_a_transaction_that_never_was_alone_is_not_lost_in_silence(
    connection: Connection,
) -> None:
    link = linked(connection)
    link.begin_writing(is_durable=True, is_alone=False)
    link.executemany(PUT, [(1, "ahead")])
    with pytest.raises(Broken):
        link.commit(is_durable=True)
    link.rollback()
    link.begin_writing(is_durable=True, is_alone=True)
    link.commit(is_durable=True)
    assert told(connection) == []


def test_error_of_the_last_batch_fails_the_commit(connection: Connection) -> None:
    link = linked(connection)
    link.begin_writing(is_durable=True, is_alone=True)
    link.executemany(PUT, [(1, "first"), (1, "again")])
    with pytest.raises(psycopg.IntegrityError):
        link.commit(is_durable=True)
    link.rollback()
    assert told(connection) == []


def test_what_was_prepared_outlives_a_rollback(connection: Connection) -> None:
    sender = Sender(connection)
    for number in (1, 2):
        connection.execute("BEGIN")
        sender.send(sender.packed(PUT, [(number, "taken back")]))
        sender.roll_back()
        assert told(connection) == []
    connection.execute("BEGIN")
    sender.send(sender.packed(PUT, [(3, "kept")]))
    sender.settle()
    connection.execute("COMMIT")
    assert told(connection) == [(3, "kept")]
    prepared = "SELECT count(*) FROM pg_prepared_statements WHERE name LIKE 'regard_%'"
    assert connection.execute(prepared).fetchone() == (1,)


def test_batches_larger_than_any_buffer_follow_each_other(connection: Connection) -> None:
    sender = Sender(connection)
    for first in range(0, 40, 4):
        rows = [(number, "x" * 500_000) for number in range(first, first + 4)]
        sender.send(sender.packed(PUT, rows))
    assert sender.settle() == 4
    assert len(told(connection)) == 40
