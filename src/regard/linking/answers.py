"""What humans answered, as labels: who is one person, and who is not.

Acts in, pairs of records out. Only somebody's word counts: what a linker linked by probability must
not teach the next one. A question that was left open says nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from itertools import combinations, product

from regard.core.event import Identifier, IdentityAct
from regard.core.graph import Ruling
from regard.core.ids import identity_of
from regard.core.ports import GraphReader
from regard.core.rulings import standing

Answer = tuple[int, int, bool]
"""Two records, and whether they are one person."""

PAGE = 1_000
ANSWERS_MAX = 20_000
"""Pairs of records, the latest acts first: more teach nothing new."""


def answers_of(graph: GraphReader, identities: Sequence[set[int]]) -> list[Answer]:
    """Return what was said of records, each known by its `identities`, in their order."""
    records_of: dict[int, list[int]] = {}
    for record, known in enumerate(identities):
        for identity in known:
            records_of.setdefault(identity, []).append(record)
    found: dict[tuple[int, int], bool] = {}
    for ruling in reversed(standing(_rulings(graph, sorted(records_of)))):
        if len(found) >= ANSWERS_MAX:
            break
        for pair, are_one in _said(ruling.act, records_of):
            found.setdefault(pair, are_one)
    return [(one, two, are_one) for (one, two), are_one in sorted(found.items())]


def _rulings(graph: GraphReader, identities: Sequence[int]) -> Iterator[Ruling]:
    for start in range(0, len(identities), PAGE):
        yield from graph.rulings(identities[start : start + PAGE])


def _said(
    act: IdentityAct, records_of: Mapping[int, Sequence[int]]
) -> Iterator[tuple[tuple[int, int], bool]]:
    if act.confidence < 1:
        return
    left, right = (_records(side, records_of) for side in (act.left, act.right))
    if act.act == "link":
        for one, two in combinations(sorted(left | right), 2):
            yield (one, two), True
    elif act.act in ("never", "split"):
        for one, two in product(left - right, right - left):
            yield (min(one, two), max(one, two)), False


def _records(side: Sequence[Identifier], records_of: Mapping[int, Sequence[int]]) -> set[int]:
    return {r for i in side for r in records_of.get(identity_of(i.kind, i.value), ())}
