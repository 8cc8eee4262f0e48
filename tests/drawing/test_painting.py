"""The drawing itself: well-formed, escaped, the same bytes every time, nothing out of its room."""

from __future__ import annotations

from xml.etree import ElementTree

import pytest

from regard.core.flows import Journey, Step, Trigger
from regard.core.program import Program
from regard.drawing import Shown, Trail, draw, journey_flow, promise_flow, traffic_of
from regard.drawing.lettering import width_of, wrapped
from tests.drawing.test_traffic import PASSAGES

SVG = "{http://www.w3.org/2000/svg}"


def texts(drawing: str) -> list[str]:
    return [found.text or "" for found in ElementTree.fromstring(drawing).iter(f"{SVG}text")]


def test_a_drawing_is_well_formed_and_tells_what_it_shows(airline: Program) -> None:
    flow = journey_flow(airline.journeys["welcome"], airline)
    root = ElementTree.fromstring(draw(flow, standalone=True))
    assert root.get("role") == "img"
    assert root.findtext(f"{SVG}title") == "Welcome aboard"
    assert root.findtext(f"{SVG}desc") == "6 steps from “Signed Up” on."
    assert "prefers-color-scheme: dark" in (root.findtext(f"{SVG}style") or "")


def test_counts_stand_in_the_drawing(airline: Program) -> None:
    flow = journey_flow(airline.journeys["welcome"], airline)
    drawing = draw(flow, Shown(traffic=traffic_of(flow, PASSAGES)), standalone=True)
    found = texts(drawing)
    for wanted in ("100 began", "38 here", "100 came", "18 min 20 s each", "2 left", "40 · 65 %"):
        assert wanted in found
    assert "Standing now: 38 at “For Booking Confirmed”." in drawing


def test_every_drawing_of_the_examples_is_the_same_twice(airline: Program) -> None:
    flows = [journey_flow(found, airline) for found in airline.journeys.values()]
    flows += [promise_flow(found, airline) for found in airline.promises.values()]
    for flow in flows:
        assert draw(flow) == draw(flow)


def test_the_way_of_one_run_is_marked(airline: Program) -> None:
    flow = journey_flow(airline.journeys["welcome"], airline)
    trail = Trail(ways=frozenset({("", "hello")}), station="hello")
    drawing = draw(flow, Shown(trail=trail))
    assert drawing.count("way taken") == 1
    assert drawing.count("tone-accent here") == 1


def test_stations_lead_somewhere_when_asked_to(airline: Program) -> None:
    flow = journey_flow(airline.journeys["welcome"], airline)
    drawing = draw(flow, Shown(href=lambda step: f"?step={step}#standing"))
    assert 'href="?step=first_booking#standing"' in drawing
    assert "<a " not in draw(flow)


def test_what_a_company_writes_cannot_leave_its_text(airline: Program) -> None:
    evil = "</title><script>alert(1)</script>"
    steps = (Step(id="a", kind="case", department="x", title=evil),)
    start = Trigger(event=f'"{evil}')
    flow = journey_flow(Journey(id="j", title=evil, start=start, steps=steps), airline)
    drawing = draw(flow, standalone=True)
    assert "<script" not in drawing
    ElementTree.fromstring(drawing)


@pytest.mark.parametrize(
    "text",
    [
        "Find the courier and the bag, then call the passenger and say sorry",
        "Donaudampfschifffahrtsgesellschaftskapitänsmützenabzeichen",
        "飛行機が欠航になったときのご案内と振替のお手続きについて",
        "a",
    ],
)
def test_long_texts_are_broken_to_their_room(text: str) -> None:
    lines = wrapped(text, 120, 13, lines_max=3)
    assert len(lines) <= 3
    assert all(width_of(line, 13) <= 120 for line in lines)
    whole = "".join(lines).replace(" ", "")
    assert whole == text.replace(" ", "") or whole.endswith("…")


def test_no_text_has_no_lines() -> None:
    assert wrapped("", 100, 13, lines_max=3) == ()
