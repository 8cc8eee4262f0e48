"""What was said about identifiers, and which questions about them are open. Both stores use it.

In: the graph of a store, and its review rows. Out: `core.ports.Identities`, but for reading rows.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Protocol

from regard.core.event import Identifier
from regard.core.graph import Ruling
from regard.core.ids import identity_of
from regard.core.ports import GraphReader
from regard.core.rows import Review, ReviewRow
from regard.core.rulings import undone

Answered = tuple[Review, str]
"""A question, and the act that answers it (empty: none)."""


class Graph(GraphReader, Protocol):
    """A graph reader that also knows single acts."""

    def ruling(self, act_id: str) -> Ruling | None: ...


class Labels(Protocol):
    """Tells how lists name persons."""

    def labels(self, person_ids: Sequence[str]) -> dict[str, str]: ...


def review_rows(graph: Graph, labels: Labels, found: Sequence[Answered]) -> list[ReviewRow]:
    """Return rows of questions, with the persons whom they name now."""
    identities = {_identity(i) for review, _ in found for i in (*review.left, *review.right)}
    nodes = graph.nodes(sorted(identities))
    named = labels.labels(sorted({node.person_id for node in nodes.values()}))
    rows = []
    for review, answered_by in found:
        keys = [_identity(i) for i in (*review.left, *review.right)]
        owners = dict.fromkeys(nodes[key].person_id for key in keys if key in nodes)
        persons = tuple((owner, named.get(owner, "")) for owner in owners)
        rows.append(ReviewRow(review=review, persons=persons, answered_by=answered_by))
    return rows


def acts_of(graph: Graph, person_id: str) -> list[tuple[Ruling, bool]]:
    """Return what was said about a person's identifiers, newest first, and whether it stands."""
    alive = graph.winner(person_id)
    found = graph.clusters([alive]).get(alive)
    if found is None:
        return []
    rulings = graph.rulings([node.identity for node in found[1]])
    gone = undone(rulings)
    return [(ruling, ruling.act.act_id not in gone) for ruling in reversed(rulings)]


def _identity(identifier: Identifier) -> int:
    return identity_of(identifier.kind, identifier.value)
