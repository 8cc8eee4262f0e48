"""How strong identifiers are, and which evidence may link them: the rules of identity.yaml, asked.

Two orders: `strength` goes by the moment of the first sight, so that who is one person does not
depend on arrival; `anchor` by its place in the journal, so that a late event renames nobody.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime, timedelta
from operator import itemgetter

from msgspec import Struct

from regard.core.clock import to_us
from regard.core.graph import Edge, Node
from regard.core.rules import IdentifierKind

Kinds = Mapping[str, IdentifierKind]
Pair = tuple[int, int]

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


KEY_COUNT_MAX = 20
"""A kind of which a person has no more values than this tells persons apart, as addresses do and
order numbers do not."""


def telling_kinds(kinds: Kinds) -> frozenset[str]:
    """Return the kinds whose values keep apart whom some weaker identifier would join."""
    ones = [kind for kind in kinds.values() if kind.linking == "one"]
    return frozenset(name for name in kinds if any(is_key_above(name, one, kinds) for one in ones))


def is_key_above(name: str, weak: IdentifierKind, kinds: Kinds) -> bool:
    """Return whether values of a kind tell apart those whom a weaker identifier would join."""
    kind = kinds.get(name)
    if kind is None or kind.is_device or kind.priority >= weak.priority:
        return False
    return kind.count_max <= KEY_COUNT_MAX


def is_contact(node: Node, kinds: Kinds) -> bool:
    """Return whether a person has a few values of a node's kind, ever: addresses, phones."""
    return is_kind_of_contact(node.identifier.kind, kinds)


def is_kind_of_contact(name: str, kinds: Kinds) -> bool:
    """Return whether a person has a few values of a kind, ever."""
    kind = kinds.get(name)
    if kind is None or kind.is_device or kind.is_exclusive or kind.count_window is not None:
        return False
    return kind.count_max <= KEY_COUNT_MAX


def has_room(kind: IdentifierKind, moments: Sequence[int], persons: int = 1) -> bool:
    """Return whether so many persons may have so many values of a kind.

    `moments` are when each was first seen, in microseconds.
    """
    most = kind.count_max * persons
    if len(moments) <= most:
        return True
    if kind.count_window is None:
        return False
    window_us = kind.count_window // MICROSECOND
    ordered = sorted(moments)
    pairs = zip(ordered, ordered[most:], strict=False)
    return all(last - first >= window_us for first, last in pairs)


class Weighed(Struct, frozen=True, kw_only=True):
    """Evidence with its weaker end, and the keys of which it may join no two of one kind."""

    edge: Edge
    weak: int
    keys: frozenset[str]


class Scale:
    """Which end of evidence is the weaker, and when it is weighed."""

    def __init__(self, nodes: Mapping[int, Node], kinds: Kinds) -> None:
        self._nodes = nodes
        self._kinds = kinds
        self.priorities = {i: priority(node, kinds) for i, node in nodes.items()}
        self._turns = {name: _turn_of(kind, kinds) for name, kind in kinds.items()}

    def weighed(self, edges: Iterable[Edge]) -> list[Weighed]:
        """Return the evidence that may link, by the `linking` of its weaker ends' kinds, in order.

        What just links goes first, then what links one, kind by kind, each by time. The stronger
        kind goes before the weaker: whom a landline may join hangs on the addresses that they
        have. So whoever has two addresses had them before any landline was weighed, and more
        evidence within one person never turns against it (`stage` attaches by that).
        """
        found: list[tuple[int, datetime, Pair, Weighed]] = []
        firsts: dict[int, tuple[int, datetime, Pair, Weighed]] = {}
        for edge in edges:
            weak = self._weaker(edge)
            name = self._nodes[weak].identifier.kind
            turn, keys = self._turns.get(name, _AT_ONCE)
            place = (turn, edge.at, edge.pair, Weighed(edge=edge, weak=weak, keys=keys))
            mode = self._kinds[name].linking if name in self._kinds else "every"
            if mode == "first":
                firsts[weak] = min(place, firsts.get(weak, place), key=_place)
            elif mode in ("every", "one") or (mode == "new" and self._is_new(edge, weak)):
                found.append(place)
        return [place[-1] for place in sorted([*found, *firsts.values()], key=_place)]

    def _weaker(self, edge: Edge) -> int:
        left, right = edge.pair
        one, two = self.priorities[left], self.priorities[right]
        if one != two:
            return left if one > two else right
        return max(edge.pair, key=lambda i: (strength(self._nodes[i], self._kinds), i))

    def _is_new(self, edge: Edge, weak: int) -> bool:
        strong = edge.right if weak == edge.left else edge.left
        return self._nodes[strong].first_at >= edge.at


_AT_ONCE: tuple[int, frozenset[str]] = (0, frozenset())


def _turn_of(kind: IdentifierKind, kinds: Kinds) -> tuple[int, frozenset[str]]:
    if kind.linking != "one":
        return _AT_ONCE
    return kind.priority, frozenset(name for name in kinds if is_key_above(name, kind, kinds))


_place = itemgetter(0, 1, 2)
