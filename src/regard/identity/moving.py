"""What relabelling moves between persons: whose states are joined, and who is folded again.

A person is a join of what hangs on their identifiers. So where whole persons become one, and
nothing but evidence decides how their words are weighed, states are joined and no entry is read.
Everybody else whose identifiers changed is folded again from their own entries.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Mapping

from msgspec import Struct

from regard.core.graph import Node
from regard.identity.reach import Stretch
from regard.identity.work import History

NOWHERE = ""


class Moves(Struct, frozen=True, kw_only=True):
    """`merged` maps persons who became part of another to it; `stale` must be folded again."""

    merged: dict[str, str]
    stale: frozenset[str]


def moves_of(
    before: Mapping[int, Node],
    after: Mapping[int, Node],
    weighed: Collection[str],
    bare: Collection[int],
    fresh: int,
) -> Moves:
    """Return what moved between the nodes `before` and `after`.

    `weighed` are persons in whom words of consent are, or were, weighed apart; `bare` are
    identifiers that take nothing along (`bare_of`); `fresh` is the offset of the cause: identifiers
    first seen there bring no life along.
    """
    whole = _whole(before, after, fresh)
    borne = {node.person_id for node in after.values()}
    sources: dict[str, set[str]] = {}
    for identity, node in before.items():
        if node.offset != fresh:
            sources.setdefault(after[identity].person_id, set()).add(node.person_id)
    sums = {
        person_id
        for person_id, olds in sources.items()
        if person_id in olds
        and olds.isdisjoint(weighed)
        and all(whole[old] == person_id for old in olds)
        and not any(old in borne for old in olds - {person_id})
    }
    merged: dict[str, str] = {}
    stale: set[str] = set()
    for identity, node in before.items():
        now = after[identity]
        if (node.person_id, node.shared) == (now.person_id, now.shared):
            continue
        if now.person_id not in sums:
            both = {node.person_id, now.person_id}
            if identity not in bare or not both.isdisjoint(weighed):
                stale.update(both)
        elif node.offset != fresh:
            merged[node.person_id] = now.person_id
    return Moves(merged=merged, stale=frozenset(stale))


def bare_of(stretch: Stretch, after: Mapping[int, Node], past: History) -> set[int]:
    """Return the identifiers that became shared and take nothing along: nobody is folded again.

    No entry hangs on them, and they stood at the rim of their person: between two others they may
    be what dates since when these are one (`core.joining`). Two who log in and name one order are
    the usual case, and their histories may be long.
    """
    nodes = stretch.nodes
    gone = {i for i, node in nodes.items() if after[i].shared and not node.shared}
    if not gone or stretch.rulings:
        return set()
    beside: Counter[int] = Counter()
    for edge in stretch.edges:
        left, right = (nodes.get(identity) for identity in edge.pair)
        if left is not None and right is not None and left.person_id == right.person_id:
            beside.update(edge.pair)
    rim = sorted(identity for identity in gone if beside[identity] < 2)
    return set(rim).difference(entry.identity for entry in past(rim)) if rim else set()


def _whole(before: Mapping[int, Node], after: Mapping[int, Node], fresh: int) -> dict[str, str]:
    """Return where each person went as a whole, or `NOWHERE`: in parts, to or from a place."""
    whole: dict[str, str] = {}
    for identity, node in before.items():
        if node.offset == fresh:
            continue
        now = after[identity]
        new = NOWHERE if node.shared or now.shared else now.person_id
        if whole.setdefault(node.person_id, new) != new:
            whole[node.person_id] = NOWHERE
    return whole
