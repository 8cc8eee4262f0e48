"""Recomputing one bounded stretch of the graph where two persons met.

Called when an event brings evidence that a plain union cannot take: two known persons on one
identifier, or evidence near an identifier that is shared already. Loads what is reachable without
crossing a hard-shared identifier, partitions it canonically, and relabels. Persons whose entries
may have moved become stale: they are folded again from their own entries.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from msgspec.structs import replace

from regard.core.event import Event
from regard.core.facts import Entry, IdentityShared, LimitReached
from regard.core.graph import Cluster, Edge, Login, Node
from regard.core.ids import derived_id, identity_of, person_id_of
from regard.identity.partition import HARD, Partition, is_exclusive, partition, strength
from regard.identity.work import Work

REACH_MAX = 2_000
"""Identifiers looked at in one recomputation; beyond it the event is attached to its strongest
identifier alone and the limit is told."""

History = Callable[[Sequence[int]], Sequence[Entry]]


def recompute(work: Work, entry: Entry, identities: Sequence[int], history: History) -> None:
    """Recompute the partition around `identities` and put every change into `work`."""
    work.flush()
    start = [i for i in identities if work.nodes[i].shared != HARD]
    nodes, edges = _reach(work, start)
    hard_edges = [e for e in edges if e.left not in nodes or e.right not in nodes]
    inner = [e for e in edges if e.left in nodes and e.right in nodes]
    if len(nodes) > REACH_MAX:
        detail = f"more than {REACH_MAX} identifiers around {work.nodes[identities[0]].identifier}"
        work.facts.append((entry.offset, LimitReached(limit="identity_reach", detail=detail)))
        nodes = {i: n for i, n in nodes.items() if n.offset == entry.offset}
        inner = []
    found = partition(nodes, inner, work.kinds)
    before = {i: (n.person_id, n.shared) for i, n in nodes.items()}
    labels = _labels(work, nodes, found)
    _relabel(work, entry, nodes, found, labels)
    _put_clusters(work, nodes, found, labels)
    _learn_logins(work, nodes, [*inner, *hard_edges], before, history)


def _reach(work: Work, start: Sequence[int]) -> tuple[dict[int, Node], list[Edge]]:
    """Return nodes reachable without crossing a hard-shared one, and all edges seen on the way."""
    nodes: dict[int, Node] = {i: work.nodes[i] for i in start}
    edges: dict[tuple[int, int], Edge] = {}
    frontier = list(start)
    while frontier and len(nodes) <= REACH_MAX:
        found = work.graph.edges(identities=frontier)
        edges |= {e.pair: e for e in found}
        ends = sorted({i for e in found for i in e.pair if i not in nodes})
        loaded = work.graph.nodes(ends)
        work.nodes |= {i: n for i, n in loaded.items() if i not in work.nodes}
        frontier = [i for i in ends if loaded[i].shared != HARD]
        nodes |= {i: work.nodes[i] for i in frontier}
    return nodes, list(edges.values())


def _labels(work: Work, nodes: dict[int, Node], found: Partition) -> dict[int, str]:
    """Give each component the person id of its strongest identifier; the strongest choose first."""
    labels: dict[int, str] = {}
    taken = _taken_elsewhere(work, nodes)
    groups = [(min(strength(nodes[i], work.kinds) for i in g), g) for g in found.components()]
    for _, group in sorted(groups):
        anchor = min(group, key=lambda i: strength(nodes[i], work.kinds))
        wanted = (nodes[anchor].person_id, person_id_of(anchor), _other_id(anchor))
        person_id = next(p for p in wanted if p not in taken)
        taken.add(person_id)
        labels |= dict.fromkeys(group, person_id)
    for identity in sorted(found.shared):
        own = person_id_of(identity)
        labels[identity] = own if own not in taken else _other_id(identity)
        taken.add(labels[identity])
    return labels


def _taken_elsewhere(work: Work, nodes: dict[int, Node]) -> set[str]:
    """Return those ids, of the ones that might be given, that name somebody out of reach."""
    wanted = {n.person_id for n in nodes.values()}
    wanted |= {person_id for i in nodes for person_id in (person_id_of(i), _other_id(i))}
    found = work.graph.clusters(sorted(wanted))
    return {p for p, (_, members) in found.items() if any(n.identity not in nodes for n in members)}


def _other_id(identity: int) -> str:
    """Return a second id for an identity whose birth id another person carries by now."""
    return person_id_of(int(derived_id("shared", str(identity)), 16))


def _relabel(
    work: Work, entry: Entry, nodes: dict[int, Node], found: Partition, labels: dict[int, str]
) -> None:
    for identity, node in nodes.items():
        rule = found.shared.get(identity, "")
        if (node.person_id, node.shared) == (labels[identity], rule):
            continue
        work.stale.update({node.person_id, labels[identity]})
        work.put(replace(node, person_id=labels[identity], shared=rule))
        if rule and not node.shared:
            near = tuple(sorted(set(labels.values()) - {labels[identity]}))
            fact = IdentityShared(identifier=node.identifier, persons=near, rule=rule)
            work.facts.append((entry.offset, fact))


def _put_clusters(
    work: Work, nodes: dict[int, Node], found: Partition, labels: dict[int, str]
) -> None:
    is_plain = all(rule == HARD for rule in found.shared.values())
    members: dict[str, list[Node]] = {}
    for identity, person_id in labels.items():
        members.setdefault(person_id, []).append(nodes[identity])
    for old in {n.person_id for n in nodes.values()} - set(members):
        work.drop_cluster(old)
    for person_id, group in members.items():
        work.put_cluster(
            Cluster(
                person_id=person_id,
                anchor=min(strength(n, work.kinds) for n in group),
                exclusive={
                    n.identifier.kind: n.identity for n in group if is_exclusive(n, work.kinds)
                },
                node_count=len(group),
                is_plain=is_plain,
            )
        )


def _learn_logins(
    work: Work,
    nodes: dict[int, Node],
    edges: Sequence[Edge],
    before: dict[int, tuple[str, str]],
    history: History,
) -> None:
    """For a device that just became shared: read from the journal who used it when."""
    for identity in nodes:
        node = work.nodes[identity]
        if not node.shared or before[identity][1] or not work.is_device(node):
            continue
        near = [e.left if e.right == identity else e.right for e in edges if identity in e.pair]
        anchors = [i for i in near if not work.is_device(work.nodes[i])]
        for found in history(anchors):
            if isinstance(found.body, Event) and _names(found.body, identity):
                work.put_login(Login(identity, found.body.at, found.identity))


def _names(event: Event, identity: int) -> bool:
    return any(identity_of(i.kind, i.value) == identity for i in event.identifiers)
