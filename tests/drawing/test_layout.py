"""Flows of any form: nothing overlaps, ways keep clear of boxes, the first box is on top."""

from __future__ import annotations

from itertools import combinations, pairwise

from hypothesis import given, settings
from hypothesis import strategies as st

from regard.drawing.layers import layered
from regard.drawing.layout import Layout, Link, Size, Spot, lay_out

Rectangle = tuple[float, float, float, float]


@st.composite
def flows(draw: st.DrawFn) -> tuple[list[Size], list[Link]]:
    """Return boxes that can all be reached from the first, with links that may lead back up."""
    count = draw(st.integers(1, 14))
    sizes = st.builds(Size, st.sampled_from([132.0, 216.0]), st.sampled_from([40.0, 75.0, 100.0]))
    boxes = draw(st.lists(sizes, min_size=count, max_size=count))
    pairs = {(draw(st.integers(0, n - 1)), n) for n in range(1, count)}
    numbers = st.integers(0, count - 1)
    pairs |= draw(st.sets(st.tuples(numbers, numbers), max_size=count))
    labels = st.sampled_from([Size(0, 0), Size(60, 20), Size(160, 66)])
    return boxes, [Link(*pair, draw(labels)) for pair in sorted(pairs)]


def boxes_of(boxes: list[Size], layout: Layout) -> list[Rectangle]:
    places = zip(layout.boxes, boxes, strict=True)
    return [(at.x, at.y, at.x + size.width, at.y + size.height) for at, size in places]


def labels_of(links: list[Link], layout: Layout) -> list[Rectangle]:
    return [
        (at.x - w / 2, at.y - h / 2, at.x + w / 2, at.y + h / 2)
        for at, (_, _, (w, h)) in zip(layout.labels, links, strict=True)
        if at is not None
    ]


def overlap(one: Rectangle, other: Rectangle) -> bool:
    is_beside = one[2] <= other[0] + 0.01 or other[2] <= one[0] + 0.01
    return not (is_beside or one[3] <= other[1] + 0.01 or other[3] <= one[1] + 0.01)


def is_inside(spot: Spot, box: Rectangle) -> bool:
    return box[0] + 0.1 < spot.x < box[2] - 0.1 and box[1] + 0.1 < spot.y < box[3] - 0.1


@given(flows())
@settings(max_examples=25, deadline=None, derandomize=True, database=None)
def test_boxes_and_labels_never_overlap(flow: tuple[list[Size], list[Link]]) -> None:
    boxes, links = flow
    layout = lay_out(boxes, links)
    everything = boxes_of(boxes, layout) + labels_of(links, layout)
    for one, other in combinations(everything, 2):
        assert not overlap(one, other)
    for left, top, right, bottom in everything:
        assert left >= 0
        assert top >= 0
        assert right <= layout.size.width
        assert bottom <= layout.size.height


@given(flows())
@settings(max_examples=25, deadline=None, derandomize=True, database=None)
def test_ways_keep_clear_of_boxes_and_end_at_their_own(
    flow: tuple[list[Size], list[Link]],
) -> None:
    boxes, links = flow
    layout = lay_out(boxes, links)
    rectangles = boxes_of(boxes, layout)
    for link, route in zip(links, layout.routes, strict=True):
        for one, other in pairwise(route):
            middle = Spot((one.x + other.x) / 2, (one.y + other.y) / 2)
            for spot in (one, middle, other):
                assert not any(is_inside(spot, box) for box in rectangles)
        for spot, number in ((route[0], link.source), (route[-1], link.target)):
            left, top, right, bottom = rectangles[number]
            assert left <= spot.x <= right
            assert spot.y in (top, bottom) or link.source == link.target


def test_the_first_box_is_on_top_even_when_ways_lead_back_to_it() -> None:
    boxes = [Size(100, 40)] * 3
    layout = lay_out(boxes, [Link(0, 1), Link(1, 2), Link(2, 0)])
    assert layout.boxes[0].y == min(spot.y for spot in layout.boxes)
    up = layout.routes[2]
    assert up[0].y > up[-1].y


def test_a_straight_flow_is_drawn_straight() -> None:
    layout = lay_out([Size(100, 40)] * 5, [Link(n, n + 1) for n in range(4)])
    assert len({spot.x for spot in layout.boxes}) == 1


def test_ways_that_need_not_cross_do_not() -> None:
    layers = layered(6, [(0, 1), (0, 2), (1, 4), (2, 3), (3, 5), (4, 5)])
    at = {place: n for row in layers.rows for n, place in enumerate(row)}
    assert (at[1] < at[2]) == (at[4] < at[3])


def test_one_box_alone_is_a_drawing() -> None:
    layout = lay_out([Size(100, 40)], [])
    assert layout.boxes == (Spot(12.0, 12.0),)
    assert layout.size == Size(124.0, 64.0)


def test_the_same_flow_is_laid_out_the_same() -> None:
    boxes = [Size(100, 40)] * 8
    links = [Link(0, n, Size(30, 15)) for n in range(1, 8)] + [Link(n, 7) for n in range(1, 7)]
    assert lay_out(boxes, links) == lay_out(boxes, links)
