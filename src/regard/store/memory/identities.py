"""What was said and asked about identifiers, read from the tables in memory."""

from __future__ import annotations

from collections.abc import Sequence
from heapq import nlargest

from regard.core.graph import Ruling
from regard.core.rows import ReviewRow
from regard.store.identities import acts_of, review_rows
from regard.store.memory.graph import MemoryGraph
from regard.store.memory.places import MemoryPlaces
from regard.store.memory.tables import Tables


class MemoryIdentities:
    """Implements `core.ports.Identities`."""

    def __init__(self, tables: Tables, graph: MemoryGraph, places: MemoryPlaces) -> None:
        self._tables = tables
        self._places = places
        self.graph = graph

    def reviews(self, kind: str = "", limit: int = 200) -> Sequence[ReviewRow]:
        waiting = (
            kept
            for kept in self._tables.reviews.values()
            if not kept.answered_by and kind in ("", kept.review.kind)
        )
        newest = nlargest(
            limit, waiting, key=lambda kept: (kept.review.opened_at, kept.review.review_id)
        )
        found = [(kept.review, kept.answered_by) for kept in newest]
        return review_rows(self.graph, self._places, found)

    def review(self, review_id: str) -> ReviewRow | None:
        kept = self._tables.reviews.get(review_id)
        if kept is None:
            return None
        return review_rows(self.graph, self._places, [(kept.review, kept.answered_by)])[0]

    def act(self, act_id: str) -> Ruling | None:
        return self.graph.ruling(act_id)

    def acts(self, person_id: str) -> Sequence[tuple[Ruling, bool]]:
        return acts_of(self.graph, person_id)
