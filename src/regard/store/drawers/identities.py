"""What was said and asked about identifiers, read from tables."""

from __future__ import annotations

from collections.abc import Sequence

import msgspec

from regard.core.graph import Ruling
from regard.core.rows import Review, ReviewRow
from regard.store.drawers.graph import SqlGraph
from regard.store.drawers.link import Link
from regard.store.drawers.places import SqlPlaces
from regard.store.identities import acts_of, review_rows

_review = msgspec.json.Decoder(Review)


class SqlIdentities:
    """Implements `core.ports.Identities`."""

    def __init__(self, link: Link) -> None:
        self._execute = link.execute
        self._sql = link.statements("reading")
        self._places = SqlPlaces(link)
        self.graph = SqlGraph(link)

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
