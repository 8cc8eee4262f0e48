"""A connection to a SQLite file as the drawers use it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from regard.store.encoding import encode
from regard.store.statements import load_statements

_decode = msgspec.json.Decoder(list[Any]).decode


class SqliteLink:
    """Implements `store.drawers.link.Link`."""

    clash = sqlite3.IntegrityError

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.execute = connection.execute
        self._many = connection.executemany
        self._pin = load_statements("reading")["pin"]

    def rows(self, statement: str, values: Sequence[Any], /) -> Iterable[Sequence[Any]]:
        """Return the rows of a statement that finds one JSON array of them.

        Row by row, each column takes the connection's lock twice and each row Python's own.
        """
        found: list[Sequence[Any]] = _decode(
            self._connection.execute(statement, values).fetchone()[0]
        )
        return found

    def executemany(self, statement: str, rows: Sequence[Sequence[Any]], /) -> None:
        if rows:
            self._many(statement, rows)

    def changed(self, statement: str, rows: Sequence[Sequence[Any]], /) -> int:
        return self._many(statement, rows).rowcount if rows else 0

    def statements(self, name: str, /) -> Mapping[str, str]:
        return load_statements(name)

    def keys(self, values: Sequence[Any], /) -> str:
        """Return values as a JSON array, for ``json_each``."""
        return encode(values).decode()

    def marks(self, values: Sequence[bytes], /) -> bytes:
        return b"".join(values)

    def pairs(self, values: Sequence[tuple[int, int]], /) -> str:
        return self.keys(values)

    def begin_reading(self) -> None:
        self._connection.execute("BEGIN")
        # SQLite takes its snapshot at the first read, not at BEGIN.
        self._connection.execute(self._pin).fetchall()

    def end_reading(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def close(self) -> None:
        self._connection.close()
