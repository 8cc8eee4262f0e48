"""What the graph and the journal together say about persons: whose, linked by what, and when.

In: a person id and the graph of a store. Out: identifiers with evidence, pages of a timeline, and
what was said or asked about a person. The rule for shared devices is `core.attribution`; both
stores answer through these functions, so they cannot differ.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Mapping, Sequence
from typing import Protocol

from regard.core.attribution import own_entries
from regard.core.facts import Entry
from regard.core.graph import Edge, Node, Ruling
from regard.core.ids import identity_of
from regard.core.person import Person
from regard.core.ports import GraphReader
from regard.core.rows import Evidence, IdentifierRow

END = 2**62
"""Above every offset."""

Newest = Callable[[Sequence[int], int, int], Sequence[Entry]]


class Links(GraphReader, Protocol):
    """A graph reader that also tells on which shared devices somebody logged in."""

    def devices_of(self, anchors: Sequence[int]) -> Sequence[int]: ...


def unheard(graph: GraphReader, person_id: str) -> Person | None:
    """Return a person of whom no event tells anything, None when nobody bears the id.

    Their identifiers were named in what others did, until somebody split them off.
    """
    found = graph.clusters([person_id], with_members=False).get(person_id)
    return None if found is None else Person(id=person_id, disowned=found[0].disowned)


def identifiers_of(
    graph: GraphReader, person_id: str
) -> tuple[Sequence[IdentifierRow], Sequence[Evidence]]:
    """Return a person's identifiers, then the shared ones they were seen with, and all evidence.

    Evidence is what was seen and what was said, ordered by its moment. An unknown person has
    neither.
    """
    found = graph.clusters([person_id]).get(person_id)
    if found is None:
        return [], []
    cluster, members = found
    own = {node.identity for node in members}
    edges = graph.edges(sorted(own))
    rulings = graph.rulings(sorted(own))
    said = {identity_of(i.kind, i.value) for r in rulings for i in (*r.act.left, *r.act.right)}
    far = graph.nodes(sorted(({i for e in edges for i in e.pair} | said) - own))
    nodes = {**far, **{node.identity: node for node in members}}
    near = [far[i] for i in sorted(far) if far[i].shared and any(i in e.pair for e in edges)]
    evidence = [*_seen(edges, nodes), *_said(rulings, nodes)]
    evidence.sort(key=lambda found: (found.at, found.offset, str(found.left), str(found.right)))
    unconfirmed = {int(i) for i, apart in cluster.apart.items() if not apart.is_confirmed}
    rows = [_identifier_row(node, unconfirmed) for node in [*members, *near]]
    return rows, evidence


def _seen(edges: Sequence[Edge], nodes: Mapping[int, Node]) -> list[Evidence]:
    return [
        Evidence(
            left=nodes[e.left].identifier,
            right=nodes[e.right].identifier,
            offset=e.offset,
            at=e.at,
            source=e.source,
            rule=e.rule,
            is_active=not e.refused and _is_one(nodes[e.left], nodes[e.right]),
        )
        for e in edges
    ]


def _said(rulings: Sequence[Ruling], nodes: Mapping[int, Node]) -> list[Evidence]:
    """Return what was said as evidence: each link from its first identifier to the others."""
    found = []
    for ruling in rulings:
        act = ruling.act
        if act.act != "link":
            continue
        first, *others = dict.fromkeys((*act.left, *act.right))
        one = nodes.get(identity_of(first.kind, first.value))
        for other in others:
            two = nodes.get(identity_of(other.kind, other.value))
            found.append(
                Evidence(
                    left=first,
                    right=other,
                    offset=ruling.offset,
                    at=ruling.at,
                    source=act.by,
                    rule=act.rule,
                    confidence=act.confidence,
                    is_active=one is not None and two is not None and _is_one(one, two),
                    act_id=act.act_id,
                )
            )
    return found


def _is_one(one: Node, two: Node) -> bool:
    return not one.shared and not two.shared and one.person_id == two.person_id


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


def _members(graph: GraphReader, person_id: str) -> Sequence[Node]:
    found = graph.clusters([person_id])
    return found[person_id][1] if person_id in found else ()


def _identifier_row(node: Node, unconfirmed: Collection[int]) -> IdentifierRow:
    return IdentifierRow(
        identifier=node.identifier,
        identity=node.identity,
        first_at=node.first_at,
        is_shared=bool(node.shared),
        rule=node.shared,
        is_unconfirmed=node.identity in unconfirmed,
    )
