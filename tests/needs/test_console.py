"""The person page shows what somebody wants now, with the reasons, and what they are doing."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette

from regard.assembly import build_kernel
from regard.console import routes
from tests.console.visitor import Visitor
from tests.needs.house import Airline, said

SECRET = "the console secret"
CONTEXT = {"page": {"path": "/change"}, "device": {"type": "phone", "model": "Pixel 9"}}


class Console:
    """The airline with a console, signed in."""

    def __init__(self, visitor: Visitor, house: Airline) -> None:
        self.visitor, self.house = visitor, house
        page = visitor.get("/sign-in").text
        found = re.search(r'name="csrf" value="([^"]+)"', page)
        assert found
        visitor.post("/sign-in", data={"secret": SECRET, "csrf": found[1]})

    def page(self, form: str = "") -> str:
        path = f"/people/{self.house.person().id}"
        return self.visitor.get(path + (f"?format={form}" if form else "")).text


@pytest.fixture
def console() -> Iterator[Console]:
    house = Airline()
    answering = (house.ledger.store, lambda: house.current, house.clock, house, SECRET)
    site = Starlette(routes=routes(*answering, lambda: (True, {}), kernel=build_kernel()))
    with Visitor(site) as visitor:
        yield Console(visitor, house)


def test_the_page_tells_a_felt_need_with_its_reasons(console: Console) -> None:
    console.house.does("Flight Disrupted")
    console.house.does("Message Received", context=CONTEXT, **said("please rebook me"))
    page = console.page()
    assert "What they want now" in page
    assert "We believe it by 89 % (of anybody 2 %)" in page
    assert "“rebook” in Message Received" in page
    assert "/change" in page
    assert "Wants now: Fly at another time" in page
    assert "they want “Fly at another time”" in page
    assert "a need: Fly at another time" in page


def test_the_json_twin_has_the_same(console: Console) -> None:
    console.house.does("Flight Disrupted")
    found = console.visitor.get(f"/people/{console.house.person().id}?format=json").json()
    need = found["needs"][0]
    assert (need["need"], need["is_felt"], need["prior"]) == ("rebook", False, 0.02)
    assert [(reason["told"], reason["weight"]) for reason in need["reasons"]] == [
        ("Flight Disrupted", 3.0)
    ]


def test_what_was_met_is_told_as_such(console: Console) -> None:
    console.house.does("Flight Disrupted")
    console.house.does("Message Received", **said("please rebook me"))
    console.house.does("Rebooked")
    assert "No longer wanted: Fly at another time" in console.page()
    assert "met by “Rebooked”" in console.page()
