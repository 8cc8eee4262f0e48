"""Layers of a flow: which step stands on which row, and in which order from left to right.

Boxes and links (by number, the first box on top) in, rows of places out. A place is a box or one of
the bends that a link makes on each row that it crosses; a link's label stands on the first of
them. Links that lead back up are turned for the layering. After Sugiyama, Tagawa and Toda (1981).
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from itertools import pairwise

Link = tuple[int, int]
Rows = list[list[int]]

SWEEPS = 12
"""How often rows are put in order by their neighbours; more changes nothing for 200 steps."""


@dataclass(slots=True)
class Layers:
    """Rows of places, top to bottom; even rows hold boxes, odd ones labels.

    `chains` has per link the places from the upper to the lower end, `turned` the numbers of the
    links that lead up. `above` and `below` are the neighbours of each place.
    """

    rows: Rows
    chains: list[list[int]]
    turned: frozenset[int]
    above: dict[int, list[int]] = field(default_factory=dict)
    below: dict[int, list[int]] = field(default_factory=dict)


def layered(box_count: int, links: Sequence[Link]) -> Layers:
    """Return boxes and links in rows, with as few crossings as the sweeps find.

    Links of a box to itself are no business of layers and may not be among `links`.
    """
    turned = _leading_up(box_count, links)
    downward = [(b, a) if n in turned else (a, b) for n, (a, b) in enumerate(links)]
    rank = _ranks(box_count, downward)
    rows: Rows = [[] for _ in range(2 * max(rank) + 1)]
    for box in _by_depth(box_count, downward):
        rows[2 * rank[box]].append(box)
    chains, count = [], box_count
    for upper, lower in downward:
        bends = range(2 * rank[upper] + 1, 2 * rank[lower])
        chains.append([upper, *range(count, count + len(bends)), lower])
        for place, row in zip(chains[-1][1:-1], bends, strict=True):
            rows[row].append(place)
        count += len(bends)
    layers = Layers(rows=rows, chains=chains, turned=frozenset(turned))
    for place in range(count):
        layers.above[place], layers.below[place] = [], []
    for chain in chains:
        for one, next_one in pairwise(chain):
            layers.below[one].append(next_one)
            layers.above[next_one].append(one)
    layers.rows = _ordered(layers)
    return layers


def _leading_up(box_count: int, links: Sequence[Link]) -> set[int]:
    """Return the links that close a circle when one walks from the first box on."""
    ways = _ways(box_count, links)
    turned: set[int] = set()
    state = [0] * box_count  # 0 not seen, 1 on the way, 2 done
    for first in range(box_count):
        stack = [] if state[first] else [(first, iter(ways[first]))]
        state[first] = state[first] or 1
        while stack:
            box, rest = stack[-1]
            number = next(rest, -1)
            if number < 0:
                state[box] = 2
                stack.pop()
                continue
            target = links[number][1]
            if state[target] == 1:
                turned.add(number)
            elif not state[target]:
                state[target] = 1
                stack.append((target, iter(ways[target])))
    return turned


def _ways(box_count: int, links: Sequence[Link]) -> list[list[int]]:
    ways: list[list[int]] = [[] for _ in range(box_count)]
    for number, (source, _) in enumerate(links):
        ways[source].append(number)
    return ways


def _ranks(box_count: int, links: Sequence[Link]) -> list[int]:
    """Return how many boxes lie above each one on the longest way to it."""
    waiting = [0] * box_count
    for _, lower in links:
        waiting[lower] += 1
    ways, rank = _ways(box_count, links), [0] * box_count
    ready = [box for box in range(box_count) if not waiting[box]]
    for box in ready:
        for number in ways[box]:
            lower = links[number][1]
            rank[lower] = max(rank[lower], rank[box] + 1)
            waiting[lower] -= 1
            if not waiting[lower]:
                ready.append(lower)
    return rank


def _by_depth(box_count: int, links: Sequence[Link]) -> list[int]:
    """Return boxes as a walk that takes the first way first meets them: a fair first order."""
    ways, met = _ways(box_count, links), dict[int, None]()
    stack = list(reversed(range(box_count)))
    while stack:
        box = stack.pop()
        if box not in met:
            met[box] = None
            stack += [links[number][1] for number in reversed(ways[box])]
    return list(met)


def _ordered(layers: Layers) -> Rows:
    """Return the rows in the order with the fewest crossings that the sweeps met."""
    rows = [list(row) for row in layers.rows]
    best, fewest = [list(row) for row in rows], _crossings(rows, layers.below)
    for sweep in range(SWEEPS):
        if not fewest:
            break
        is_down = sweep % 2 == 0
        neighbours = layers.above if is_down else layers.below
        steps = range(1, len(rows)) if is_down else range(len(rows) - 2, -1, -1)
        for row in steps:
            beside = rows[row - 1 if is_down else row + 1]
            at = {place: float(n) for n, place in enumerate(beside)}
            rows[row] = _by_neighbours(rows[row], neighbours, at)
        count = _crossings(rows, layers.below)
        if count < fewest:
            best, fewest = [list(row) for row in rows], count
    return best


def _by_neighbours(
    row: Sequence[int], neighbours: dict[int, list[int]], at: dict[int, float]
) -> list[int]:
    """Order a row by the mean of its neighbours; who has none keeps its place."""
    wanted = {}
    for n, place in enumerate(row):
        near = [at[other] for other in neighbours[place]]
        wanted[place] = sum(near) / len(near) if near else float(n)
    return sorted(row, key=wanted.__getitem__)


def _crossings(rows: Rows, below: dict[int, list[int]]) -> int:
    """Return how many pairs of links cross between neighbouring rows."""
    count = 0
    for upper, lower in pairwise(rows):
        at = {place: n for n, place in enumerate(lower)}
        ends: list[int] = []
        for place in upper:
            for end in sorted(at[other] for other in below[place]):
                count += sum(end < other for other in ends)
                ends.append(end)
    return count
