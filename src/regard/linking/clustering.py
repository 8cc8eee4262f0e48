"""From pairs to people: who is one person when all pairs are heard together.

Pairs are taken by strength, and two groups become one only when what all their pairs say together
speaks for it (greedy additive contraction, Keuper et al. 2015). So a relative who resembles two
people does not chain them together, and what may never be one (two logins) stays apart.
"""

from __future__ import annotations

import itertools
from collections.abc import Iterable, Sequence
from heapq import heapify, heappop, heappush

import numpy as np
from numpy.typing import NDArray

WEIGHT_MAX = 6.0
"""One pair's say at most: a single boast must not outvote three doubts."""

ABSENT = -1.0
"""What a pair says that shared no key and was never compared."""

Edge = tuple[int, int, float]


def cluster(
    count: int,
    left: NDArray[np.int32],
    right: NDArray[np.int32],
    weights: NDArray[np.float64],
    apart: tuple[Iterable[tuple[int, int]], Sequence[int]] = ((), ()),
) -> NDArray[np.int32]:
    """Return the cluster of each record: the number of its first record.

    `weights` are log-odds above the threshold (below it negative). `apart` are pairs that may
    never be one, and person numbers of the records (-1 none; no numbers: nobody has one) of which
    two different ones may not meet.
    """
    clipped = np.clip(weights, -WEIGHT_MAX, WEIGHT_MAX)
    is_for = clipped > 0
    never, keys = {(min(pair), max(pair)) for pair in apart[0]}, apart[1]
    roots = _components(count, left[is_for], right[is_for])
    sizes = np.bincount(roots, minlength=count)
    inside = np.flatnonzero(roots[left] == roots[right])
    left, right, clipped, size = (
        left[inside],
        right[inside],
        clipped[inside],
        sizes[roots[left[inside]]],
    )
    lone = (size == 2) & (clipped > 0) & _may_be_one(left, right, never, keys)
    found = np.arange(count, dtype=np.int32)
    found[right[lone]] = left[lone]
    rest = np.flatnonzero(size > 2)
    order = rest[np.argsort(roots[left[rest]], kind="stable")]
    edges = list(
        zip(left[order].tolist(), right[order].tolist(), clipped[order].tolist(), strict=True)
    )
    borders = [0, *(np.flatnonzero(np.diff(roots[left[order]])) + 1).tolist(), len(order)]
    for begin, end in itertools.pairwise(borders):
        _contract(edges[begin:end], never, keys, found)
    return found


def _may_be_one(
    left: NDArray[np.int32],
    right: NDArray[np.int32],
    never: set[tuple[int, int]],
    keys: Sequence[int],
) -> NDArray[np.bool_]:
    allowed = np.ones(len(left), dtype=bool)
    if len(keys):
        known = np.array(keys)
        one, two = known[left], known[right]
        allowed = (one < 0) | (two < 0) | (one == two)
    for low, high in never:
        allowed[(left == low) & (right == high)] = False
    return allowed


def _components(count: int, left: NDArray[np.int32], right: NDArray[np.int32]) -> NDArray[np.int64]:
    """Return the smallest record of each record's connected component."""
    parent = list(range(count))

    def root(place: int) -> int:
        while parent[place] != place:
            parent[place] = parent[parent[place]]
            place = parent[place]
        return place

    for a, b in zip(left.tolist(), right.tolist(), strict=True):
        one, two = root(a), root(b)
        if one != two:
            parent[max(one, two)] = min(one, two)
    touched = np.unique(np.concatenate([left, right]))
    roots = np.arange(count, dtype=np.int64)
    roots[touched] = [root(place) for place in touched.tolist()]
    return roots


class _Group:
    """A growing cluster: its members, its one key, and what it knows of its neighbours."""

    __slots__ = ("key", "members", "near")

    def __init__(self, record: int, key: int) -> None:
        self.members = [record]
        self.key = key
        self.near: dict[int, tuple[float, int]] = {}


def _contract(
    edges: Sequence[Edge],
    never: set[tuple[int, int]],
    keys: Sequence[int],
    found: NDArray[np.int32],
) -> None:
    groups: dict[int, _Group] = {}
    for a, b, weight in edges:
        for record, other in ((a, b), (b, a)):
            if record not in groups:
                groups[record] = _Group(record, keys[record] if len(keys) else -1)
            groups[record].near[other] = (weight, 1)
    heap = [(-weight, a, b) for a, b, weight in edges if weight > 0]
    heapify(heap)
    while heap:
        negative, a, b = heappop(heap)
        if a not in groups or b not in groups or b not in groups[a].near:
            continue
        if abs(_joint(groups[a], groups[b], b) + negative) > 1e-9:
            continue  # an older word: a newer one is on the heap, or speaks against it
        if _may_meet(groups[a], groups[b], never):
            _merge(groups, min(a, b), max(a, b), heap)
        else:
            del groups[a].near[b], groups[b].near[a]
    for group in groups.values():
        found[group.members] = min(group.members)


def _joint(one: _Group, two: _Group, name: int) -> float:
    weight, compared = one.near[name]
    return weight + ABSENT * (len(one.members) * len(two.members) - compared)


def _may_meet(one: _Group, two: _Group, never: set[tuple[int, int]]) -> bool:
    if one.key >= 0 and two.key >= 0 and one.key != two.key:
        return False
    return not never or not any(
        (min(a, b), max(a, b)) in never for a in one.members for b in two.members
    )


def _merge(
    groups: dict[int, _Group], kept: int, gone: int, heap: list[tuple[float, int, int]]
) -> None:
    one, two = groups[kept], groups.pop(gone)
    one.members += two.members
    one.key = max(one.key, two.key)
    one.near.pop(gone, None)
    for name, (weight, compared) in two.near.items():
        if name == kept:
            continue
        mine = one.near.get(name, (0.0, 0))
        one.near[name] = (mine[0] + weight, mine[1] + compared)
        groups[name].near.pop(gone, None)
    for name in one.near:
        groups[name].near[kept] = one.near[name]
        joint = _joint(one, groups[name], name)
        if joint > 0:
            heappush(heap, (-joint, min(kept, name), max(kept, name)))
