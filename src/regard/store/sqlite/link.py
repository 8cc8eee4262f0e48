"""A connection to a SQLite file as the drawers use it."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterable, Mapping, Sequence
from typing import Any

import msgspec

from regard.core.graph import Edge, Node
from regard.store.encoding import encode
from regard.store.labels import folded
from regard.store.statements import load_statements

_nodes = msgspec.json.Decoder(list[Node]).decode
_edges = msgspec.json.Decoder(list[Edge]).decode


class SqliteLink:
    """Implements `store.drawers.link.Link`."""

    clash = sqlite3.IntegrityError

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self.execute = connection.execute
        self._many = connection.executemany
        self._pin = load_statements("reading")["pin"]

    def nodes(self, statement: str, values: Sequence[Any], /) -> Iterable[Node]:
        """Return the identifiers of a statement that finds one JSON array of them.

        Row by row, each column takes the connection's lock twice and each row Python's own.
        """
        return _nodes(self.execute(statement, values).fetchone()[0])

    def edges(self, statement: str, values: Sequence[Any], /) -> Iterable[Edge]:
        """Return the evidence of a statement that finds one JSON array of it."""
        return _edges(self.execute(statement, values).fetchone()[0])

    def node_rows(self, nodes: Sequence[Node], /) -> list[tuple[Any, ...]]:
        """Return (identity, kind, folded value, value unless folded, person, offset, body)."""
        rows = []
        for node in nodes:
            kind, value = node.identifier.kind, node.identifier.value
            searched, body = folded(value), encode(node).decode()
            cased = None if searched == value else value
            rows.append((node.identity, kind, searched, cased, node.person_id, node.offset, body))
        return rows

    def edge_rows(self, edges: Sequence[Edge], /) -> list[tuple[Any, ...]]:
        """Return (low, high, body) of each."""
        return [(edge.left, edge.right, encode(edge).decode()) for edge in edges]

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
        """Return pairs as one JSON object of names and values, read in half the time of arrays."""
        return "{" + ",".join([f'"{low}":{high}' for low, high in values]) + "}"

    def begin_reading(self) -> None:
        self._connection.execute("BEGIN")
        # SQLite takes its snapshot at the first read, not at BEGIN.
        self._connection.execute(self._pin).fetchall()

    def end_reading(self) -> None:
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def close(self) -> None:
        self._connection.close()
