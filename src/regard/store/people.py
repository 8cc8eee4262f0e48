"""What the graph and the journal together say about persons: whose, linked by what, and when.

In: places (identity, moment) or a person id, and the graph drawer of a store. Out: owners,
identifiers with evidence, and pages of a timeline. The rule for shared devices is
`core.attribution`; both stores answer through these functions, so they cannot differ.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Protocol

from regard.core.attribution import by_device, holder_of, own_entries
from regard.core.facts import Entry
from regard.core.graph import Node
from regard.core.rows import Evidence, IdentifierRow
from regard.core.storage import GraphDrawer

END = 2**62
"""Above every offset."""

Place = tuple[int, datetime]
Newest = Callable[[Sequence[int], int, int], Sequence[Entry]]


class Links(GraphDrawer, Protocol):
    """A graph drawer that also tells on which shared devices somebody logged in."""

    def devices_of(self, anchors: Sequence[int]) -> Sequence[int]: ...


def owners_of(graph: GraphDrawer, places: Sequence[Place]) -> list[str]:
    """Return the person behind each place, ``""`` for what hangs on nobody."""
    nodes = graph.nodes(sorted({identity for identity, _ in places}))
    shared = [identity for identity, node in nodes.items() if node.shared]
    if not shared:
        return [nodes[i].person_id if i in nodes else "" for i, _ in places]
    logins = graph.logins(shared)
    groups = by_device(logins)
    anchors = graph.nodes(sorted({login.anchor for login in logins}))
    return [
        holder_of(nodes[i], at, groups.get(i, ()), anchors) if i in nodes else ""
        for i, at in places
    ]


def identifiers_of(
    graph: GraphDrawer, person_id: str
) -> tuple[Sequence[IdentifierRow], Sequence[Evidence]]:
    """Return a person's identifiers, then the shared ones they were seen with, and all evidence.

    Evidence is ordered by its moment. An unknown person has neither.
    """
    members = _members(graph, person_id)
    own = {node.identity for node in members}
    edges = graph.edges(sorted(own))
    far = graph.nodes(sorted({i for e in edges for i in e.pair} - own))
    nodes = {**far, **{node.identity: node for node in members}}
    near = [far[identity] for identity in sorted(far) if far[identity].shared]
    evidence = [
        Evidence(
            left=nodes[e.left].identifier,
            right=nodes[e.right].identifier,
            offset=e.offset,
            at=e.at,
            source=e.source,
            rule=e.rule,
        )
        for e in sorted(edges, key=lambda e: (e.at, e.pair))
    ]
    return [_identifier_row(node) for node in [*members, *near]], evidence


def timeline_of(
    graph: Links, newest: Newest, person_id: str, before: int, limit: int
) -> list[Entry]:
    """Return up to `limit` entries of a person below offset `before` (0: the end), newest first.

    `newest(identities, below, limit)` reads the journal. Shared devices hold entries of others
    as well, so it is asked again until the page is full.
    """
    members = _members(graph, person_id)
    own = [node.identity for node in members]
    near = {*graph.devices_of(own), *(node.identity for node in members if node.shared)}
    # Later evidence may have cleared a device again; its old logins say nothing then.
    shared = [i for i, node in graph.nodes(sorted(near)).items() if node.shared] if near else []
    logins = graph.logins(sorted(shared)) if shared else ()
    devices = sorted({login.device for login in logins})
    anchors = graph.nodes(sorted({login.anchor for login in logins})) if logins else {}
    identities = sorted({*own, *devices})
    page: list[Entry] = []
    below = before or END
    while len(page) < limit:
        entries = newest(identities, below, limit)
        page += own_entries(person_id, entries, devices, logins, anchors)
        if len(entries) < limit:
            break
        below = entries[-1].offset
    return page[:limit]


def _members(graph: GraphDrawer, person_id: str) -> Sequence[Node]:
    found = graph.clusters([person_id])
    return found[person_id][1] if person_id in found else ()


def _identifier_row(node: Node) -> IdentifierRow:
    return IdentifierRow(
        identifier=node.identifier,
        identity=node.identity,
        first_at=node.first_at,
        is_shared=bool(node.shared),
    )
