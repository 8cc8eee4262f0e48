"""The kind lock: who wants to write a database that a process writes is told so.

It is held as long as that process lives. What keeps a second process from writing is the fence;
this only saves people from fencing their own house by `regard rebuild`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import LiteralString

from regard.core.errors import Refused
from regard.store.postgresql.connecting import Connection, connect, shown
from regard.store.postgresql.failures import telling

# The number is 'RGRH'.
_TAKE = "SELECT pg_try_advisory_lock(1380405832)"
# A restart of the server forgets its locks, and not who takes part.
_THERE = "SELECT to_regclass('member') IS NOT NULL"
_AT_WORK = "SELECT EXISTS (SELECT FROM member WHERE until_at > clock_timestamp())"
_SHARE = "SELECT pg_try_advisory_lock_shared(1380405832)"


@contextmanager
def held(location: str, *, shares: bool = False) -> Iterator[None]:
    """Hold the lock of the only writer, or of one that `shares` a database with its like.

    Raises `Refused` when another process has it, and one of the two wants it for itself.
    """
    with telling(location):
        connection = connect(location)
    with connection:
        is_free = _says(connection, _SHARE if shares else _TAKE)
        if is_free and not shares and _says(connection, _THERE):
            is_free = not _says(connection, _AT_WORK)
        if not is_free:
            raise Refused(
                f"The store {shown(location)} is being written by another process.",
                code="store_in_use",
                hint="Stop it first, or send events to it by POST /v1/events.",
            )
        yield


def _says(connection: Connection, question: LiteralString) -> bool:
    row = connection.execute(question).fetchone()
    return row is not None and bool(row[0])
