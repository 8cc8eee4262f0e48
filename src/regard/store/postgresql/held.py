"""The kind lock: who wants to write a database that a process writes is told so.

It is held as long as that process lives. What keeps a second process from writing is the fence;
this only saves people from fencing their own house by `regard rebuild`.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager

from regard.core.errors import Refused
from regard.store.postgresql.connecting import connect, shown
from regard.store.postgresql.failures import telling

HOUSE_LOCK = 0x52475248


@contextmanager
def held(location: str) -> Iterator[None]:
    """Hold the lock of the one writer of a database; raise `Refused` when another one has it."""
    with telling(location):
        connection = connect(location)
    with connection:
        row = connection.execute(f"SELECT pg_try_advisory_lock({HOUSE_LOCK})").fetchone()
        if row is None or not row[0]:
            raise Refused(
                f"The store {shown(location)} is being written by another process.",
                code="store_in_use",
                hint="Stop it first, or send events to it by POST /v1/events.",
            )
        yield
