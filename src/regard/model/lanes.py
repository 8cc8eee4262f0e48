"""Where the elements of a model stand on one page: five lanes, few crossings, room for each.

Two versions of a model are laid out as one, so that the same element lies at the same place in
both. Order: barycentre sweeps with exchanges of neighbours (Sugiyama, Tagawa and Toda 1981) from
seeded restarts; the fewest crossings win, then the shortest links. Links over more than one lane
pass through a slot in each lane between. Pure and deterministic.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from random import Random
from typing import Literal

from regard.core.model import Means, Model

LANES = ("customer", "channel", "organisation", "application", "store")
"""From the customer in: who is served comes first."""

RESTARTS = 24
SWEEPS = 12

Verb = Literal["prefers", "owned", "uses", "serves", "reads", "writes"]
Slot = tuple[str, str, int]
"""A place that a long link passes: its ends and the lane."""

Node = str | Slot
Order = list[list[Node]]


@dataclass(frozen=True, slots=True)
class Link:
    """A link between elements of different lanes, from the upper one to the lower one."""

    upper: str
    lower: str
    verb: Verb


def links_of(model: Model) -> tuple[Link, ...]:
    """Return the links of a model: who prefers, owns, uses, serves, reads and writes what."""
    found: dict[tuple[str, str], Link] = {}
    for link in _all_links(model):
        found.setdefault((link.upper, link.lower), link)
    return tuple(found.values())


def _all_links(model: Model) -> Iterator[Link]:
    for customer in model.customers.values():
        for channel in customer.prefers or _tried_by(model, customer.id):
            if channel in model.channels:
                yield Link(f"customer:{customer.id}", f"channel:{channel}", "prefers")
    for means in model.channels.values():
        yield from _of_channel(model, means)
    for organisation in model.organisations.values():
        for name in organisation.uses:
            yield Link(f"organisation:{organisation.id}", f"application:{name}", "uses")
    for application in model.applications.values():
        for store in application.writes:
            yield Link(f"application:{application.id}", f"store:{store}", "writes")
        for store in application.reads:
            yield Link(f"application:{application.id}", f"store:{store}", "reads")


def _of_channel(model: Model, means: Means) -> Iterator[Link]:
    owner = model.organisations.get(means.organisation)
    if owner is not None:
        yield Link(f"channel:{means.id}", f"organisation:{owner.id}", "owned")
    for name in means.applications:
        if owner is None or name not in owner.uses:
            yield Link(f"channel:{means.id}", f"application:{name}", "serves")


def _tried_by(model: Model, customer: str) -> list[str]:
    """Return the channels on which a customer type tries to meet its needs."""
    needs = (need for need in model.needs.values() if customer in need.customers)
    return list(dict.fromkeys(channel for need in needs for channel in need.channels))


def lane_of(key: str) -> int:
    """Return the lane of an element's key; needs and promises have none."""
    return LANES.index(key.partition(":")[0])


def keys_of(models: Iterable[Model]) -> list[list[str]]:
    """Return the keys of all elements by lane, each once, in the order of the files."""
    lanes: list[dict[str, None]] = [{} for _ in LANES]
    for model in models:
        for one in model.elements():
            if one.kind in LANES:
                lanes[LANES.index(one.kind)][one.key] = None
    return [list(lane) for lane in lanes]


def order(models: Sequence[Model], *, restarts: int = RESTARTS) -> Order:
    """Return the elements and slots of one or more versions, by lane from left to right."""
    links = {(link.upper, link.lower): None for model in models for link in links_of(model)}
    lanes: Order = [list(keys) for keys in keys_of(models)]
    near: dict[Node, list[Node]] = {}
    for upper, lower in links:
        _chain(upper, lower, lanes, near)
    loops = [
        (f"store:{flow.source}", f"store:{flow.target}")
        for model in models
        for flow in model.flows.values()
    ]
    best, cost = lanes, _cost(lanes, near, loops)
    for number in range(restarts):
        tried = [list(lane) for lane in lanes]
        if number:
            for lane in tried:
                Random(f"{number}").shuffle(lane)  # noqa: S311 - a search, no secret
        _sweep(tried, near)
        found = _cost(tried, near, loops)
        if found < cost:
            best, cost = tried, found
    return best


def _chain(upper: str, lower: str, lanes: Order, near: dict[Node, list[Node]]) -> None:
    """Join two elements, over a slot in every lane between."""
    way: list[Node] = [upper]
    for lane in range(lane_of(upper) + 1, lane_of(lower)):
        slot = (upper, lower, lane)
        lanes[lane].append(slot)
        way.append(slot)
    way.append(lower)
    for one, other in pairwise(way):
        near.setdefault(one, []).append(other)
        near.setdefault(other, []).append(one)


