"""Which person id a component bears, and where ids lead that nobody bears any more.

Every identifier brings the id of the person whose it was when it was first seen (`Node.origin`,
whatever becomes of it later); a component bears that of its strongest identifier
(`strength.anchor`). So a merge keeps the id of the stronger part, and a split gives each part the
id it would have without the merge. Nobody takes an id from somebody who is not looked at. Shared
identifiers are places, with ids of their own that no person ever bears.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Set
from functools import lru_cache
from itertools import chain, count

from msgspec import Struct

from regard.core.graph import Node
from regard.core.ids import derived_id, person_id_of
from regard.core.ports import GraphReader
from regard.identity.partition import Partition
from regard.identity.reach import Stretch
from regard.identity.strength import Kinds, anchor

PLACES_MAX = 65_536
"""Ids of places that are remembered; asked for each identifier of a stretch."""


class Names(Struct, frozen=True, kw_only=True):
    """The person id of each identity, and what identifiers that are new bring from now on.

    `places` are the identities that stand for a place.
    """

    labels: dict[int, str]
    origins: dict[int, str]
    places: frozenset[int]


def origin_of(node: Node) -> str:
    """Return the person id that an identifier brings."""
    return node.origin or person_id_of(node.identity)


@lru_cache(maxsize=PLACES_MAX)
def place_of(identity: int) -> str:
    """Return the id of the place or household that a shared identifier stands for."""
    return person_id_of(int(derived_id("shared", str(identity)), 16))


def names_of(
    graph: GraphReader,
    nodes: Mapping[int, Node],
    found: Partition,
    kinds: Kinds,
    fresh: int,
) -> Names:
    """Return who bears which id; the strongest components choose first.

    `fresh` is the offset of the event that is resolved: identifiers first seen in it bring no id
    to a component that has one.
    """
    taken: set[str] = set()
    present = {node.person_id for node in nodes.values()}
    labels: dict[int, str] = {}
    origins: dict[int, str] = {}
    groups = [sorted(group, key=lambda i: anchor(nodes[i], kinds)) for group in found.components()]
    for group in sorted(groups, key=lambda g: (anchor(nodes[g[0]], kinds), g[0])):
        new = [identity for identity in group if nodes[identity].offset == fresh]
        brought = [
            origin_of(nodes[i]) for i in group if i not in new and not _is_from_place(nodes[i])
        ]
        for label in chain(brought, _made_for(group[0])):
            if label not in taken and (label in present or _is_free(graph, label, present)):
                break
        taken.add(label)
        labels |= dict.fromkeys(group, label)
        # Whoever an id was made for brings it from now on; who bears what another brings does not.
        for identity in new if label in brought else [*new, group[0]]:
            if label != origin_of(nodes[identity]):
                origins[identity] = "" if label == person_id_of(identity) else label
    labels |= {identity: place_of(identity) for identity in found.shared}
    origins |= {i: place_of(i) for i in found.shared if nodes[i].offset == fresh}
    return Names(labels=labels, origins=origins, places=frozenset(found.shared))


def _made_for(strongest: int) -> Iterator[str]:
    """Yield ids that no identifier brings, made for the strongest of a component."""
    yield person_id_of(strongest)
    for number in count(1):
        yield person_id_of(int(derived_id("person", str(strongest), str(number)), 16))


def _is_free(graph: GraphReader, label: str, present: Set[str]) -> bool:
    """Return whether nobody beyond bears an id, and it leads to nobody beyond."""
    if graph.clusters([label], with_members=False):
        return False
    return graph.winner(label) in {label, *present}


def _is_from_place(node: Node) -> bool:
    """Return whether an identifier was shared when it was first seen: it brings no id."""
    if not node.origin or (node.origin == node.person_id and not node.shared):
        return False  # no person bears the id of a place
    return node.origin == place_of(node.identity)


def forwards_of(
    graph: GraphReader, stretch: Stretch, names: Names, kinds: Kinds, fresh: int
) -> dict[str, str]:
    """Return where the ids lead that some identifiers brought and nobody bears now.

    Identifiers first seen at offset `fresh` brought none. Who brought an id counts before who was
    with its bearer, persons before places, and a place leads nowhere itself; places at the border
    of the stretch count, so that it does not matter how far was looked: what leads to somebody
    beyond goes on leading there.
    """
    nodes = {**stretch.border, **stretch.nodes}
    labels = {i: node.person_id for i, node in stretch.border.items()} | names.labels
    places = names.places | stretch.border.keys()
    known = [identity for identity, node in nodes.items() if node.offset != fresh]
    known.sort(key=lambda i: (i in places, anchor(nodes[i], kinds), i))
    brought = [(origin_of(nodes[i]), i) for i in known if not _is_from_place(nodes[i])]
    borne = [(nodes[i].person_id, i) for i in known if not nodes[i].shared]
    alive = set(labels.values())
    leads: dict[str, str] = {}
    to_places: set[str] = set()
    for old, identity in (*brought, *borne):
        if old not in alive and old not in leads:
            leads[old] = labels[identity]
            if identity in places:
                to_places.add(old)
    ours = {node.person_id for node in nodes.values()}
    foreign = sorted(leads.keys() - ours)
    elsewhere = graph.clusters(foreign, with_members=False) if foreign else {}
    beyond = {old for old in to_places if graph.winner(old) not in {old, *ours}}
    return {old: new for old, new in leads.items() if old not in elsewhere and old not in beyond}
