"""The canonical partition: which identifiers are one person, as a function of the evidence alone.

In: nodes and edges of one connected stretch of the graph. Out: components, and the identifiers
that are shared and therefore link nobody. The result does not depend on arrival order: edges are
taken by the time of their events (Kruskal's order), and a refused edge condemns its weaker end.
Online attaching gives the same components wherever no two exclusive identifiers meet.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from msgspec import Struct

from regard.core.clock import to_us
from regard.core.graph import Edge, Node
from regard.core.program import IdentifierKind

Kinds = Mapping[str, IdentifierKind]

HARD = "two_persons"
"""Directly seen with two different persons: shared for ever, whatever evidence follows."""

SOFT = "would_join_two_persons"
"""Would join two persons over others; more evidence may still move the blame elsewhere."""


class Partition(Struct, frozen=True, kw_only=True):
    """`roots` gives each conducting identity the root of its component; `shared` the rules."""

    roots: dict[int, int]
    shared: dict[int, str]

    def components(self) -> list[tuple[int, ...]]:
        """Return the components as sorted tuples of identities."""
        groups: dict[int, list[int]] = {}
        for identity, root in self.roots.items():
            groups.setdefault(root, []).append(identity)
        return [tuple(sorted(group)) for group in groups.values()]


def strength(node: Node, kinds: Kinds) -> tuple[int, int, str]:
    """Return the anchor order of a node: priority of its kind, first sight, value."""
    return priority(node, kinds), to_us(node.first_at), node.identifier.value


def priority(node: Node, kinds: Kinds) -> int:
    """Return the priority of a node's kind; kinds that the program no longer knows come last."""
    kind = kinds.get(node.identifier.kind)
    return 99 if kind is None else kind.priority


def is_exclusive(node: Node, kinds: Kinds) -> bool:
    """Return whether two values of the node's kind are never one person by themselves."""
    kind = kinds.get(node.identifier.kind)
    return kind is not None and kind.is_exclusive


def partition(
    nodes: Mapping[int, Node],
    edges: Sequence[Edge],
    kinds: Kinds,
    border: Mapping[int, Node] = MappingProxyType({}),
) -> Partition:
    """Return the canonical partition of `nodes` under `edges`.

    `border` are hard-shared nodes that edges lead to: they link nobody, but having been seen with
    two of them is having been seen with two.
    """
    found = _seen_with_two({**border, **nodes}, edges, kinds)
    shared = {identity: HARD for identity in nodes if identity in found}
    inner = [e for e in edges if e.left in nodes and e.right in nodes]
    ordered = sorted(inner, key=lambda e: (e.at, e.pair))
    while True:
        union = _Union(nodes, kinds)
        refused = _first_refused(union, ordered, shared, nodes)
        if refused is None:
            roots = {i: union.root(i) for i in nodes if i not in shared}
            return Partition(roots=roots, shared=shared)
        shared[_weaker(refused, nodes, kinds)] = SOFT


def _seen_with_two(nodes: Mapping[int, Node], edges: Iterable[Edge], kinds: Kinds) -> set[int]:
    """Return identities directly linked to two values of an exclusive kind stronger than theirs.

    A phone with two users is shared; a user with two loyalty numbers is not: there the younger
    number is set aside.
    """
    met: dict[tuple[int, str], int] = {}
    shared = set()
    for edge in edges:
        for near, far in (edge.pair, edge.pair[::-1]):
            is_stronger = priority(nodes[far], kinds) < priority(nodes[near], kinds)
            if not is_stronger or not is_exclusive(nodes[far], kinds):
                continue
            if met.setdefault((near, nodes[far].identifier.kind), far) != far:
                shared.add(near)
    return shared


def _first_refused(
    union: _Union, edges: Sequence[Edge], shared: Mapping[int, str], nodes: Mapping[int, Node]
) -> Edge | None:
    for edge in edges:
        if edge.left in shared or edge.right in shared:
            continue
        if nodes[edge.left].identifier.kind == nodes[edge.right].identifier.kind and (
            union.are_rivals(edge.left, edge.right)
        ):
            continue  # two exclusive values named in one event: never a link, nobody's fault
        if not union.join(edge.left, edge.right):
            return edge
    return None


def _weaker(edge: Edge, nodes: Mapping[int, Node], kinds: Kinds) -> int:
    return max(edge.pair, key=lambda identity: (strength(nodes[identity], kinds), identity))


class _Union:
    """Union-find whose sets refuse two values of one exclusive kind."""

    def __init__(self, nodes: Mapping[int, Node], kinds: Kinds) -> None:
        self._parent = {identity: identity for identity in nodes}
        self._exclusive = {
            identity: {node.identifier.kind: identity} if is_exclusive(node, kinds) else {}
            for identity, node in nodes.items()
        }

    def root(self, identity: int) -> int:
        parent = self._parent
        while parent[identity] != identity:
            parent[identity] = parent[parent[identity]]
            identity = parent[identity]
        return identity

    def are_rivals(self, left: int, right: int) -> bool:
        return left in self._exclusive[left].values() and right in self._exclusive[right].values()

    def join(self, left: int, right: int) -> bool:
        """Join two sets; False (and nothing done) when they hold rival identifiers."""
        one, two = sorted((self.root(left), self.root(right)))
        if one == two:
            return True
        mine, theirs = self._exclusive[one], self._exclusive[two]
        if any(mine.get(kind, value) != value for kind, value in theirs.items()):
            return False
        self._parent[two] = one
        self._exclusive[one] = mine | theirs
        return True
