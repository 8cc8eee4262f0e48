"""Batches on their way: one statement that the server carries out while we prepare the next.

At most one is under way, and all of it has been handed to the system before `send` returns: so
neither side ever waits for the other to read. (The driver's pipeline queues any number.) Whoever
wants to know what became of it, or to say anything else on the connection, calls `settle` first.
What may not be sent yet can be packed already.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from contextlib import suppress
from typing import Any, NamedTuple

import psycopg
from psycopg import errors, generators
from psycopg.pq import ExecStatus, Format

from regard.store.postgresql.columns import PACKERS, Packer
from regard.store.postgresql.connecting import Connection

_PLACE = re.compile(r"%b::([a-z]+)\[\]")


class Batch(NamedTuple):
    """A statement as the server keeps it, over columns that are packed."""

    name: bytes
    values: list[bytes]


class _Prepared(NamedTuple):
    """A statement as the server keeps it, and how its columns are packed."""

    name: bytes
    packers: tuple[Packer, ...]


class Sender:
    """Sends batch statements over one connection, which nobody else uses at that time."""

    def __init__(self, connection: Connection) -> None:
        self._connection = connection
        self._pgconn = connection.pgconn
        self._prepared: dict[str, _Prepared] = {}
        self._is_under_way = False

    def packed(self, statement: str, rows: Sequence[Sequence[Any]]) -> Batch:
        """Return what a statement over rows is to send, of which there is at least one."""
        known = self._prepared.get(statement) or self._prepare(statement)
        columns = zip(*rows, strict=True)
        packers = zip(known.packers, columns, strict=True)
        return Batch(known.name, [pack(column) for pack, column in packers])

    def send(self, batch: Batch) -> None:
        """Send a batch; raise what became of the one before, if that failed."""
        self.settle()
        formats = [Format.BINARY] * len(batch.values)
        self._pgconn.send_query_prepared(batch.name, batch.values, formats, Format.BINARY)
        self._is_under_way = True
        self._connection.wait(generators.send(self._pgconn))

    def settle(self) -> int:
        """Wait for the statement under way, if there is one; return how many rows it changed."""
        if not self._is_under_way:
            return 0
        results = self._connection.wait(generators.execute(self._pgconn))
        self._is_under_way = False
        for result in results:
            if result.status == ExecStatus.FATAL_ERROR:
                raise errors.error_from_result(result)
        return results[-1].command_tuples or 0

    def roll_back(self) -> None:
        """Roll back; at one that the driver is told of, it throws away all that is prepared."""
        with suppress(psycopg.Error):
            self.settle()
        self._pgconn.send_query(b"ROLLBACK")
        self._is_under_way = True
        self.settle()

    def _prepare(self, statement: str) -> _Prepared:
        self.settle()
        number = iter(range(1, statement.count("%b") + 1))
        text = _PLACE.sub(lambda found: f"${next(number)}::{found[1]}[]", statement)
        known = _Prepared(
            name=b"regard_%d" % len(self._prepared),
            packers=tuple(PACKERS[name] for name in _PLACE.findall(statement)),
        )
        self._connection.execute(b"PREPARE %s AS %s" % (known.name, text.encode()), prepare=False)
        self._prepared[statement] = known
        return known
