"""How strong identifiers are, and which evidence may link them: the rules of identity.yaml, asked.

Two orders: `strength` goes by the moment of the first sight, so that who is one person does not
depend on arrival; `anchor` by its place in the journal, so that a late event renames nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import timedelta

from regard.core.clock import to_us
from regard.core.graph import Edge, Node
from regard.core.rules import IdentifierKind

Kinds = Mapping[str, IdentifierKind]

MICROSECOND = timedelta(microseconds=1)

PRIORITY_LAST = 99
"""Kinds that the program no longer knows come last."""


def priority(node: Node, kinds: Kinds) -> int:
    """Return the priority of a node's kind."""
    kind = kinds.get(node.identifier.kind)
    return PRIORITY_LAST if kind is None else kind.priority


def strength(node: Node, kinds: Kinds) -> tuple[int, int, str]:
    """Return the order in which the weaker of two is blamed; the smallest is the strongest."""
    return priority(node, kinds), to_us(node.first_at), node.identifier.value


def anchor(node: Node, kinds: Kinds) -> tuple[int, int, str]:
    """Return the order in which identifiers give their name to a person; the smallest does."""
    return priority(node, kinds), node.offset, node.identifier.value


def is_exclusive(node: Node, kinds: Kinds) -> bool:
    """Return whether two values of the node's kind are never one person by themselves."""
    kind = kinds.get(node.identifier.kind)
    return kind is not None and kind.is_exclusive


def weaker(edge: Edge, nodes: Mapping[int, Node], kinds: Kinds) -> int:
    """Return the weaker end of an edge."""
    return max(edge.pair, key=lambda identity: (strength(nodes[identity], kinds), identity))


def has_room(kind: IdentifierKind, moments: Sequence[int], persons: int = 1) -> bool:
    """Return whether so many persons may have so many values of a kind.

    `moments` are when each was first seen, in microseconds, ascending.
    """
    most = kind.count_max * persons
    if len(moments) <= most:
        return True
    if kind.count_window is None:
        return False
    window_us = kind.count_window // MICROSECOND
    pairs = zip(moments, moments[most:], strict=False)
    return all(last - first >= window_us for first, last in pairs)


def linking_edges(edges: Iterable[Edge], nodes: Mapping[int, Node], kinds: Kinds) -> list[Edge]:
    """Return the evidence that may link, by the `linking` of its weaker ends' kinds."""
    if all(kind.linking == "every" for kind in kinds.values()):
        return list(edges)
    found: list[Edge] = []
    firsts: dict[int, Edge] = {}
    for edge in edges:
        weak = weaker(edge, nodes, kinds)
        strong = edge.right if weak == edge.left else edge.left
        kind = kinds.get(nodes[weak].identifier.kind)
        mode = "every" if kind is None else kind.linking
        if mode == "first":
            known = firsts.get(weak)
            if known is None or (edge.at, edge.pair) < (known.at, known.pair):
                firsts[weak] = edge
        elif mode == "every" or (mode == "new" and nodes[strong].first_at >= edge.at):
            found.append(edge)
    return found + list(firsts.values())
