"""Places for the boxes and links of a flow on a plane: pixels from the top left corner.

Sizes of boxes and labelled links in, where each stands out. Rows come from `layers`; within a row
every box stands as near to its neighbours as the room between them allows. Nothing overlaps: a
label has a place of its own between two rows of boxes, and links run between places.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from itertools import pairwise
from typing import NamedTuple

from regard.drawing.layers import Layers, layered

BOX_GAP, BEND_GAP = 28.0, 14.0
"""Room between two boxes of a row, and beside a link that runs between them."""
ROW_GAP = 26.0
PORT_GAP = 22.0
"""Room between two links at the same side of a box."""
LOOP = 26.0
"""How far a link of a box to itself reaches out to its right."""
MARGIN = 12.0
TURNS = 12
"""How often rows pull each other straight; positions move by less than a pixel after."""


class Size(NamedTuple):
    """Width and height in pixels."""

    width: float
    height: float


class Spot(NamedTuple):
    """A point in pixels, from the top left."""

    x: float
    y: float


class Link(NamedTuple):
    """A link between two boxes by their numbers; `label` is the room that its label needs."""

    source: int
    target: int
    label: Size = Size(0, 0)


class Layout(NamedTuple):
    """Where everything stands.

    `boxes` are top left corners. `routes` have per link the points it runs through, from source
    to target: along a vertical line, else in a curve that begins and ends vertically. `labels`
    are the middles of the room for labels, None for links that have none.
    """

    size: Size
    boxes: tuple[Spot, ...]
    routes: tuple[tuple[Spot, ...], ...]
    labels: tuple[Spot | None, ...]


def lay_out(boxes: Sequence[Size], links: Sequence[Link]) -> Layout:
    """Return where boxes and links stand, the first box on top.

    At least one box. Two links may not join the same boxes in the same direction.
    """
    sheet = _Sheet(boxes, links)
    width = max(sheet.x[place] + size.width / 2 for place, size in sheet.sizes.items())
    return Layout(
        size=Size(width + MARGIN, sheet.spans[-1][1] + MARGIN),
        boxes=tuple(map(sheet.corner, range(len(boxes)))),
        routes=tuple(map(sheet.route, range(len(links)))),
        labels=tuple(map(sheet.label, range(len(links)))),
    )


class _Sheet:
    """Everything placed: the middle of every place from the left, top and bottom of every row."""

    def __init__(self, boxes: Sequence[Size], links: Sequence[Link]) -> None:
        self._boxes, self._links = boxes, links
        ways = [n for n, link in enumerate(links) if link.source != link.target]
        layers = layered(len(boxes), [(links[n].source, links[n].target) for n in ways])
        self._chains = dict(zip(ways, layers.chains, strict=True))
        self._turned = {ways[number] for number in layers.turned}
        self._row_of = {place: n for n, row in enumerate(layers.rows) for place in row}
        self.sizes = self._sized()
        self.x = _across(layers, self.sizes, len(boxes))
        self.spans = _down(layers.rows, self.sizes)
        self._ports = _ports(self._chains, self.x)

    def corner(self, box: int) -> Spot:
        """Return the top left corner of a box."""
        size = self._boxes[box]
        return Spot(self.x[box] - size.width / 2, self._middle(box) - size.height / 2)

    def label(self, link: int) -> Spot | None:
        """Return the middle of a link's label, None when it has none."""
        if link not in self._chains or not self._links[link].label.width:
            return None
        place = self._label_place(link)
        return Spot(self.x[place], self._middle(place))

    def route(self, link: int) -> tuple[Spot, ...]:
        """Return the points of a link from its source to its target."""
        if link not in self._chains:
            box = self._links[link].source
            return _loop(self.corner(box), self._boxes[box])
        upper, *bends, lower = self._chains[link]
        begin, end = self._port(link, upper, 0), self._port(link, lower, 1)
        points = [Spot(begin, self.corner(upper).y + self._boxes[upper].height)]
        points.append(Spot(begin, self._span(upper)[1]))
        for bend in bends:
            top, bottom = self._span(bend)
            points += [Spot(self.x[bend], top), Spot(self.x[bend], bottom)]
        points += [Spot(end, self._span(lower)[0]), Spot(end, self.corner(lower).y)]
        return tuple(reversed(points)) if link in self._turned else tuple(points)

    def _sized(self) -> dict[int, Size]:
        sizes = dict(enumerate(self._boxes))
        for link in self._links:
            if link.source == link.target:
                box = self._boxes[link.source]
                sizes[link.source] = Size(box.width + 2 * LOOP, box.height)
        for number, chain in self._chains.items():
            sizes |= dict.fromkeys(chain[1:-1], Size(0, 0))
            sizes[self._label_place(number)] = self._links[number].label
        return sizes

    def _label_place(self, link: int) -> int:
        """Return the place of a link's label: beside the box that it comes from."""
        return self._chains[link][-2 if link in self._turned else 1]

    def _span(self, place: int) -> tuple[float, float]:
        return self.spans[self._row_of[place]]

    def _middle(self, place: int) -> float:
        return sum(self._span(place)) / 2

    def _port(self, link: int, box: int, end: int) -> float:
        """Return where a link meets its box, in the flat part of the box's side."""
        reach = max(self._boxes[box].width / 2 - LOOP, 0.0)
        return self.x[box] + min(max(self._ports[link, end], -reach), reach)


