"""Who the rows of a list are about: owners by the shared rule, labels from the persons."""

from __future__ import annotations

from collections.abc import Sequence

from msgspec.structs import replace

from regard.core.attribution import Place, owners_of
from regard.core.rows import MessageRow
from regard.store.memory.graph import MemoryGraph
from regard.store.memory.tables import KeptMessage, Tables


class MemoryPlaces:
    """Names the person behind a place in the journal."""

    def __init__(self, tables: Tables, graph: MemoryGraph) -> None:
        self._tables = tables
        self._graph = graph

    def named(self, places: Sequence[Place]) -> list[tuple[str, str]]:
        """Return (person id, label) of each place; empty texts where there is nobody."""
        persons = self._tables.persons
        return [
            (owner, persons[owner].label if owner in persons else "")
            for owner in owners_of(self._graph, places)
        ]

    def labels(self, person_ids: Sequence[str]) -> dict[str, str]:
        """Return how lists name persons."""
        persons = self._tables.persons
        return {p: persons[p].label for p in person_ids if p in persons}

    def messages(self, kept: Sequence[KeptMessage]) -> list[MessageRow]:
        """Return the messages with the persons they are for."""
        named = self.named([(k.row.identity, k.row.at) for k in kept])
        return [
            replace(k.row, person_id=person_id, label=label)
            for k, (person_id, label) in zip(kept, named, strict=True)
        ]
