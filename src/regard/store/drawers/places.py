"""Who the rows of a list are about: owners by the shared rule, labels by one query."""

from __future__ import annotations

from collections.abc import Sequence

from regard.core.attribution import Place, owners_of
from regard.core.clock import from_us
from regard.core.rows import MessageRow
from regard.store.drawers.graph import SqlGraph
from regard.store.drawers.link import Link
from regard.store.drawers.rows import Row, message_of


class SqlPlaces:
    """Names the person behind a place in the journal."""

    def __init__(self, link: Link) -> None:
        self._execute = link.execute
        self._keys = link.keys
        self._graph = SqlGraph(link)
        self._labels = link.statements("states")["labels"]

    def named(self, places: Sequence[Place]) -> list[tuple[str, str]]:
        """Return (person id, label) of each place; empty texts where there is nobody."""
        if not places:
            return []
        owners = owners_of(self._graph, places)
        labels = self.labels(sorted(set(owners)))
        return [(owner, labels.get(owner, "")) for owner in owners]

    def labels(self, person_ids: Sequence[str]) -> dict[str, str]:
        """Return how lists name persons."""
        return dict(self._execute(self._labels, (self._keys(person_ids),)))

    def messages(self, rows: Sequence[Row]) -> list[MessageRow]:
        """Return the messages of rows that begin with the fourteen message columns."""
        named = self.named([(row[1], from_us(row[2])) for row in rows])
        return [message_of(row, *who) for row, who in zip(rows, named, strict=True)]
