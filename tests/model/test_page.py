"""The one page: nothing overlaps, versions lie box on box, fates are said by style and word."""

from __future__ import annotations

from itertools import combinations
from pathlib import Path
from xml.etree import ElementTree as ET

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regard.core.model import Model
from regard.drawing.lettering import width_of
from regard.model import find
from regard.model.page import Seen, draw_page, screen_style
from regard.model.sheet import A4_PX, NOTE_SIZE, TITLE_SIZE, Box, Layout, Sheet
from regard.project.model import load_models
from tests.model.clean import model_of, read

SEEN = Seen(own_style=screen_style())
EXAMPLES = Path(__file__).parents[2] / "examples"


def versions(example: str) -> tuple[Model, Model]:
    models, problems = load_models(EXAMPLES / example)
    assert problems == ()
    assert models.as_is is not None
    assert models.future is not None
    return models.as_is, models.future


def overlap(one: tuple[float, ...], other: tuple[float, ...]) -> bool:
    (x1, y1, w1, h1), (x2, y2, w2, h2) = one, other
    return x1 < x2 + w2 and x2 < x1 + w1 and y1 < y2 + h2 and y2 < y1 + h1


def assert_nothing_overlaps(sheet: Sheet) -> None:
    boxes = [(box.x, box.y, box.width, box.height) for box in sheet.boxes]
    labels = [(a.label_x - a.label_width / 2, a.y - 7, a.label_width, 14) for a in sheet.arcs]
    for one, other in combinations([*boxes, *labels], 2):
        assert not overlap(one, other), (one, other)
    for box in sheet.boxes:
        assert box.x >= 0
        assert box.x + box.width <= sheet.width
        assert_texts_fit(box)


def assert_texts_fit(box: Box) -> None:
    for line in box.title:
        assert width_of(line, TITLE_SIZE) <= box.width
    assert width_of(box.note, NOTE_SIZE) <= box.width
    assert len(box.title) + bool(box.note) <= 3


@pytest.mark.parametrize("example", ["airline", "lamps"])
def test_the_examples_fit_one_page_without_overlaps(example: str) -> None:
    as_is, future = versions(example)
    layout = Layout([as_is, future])
    for model in (as_is, future):
        sheet = layout.sheet(model, find(model))
        assert (sheet.width, sheet.height) == A4_PX
        assert_nothing_overlaps(sheet)
    assert_nothing_overlaps(layout.sheet(as_is, (), (), future))


def test_the_airline_has_35_boxes() -> None:
    as_is, future = versions("airline")
    assert len(Layout([as_is, future]).sheet(as_is).boxes) == 35


@pytest.mark.parametrize("example", ["airline", "lamps"])
def test_versions_lie_box_on_box(example: str) -> None:
    as_is, future = versions(example)
    layout = Layout([as_is, future])
    today = {box.key: (box.x, box.y) for box in layout.sheet(as_is).boxes}
    tomorrow = {box.key: (box.x, box.y) for box in layout.sheet(future).boxes}
    shared = today.keys() & tomorrow.keys()
    assert len(shared) > 15
    assert all(today[key] == tomorrow[key] for key in shared)


@pytest.mark.parametrize("which", ["as_is", "future", "difference"])
def test_the_drawing_is_the_same_every_time_and_well_formed(which: str) -> None:
    as_is, future = versions("lamps")
    drawn = draw_page(as_is, future, which, seen=SEEN)  # type: ignore[arg-type]
    assert drawn == draw_page(as_is, future, which, seen=SEEN)  # type: ignore[arg-type]
    root = ET.fromstring(drawn)
    height = float(root.attrib["height"])
    assert height <= A4_PX[1]
    for text in root.iter("{http://www.w3.org/2000/svg}text"):
        assert 0 <= float(text.attrib["x"]) <= A4_PX[0]


def test_every_fate_is_said_in_words() -> None:
    as_is, future = versions("lamps")
    root = ET.fromstring(draw_page(as_is, future, "difference", seen=SEEN))
    words = [
        t.text for t in root.iter("{http://www.w3.org/2000/svg}text") if t.get("class") == "fate"
    ]
    boxes = Layout([as_is, future]).sheet(as_is, (), (), future).boxes
    assert {"goes", "comes", "changes"} <= {*words}
    assert len(boxes) > len(words)


def test_titles_are_escaped() -> None:
    model = model_of(("title: Web,", "title: '<script>alert(1)</script>',"))
    drawn = draw_page(model, seen=SEEN)
    assert "<script>" not in drawn


@settings(max_examples=20, deadline=None)
@given(st.data())
def test_random_models_have_no_overlaps(data: st.DataObject) -> None:
    model = _random(data)
    sheet = Layout([model], restarts=1).sheet(model, find(model))
    assert_nothing_overlaps(sheet)


def _random(data: st.DataObject) -> Model:
    """Return a model with up to 12 elements in a lane and any links between them."""
    number = st.integers(1, 12)
    titles = st.text("abcdefghij mnop", min_size=1, max_size=30).map(lambda t: t.strip() or "x")
    channels = [f"c{n}" for n in range(data.draw(number))]
    apps = [f"a{n}" for n in range(data.draw(number))]
    stores = [f"s{n}" for n in range(data.draw(number))]
    people = [f"p{n}" for n in range(data.draw(st.integers(1, 6)))]
    teams = [f"t{n}" for n in range(data.draw(number))]

    def some(names: list[str]) -> str:
        return (
            f"[{', '.join(data.draw(st.lists(st.sampled_from(names), unique=True, max_size=3)))}]"
        )

    lines = ["title: any", "customers:"]
    lines += [f"  {p}: {{title: '{data.draw(titles)}', prefers: {some(channels)}}}" for p in people]
    lines += ["channels:"]
    lines += [
        f"  {c}: {{title: '{data.draw(titles)}', applications: {some(apps)}, "
        f"organisation: {data.draw(st.sampled_from(teams))}}}"
        for c in channels
    ]
    lines += ["organisations:", *(f"  {t}: {{uses: {some(apps)}}}" for t in teams)]
    lines += [
        "applications:",
        *(f"  {a}: {{reads: {some(stores)}, writes: {some(stores)}}}" for a in apps),
    ]
    lines += ["stores:", *(f"  {s}: {{facts: {{order: number}}}}" for s in stores)]
    pairs = st.tuples(st.sampled_from(stores), st.sampled_from(stores)).filter(
        lambda p: p[0] != p[1]
    )
    flows = data.draw(st.lists(pairs, unique=True, max_size=8)) if len(stores) > 1 else []
    lines += ["flows:" if flows else "flows: []"]
    lines += [f"  - {{from: {a}, to: {b}, facts: [order], takes: 3 hours}}" for a, b in flows]
    model, problems = read("\n".join(lines))
    assert model is not None, problems
    return model
