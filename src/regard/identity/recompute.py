"""Recomputing one bounded stretch of the graph where two persons met.

Called when an event brings evidence that a plain union cannot take: two known persons on one
identifier, or evidence near an identifier that is shared already. Loads what is reachable without
crossing a hard-shared identifier, partitions it canonically, and relabels. Persons whose entries
may have moved become stale: they are folded again from their own entries.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from itertools import chain, count

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
    border = {i: work.nodes[i] for e in edges for i in e.pair if i not in nodes}
    if len(nodes) > REACH_MAX:
        detail = f"more than {REACH_MAX} identifiers around {work.nodes[identities[0]].identifier}"
        work.facts.append((entry.offset, LimitReached(limit="identity_reach", detail=detail)))
        nodes = {i: n for i, n in nodes.items() if n.offset == entry.offset}
        edges = []
    found = partition(nodes, edges, work.kinds, border)
    before = {i: (n.person_id, n.shared) for i, n in nodes.items()}
    labels = _labels(work, nodes, found)
    _relabel(work, entry, nodes, found, labels)
    strained = any(is_exclusive(node, work.kinds) for node in border.values())
    _put_clusters(work, nodes, found, labels, strained=strained)
    _learn_logins(work, nodes, edges, before, history)


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
    names = _Names(work, nodes)
    labels: dict[int, str] = {}
    groups = [(min(strength(nodes[i], work.kinds) for i in g), g) for g in found.components()]
    for _, group in sorted(groups):
        anchor = min(group, key=lambda i: strength(nodes[i], work.kinds))
        labels |= dict.fromkeys(group, names.give(nodes[anchor].person_id, anchor))
    for identity in sorted(found.shared):
        labels[identity] = names.give(person_id_of(identity), identity)
    return labels


class _Names:
    """Hands out person ids that name nobody else, within reach and beyond it."""

    def __init__(self, work: Work, nodes: dict[int, Node]) -> None:
        self._work = work
        self._nodes = nodes
        self._given: set[str] = set()

    def give(self, wanted: str, identity: int) -> str:
        """Return `wanted` if it is free, else the next free id of `identity`."""
        for candidate in chain([wanted], _ids_of(identity)):
            if self._is_free(candidate):
                self._given.add(candidate)
                return candidate
        raise AssertionError("ids of an identity never end")

    def _is_free(self, person_id: str) -> bool:
        if person_id in self._given:
            return False
        found = self._work.graph.clusters([person_id])
        members = found[person_id][1] if person_id in found else ()
        return all(node.identity in self._nodes for node in members)


def _ids_of(identity: int) -> Iterator[str]:
    """Yield the id that a person gets who is born with `identity`, then others without end."""
    yield person_id_of(identity)
    for number in count(1):
        yield person_id_of(int(derived_id("person", str(identity), str(number)), 16))


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
    work: Work,
    nodes: dict[int, Node],
    found: Partition,
    labels: dict[int, str],
    *,
    strained: bool,
) -> None:
    """Put the clusters; `strained` ones border on a shared card or account, so that more evidence
    may make one of their identifiers shared as well: never a plain union there.
    """
    is_plain = not strained and all(
        rule == HARD and not is_exclusive(nodes[i], work.kinds) for i, rule in found.shared.items()
    )
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
