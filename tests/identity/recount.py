"""Everybody counted again from all evidence at once, with scipy: a second opinion on who is who.

Connected components over the evidence and the words that stand; each is partitioned by itself; then
components of what links. Loads the whole graph: for tests.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable

import numpy as np
from scipy.sparse import coo_array
from scipy.sparse.csgraph import connected_components

from regard.core.ports import GraphReader
from regard.core.rules import IdentityRules
from regard.core.rulings import joined, standing
from regard.identity import partition
from regard.store import MemoryStore
from tests.identity.house import Registry

Groups = tuple[frozenset[frozenset[str]], frozenset[str]]


def components(nodes: Iterable[int], pairs: Iterable[tuple[int, int]]) -> list[set[int]]:
    """Return the connected components of an undirected graph."""
    order = sorted(nodes)
    place = {identity: number for number, identity in enumerate(order)}
    ends = np.array([(place[a], place[b]) for a, b in pairs], dtype=int).reshape(-1, 2)
    ones = np.ones(len(ends), dtype=np.int8)
    graph = coo_array((ones, (ends[:, 0], ends[:, 1])), shape=(len(order), len(order)))
    count, labels = connected_components(graph.tocsr(), directed=False)
    found: list[set[int]] = [set() for _ in range(count)]
    for identity, label in zip(order, labels, strict=True):
        found[label].add(identity)
    return found


def recounted(registry: Registry) -> Groups:
    """Return who is one person in a house, as sets of identifiers, and which are shared."""
    assert isinstance(registry.store, MemoryStore)
    everybody = list(registry.store._shared.tables.nodes)
    with registry.store.reading() as reading:
        return recount(reading.identities.graph, everybody, registry.program.identity)


def recount(graph: GraphReader, everybody: Collection[int], rules: IdentityRules) -> Groups:
    """Return the same of any graph, of which `everybody` are all identities."""
    kinds = {kind.kind: kind for kind in rules.kinds}
    nodes, edges = graph.nodes(sorted(everybody)), graph.edges(sorted(everybody))
    rulings = graph.rulings(sorted(everybody))
    said = [group for r in standing(rulings) for group in joined(r.act)]
    pairs = [e.pair for e in edges] + [(ids[0], other) for ids in said for other in ids[1:]]
    persons: set[frozenset[str]] = set()
    shared: set[str] = set()
    for stretch in components(nodes, pairs):
        inner = {i: nodes[i] for i in stretch}
        near = [e for e in edges if e.left in stretch]
        found = partition(inner, near, kinds, rulings=rulings)
        for group in found.components():
            persons.add(frozenset(str(nodes[i].identifier) for i in group))
        for identity in found.shared:
            name = str(nodes[identity].identifier)
            persons.add(frozenset({name}))
            shared.add(name)
    return frozenset(persons), frozenset(shared)
