"""How far apart the elements of a lane stand: near what they are joined to, never overlapping.

The order of each lane and the width of each element in, their middles out. Each lane is moved
towards the mean of its neighbours under its order and its room: isotonic regression by pooling
adjacent violators (Ayer et al. 1955).
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass

from regard.model.lanes import Node, Order

ROUNDS = 10


@dataclass(frozen=True, slots=True, kw_only=True)
class Room:
    """The room that a lane has, and the least gap between two elements while there is enough."""

    left: float
    width: float
    gap: float


def spread(
    lanes: Order,
    near: Mapping[Node, Sequence[Node]],
    widths: Mapping[Node, float],
    room: Room,
) -> dict[Node, float]:
    """Return the middle of every element and slot, near its neighbours, apart.

    Each lane is moved towards the mean of its neighbours under its order and its room: isotonic
    regression by pooling adjacent violators.
    """
    middles: dict[Node, float] = {}
    for lane in lanes:
        free = room.width - sum(widths[node] for node in lane)
        step = free / (len(lane) + 1) if lane else 0.0
        x = room.left
        for node in lane:
            x += step + widths[node] / 2
            middles[node] = x
            x += widths[node] / 2
    for _ in range(ROUNDS):
        for lane in lanes:
            wanted = []
            for node in lane:
                found = [middles[other] for other in near.get(node, ())]
                wanted.append(sum(found) / len(found) if found else middles[node])
            for node, x in zip(lane, _apart(lane, wanted, widths, room), strict=True):
                middles[node] = x
    return middles


def _apart(
    lane: Sequence[Node], wanted: Sequence[float], widths: Mapping[Node, float], room: Room
) -> list[float]:
    needed = sum(widths[node] for node in lane)
    gap = min(room.gap, (room.width - needed) / max(len(lane) - 1, 1))
    offsets, edge = [], 0.0
    for node in lane:
        offsets.append(edge + widths[node] / 2)
        edge += widths[node] + gap
    blocks: list[tuple[float, int]] = []
    for x, offset in zip(wanted, offsets, strict=True):
        blocks.append((x - offset, 1))
        while len(blocks) > 1 and blocks[-2][0] > blocks[-1][0]:
            (one, m), (two, n) = blocks[-2:]
            blocks[-2:] = [((one * m + two * n) / (m + n), m + n)]
    shifts = [shift for shift, count in blocks for _ in range(count)]
    last = room.left + max(room.width - (edge - gap), 0.0)
    kept = [min(max(shift, room.left), last) for shift in shifts]
    return [shift + offset for shift, offset in zip(kept, offsets, strict=True)]