def _across(layers: Layers, sizes: Mapping[int, Size], box_count: int) -> dict[int, float]:
    """Return the middles of all places from the left."""
    x: dict[int, float] = {}
    for row in layers.rows:
        edge = 0.0
        for place in row:
            x[place] = edge + sizes[place].width / 2
            edge += sizes[place].width + BOX_GAP
    weight = _weights(layers, box_count)
    down, up = range(1, len(layers.rows)), range(len(layers.rows) - 2, -1, -1)
    for turn in range(TURNS):
        for n in down if turn % 2 == 0 else up:
            row = layers.rows[n]
            sides = (layers.above, layers.below) if turn >= TURNS - 2 else None
            near = sides or ((layers.above,) if turn % 2 == 0 else (layers.below,))
            pulls = [_pull(place, near, x, weight) for place in row]
            _settle(row, pulls, sizes, x, box_count)
    left = min(x[place] - sizes[place].width / 2 for place in x) - MARGIN
    return {place: at - left for place, at in x.items()}


def _weights(layers: Layers, box_count: int) -> dict[tuple[int, int], float]:
    """Return how strongly links pull: bends more than boxes, the first way on from a box too."""
    weight: dict[tuple[int, int], float] = {}
    seen: set[int] = set()
    for chain in layers.chains:
        is_first = chain[0] not in seen
        seen.add(chain[0])
        for one, other in pairwise(chain):
            bends = (one >= box_count) + (other >= box_count)
            weight[one, other] = (1.0, 2.0, 8.0)[bends] * (3.0 if is_first else 1.0)
    return weight


def _pull(
    place: int,
    sides: Sequence[Mapping[int, Sequence[int]]],
    x: Mapping[int, float],
    weight: Mapping[tuple[int, int], float],
) -> tuple[float, float]:
    """Return where a place's neighbours want it, and how much."""
    near = [other for side in sides for other in side[place]]
    pulls = [(weight.get((place, o)) or weight[o, place], x[o]) for o in near]
    total = sum(w for w, _ in pulls)
    return (sum(w * at for w, at in pulls) / total, total) if pulls else (x[place], 0.01)


def _settle(
    row: Sequence[int],
    pulls: Sequence[tuple[float, float]],
    sizes: Mapping[int, Size],
    x: dict[int, float],
    box_count: int,
) -> None:
    """Move a row to where it is pulled, as far as the room between its places allows.

    Isotonic regression by pooling neighbours that would come too near: the least sum of squares.
    """
    offsets, edge = [], 0.0
    for n, place in enumerate(row):
        if n:
            before = row[n - 1]
            gap = BOX_GAP if place < box_count and before < box_count else BEND_GAP
            edge += (sizes[before].width + sizes[place].width) / 2 + gap
        offsets.append(edge)
    pools: list[tuple[float, float, int]] = []  # wanted, weight, count
    for (wanted, weight), offset in zip(pulls, offsets, strict=True):
        pool = (wanted - offset, weight, 1)
        while pools and pools[-1][0] > pool[0]:
            at, heavy, count = pools.pop()
            total = heavy + pool[1]
            pool = ((at * heavy + pool[0] * pool[1]) / total, total, count + pool[2])
        pools.append(pool)
    settled = [at for at, _, count in pools for _ in range(count)]
    for place, at, offset in zip(row, settled, offsets, strict=True):
        x[place] = at + offset


def _down(rows: Sequence[Sequence[int]], sizes: Mapping[int, Size]) -> list[tuple[float, float]]:
    """Return top and bottom of every row."""
    spans, top = [], MARGIN
    for row in rows:
        height = max(sizes[place].height for place in row)
        spans.append((top, top + height))
        top += height + ROW_GAP
    return spans


def _ports(
    chains: Mapping[int, Sequence[int]], x: Mapping[int, float]
) -> dict[tuple[int, int], float]:
    """Return how far from the middle of its box a link begins and ends, by (link, end).

    Links at one side of a box stand beside each other in the order of where they go.
    """
    sides: dict[tuple[int, int], list[tuple[float, int]]] = {}
    for link, chain in chains.items():
        sides.setdefault((chain[0], 0), []).append((x[chain[1]], link))
        sides.setdefault((chain[-1], 1), []).append((x[chain[-2]], link))
    ports = {}
    for (_, end), reached in sides.items():
        for n, (_, link) in enumerate(sorted(reached)):
            ports[link, end] = (n - (len(reached) - 1) / 2) * PORT_GAP
    return ports


def _loop(corner: Spot, box: Size) -> tuple[Spot, ...]:
    right = corner.x + box.width
    low, high = corner.y + 0.7 * box.height, corner.y + 0.3 * box.height
    return (Spot(right, low), Spot(right + LOOP, low), Spot(right + LOOP, high), Spot(right, high))