def _sweep(lanes: Order, near: Mapping[Node, Sequence[Node]]) -> None:
    """Order each lane by the middle of its neighbours, down and up in turn; keep the best."""
    best, fewest = [list(lane) for lane in lanes], _crossings(lanes, near)
    for turn in range(SWEEPS):
        numbers = range(1, len(lanes)) if turn % 2 == 0 else range(len(lanes) - 2, -1, -1)
        for number in numbers:
            beside = lanes[number - 1 if turn % 2 == 0 else number + 1]
            _by_barycentre(lanes[number], beside, near)
        _exchange(lanes, near)
        count = _crossings(lanes, near)
        if count < fewest:
            best, fewest = [list(lane) for lane in lanes], count
    for lane, found in zip(lanes, best, strict=True):
        lane[:] = found


def _by_barycentre(
    lane: list[Node], beside: Sequence[Node], near: Mapping[Node, Sequence[Node]]
) -> None:
    place = {node: n for n, node in enumerate(beside)}
    own = {node: n * len(beside) / len(lane) for n, node in enumerate(lane)}

    def middle(node: Node) -> float:
        found = [place[other] for other in near.get(node, ()) if other in place]
        # Who has no neighbours there keeps its part of the lane.
        return sum(found) / len(found) if found else own[node]

    lane.sort(key=middle)


def _exchange(lanes: Order, near: Mapping[Node, Sequence[Node]]) -> None:
    """Exchange neighbours of a lane as long as that lessens its crossings."""
    for number, lane in enumerate(lanes):
        beside = [lanes[n] for n in (number - 1, number + 1) if 0 <= n < len(lanes)]
        places = [{node: n for n, node in enumerate(other)} for other in beside]
        ends = {
            node: [[p[o] for o in near.get(node, ()) if o in p] for p in places] for node in lane
        }
        for _ in range(len(lane)):
            is_better = False
            for n in range(len(lane) - 1):
                left, right = ends[lane[n]], ends[lane[n + 1]]
                now = sum(_inverted(a, b) for a, b in zip(left, right, strict=True))
                then = sum(_inverted(b, a) for a, b in zip(left, right, strict=True))
                if then < now:
                    lane[n], lane[n + 1] = lane[n + 1], lane[n]
                    is_better = True
            if not is_better:
                break


def _inverted(left: Iterable[int], right: Sequence[int]) -> int:
    return sum(1 for a in left for b in right if a > b)


def _crossings(lanes: Order, near: Mapping[Node, Sequence[Node]]) -> int:
    count = 0
    for upper, lower in pairwise(lanes):
        place = {node: n for n, node in enumerate(lower)}
        seen: list[int] = []
        for node in upper:
            ends = sorted(place[other] for other in near.get(node, ()) if other in place)
            count += _inverted(seen, ends)
            seen += ends
    return count


def _cost(
    lanes: Order, near: Mapping[Node, Sequence[Node]], loops: Iterable[tuple[str, str]]
) -> tuple[int, float]:
    """Return crossings, then how far links and flows reach, in parts of a lane."""
    part = [{node: (n + 0.5) / len(lane) for n, node in enumerate(lane)} for lane in lanes]
    reach = sum(
        abs(place[node] - below[other])
        for place, below in pairwise(part)
        for node in place
        for other in near.get(node, ())
        if other in below
    )
    stores = part[-1]
    reach += sum(abs(stores[a] - stores[b]) for a, b in loops)
    return _crossings(lanes, near), reach


def crossings(ends: Sequence[tuple[float, float, float, float]]) -> int:
    """Return how many pairs of straight lines (x1, y1, x2, y2) cross; ends that meet do not."""
    count = 0
    for number, one in enumerate(ends):
        for other in ends[number + 1 :]:
            count += _cross(one, other)
    return count


def _cross(
    one: tuple[float, float, float, float], other: tuple[float, float, float, float]
) -> bool:
    a, b, c, d = one[:2], one[2:], other[:2], other[2:]
    if {a, b} & {c, d}:
        return False
    return _side(a, b, c) * _side(a, b, d) < 0 and _side(c, d, a) * _side(c, d, b) < 0


def _side(a: Sequence[float], b: Sequence[float], c: Sequence[float]) -> float:
    return (b[0] - a[0]) * (c[1] - a[1]) - (b[1] - a[1]) * (c[0] - a[0])


def neighbours(models: Sequence[Model]) -> dict[Node, list[Node]]:
    """Return what each element and slot is joined to in the lanes beside it."""
    near: dict[Node, list[Node]] = {}
    lanes: Order = [[] for _ in LANES]
    for upper, lower in {(k.upper, k.lower): None for m in models for k in links_of(m)}:
        _chain(upper, lower, lanes, near)
    return near
