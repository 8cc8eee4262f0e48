"""Who the rows of a list are about: owners by the shared rule, labels by one query."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

from regard.core.attribution import Place, owners_of
from regard.core.clock import from_us
from regard.core.rows import MessageRow
from regard.store.sqlite.graph import SqliteGraph
from regard.store.sqlite.rows import Row, keys_json, message_of
from regard.store.statements import load_statements


class SqlitePlaces:
    """Names the person behind a place in the journal."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute
        self._graph = SqliteGraph(connection)
        self._labels = load_statements("states")["labels"]

    def named(self, places: Sequence[Place]) -> list[tuple[str, str]]:
        """Return (person id, label) of each place; empty texts where there is nobody."""
        if not places:
            return []
        owners = owners_of(self._graph, places)
        labels = self.labels(sorted(set(owners)))
        return [(owner, labels.get(owner, "")) for owner in owners]

    def labels(self, person_ids: Sequence[str]) -> dict[str, str]:
        """Return how lists name persons."""
        return dict(self._execute(self._labels, (keys_json(person_ids),)))

    def messages(self, rows: Sequence[Row]) -> list[MessageRow]:
        """Return the messages of rows that begin with the fourteen message columns."""
        named = self.named([(row[1], from_us(row[2])) for row in rows])
        return [message_of(row, *who) for row, who in zip(rows, named, strict=True)]
