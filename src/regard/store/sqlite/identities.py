"""What was said and asked about identifiers, read from SQLite."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import msgspec

from regard.core.graph import Ruling
from regard.core.rows import Review, ReviewRow
from regard.store.identities import acts_of, review_rows
from regard.store.sqlite.graph import SqliteGraph
from regard.store.sqlite.places import SqlitePlaces
from regard.store.statements import load_statements

_review = msgspec.json.Decoder(Review)


class SqliteIdentities:
    """Implements `core.ports.Identities`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute
        self._sql = load_statements("reading")
        self._places = SqlitePlaces(connection)
        self.graph = SqliteGraph(connection)

    def reviews(self, kind: str = "", limit: int = 200) -> Sequence[ReviewRow]:
        statement = self._sql["reviews_of_kind" if kind else "reviews"]
        rows = self._execute(statement, {"kind": kind, "limit": limit})
        found = [(_review.decode(row[0]), str(row[1])) for row in rows]
        return review_rows(self.graph, self._places, found)

    def review(self, review_id: str) -> ReviewRow | None:
        row = self._execute(self._sql["review"], (review_id,)).fetchone()
        if row is None:
            return None
        return review_rows(self.graph, self._places, [(_review.decode(row[0]), row[1])])[0]

    def act(self, act_id: str) -> Ruling | None:
        return self.graph.ruling(act_id)

    def acts(self, person_id: str) -> Sequence[tuple[Ruling, bool]]:
        return acts_of(self.graph, person_id)
