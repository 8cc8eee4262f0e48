"""Audiences in the console: the list, the members, and a person's page, over a lived house."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from starlette.applications import Starlette

from regard.assembly import build_kernel, build_ledger
from regard.console import routes
from regard.project import load
from regard.store import MemoryStore
from regard.testing.clock import VirtualClock
from regard.testing.house import VirtualHouse
from tests.console.conftest import sign_in
from tests.console.serve import SECRET
from tests.console.shelf import Shelf
from tests.console.visitor import Visitor

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
AIRLINE = Path(__file__).parents[2] / "examples" / "airline"
EMAIL = {"email": "ada@example.com"}


@pytest.fixture(scope="module")
def house() -> VirtualHouse:
    """Ada flew twice within an hour of today; Bruno left today, Chen never came."""
    program = load(AIRLINE, {})
    house = VirtualHouse(build_ledger(MemoryStore(), lambda: program), program, VirtualClock(START))
    for number in range(2):
        house.take("desk", boarded("bruno", number))
    house.run_until(START + timedelta(days=30, hours=1))
    house.take("website", {"identify": {"name": "Ada"} | EMAIL, "user_id": "ada"})
    for number in range(2):
        house.take("desk", boarded("ada", number))
        house.run_until(house.clock.now() + timedelta(minutes=30))
    house.take("desk", boarded("chen", 1))
    return house


def boarded(user: str, number: int) -> dict[str, object]:
    properties = {"booking_number": f"{user}{number}"}
    return {"event": "Boarded", "user_id": user, "id": f"{user}{number}", "properties": properties}


@pytest.fixture
def visitor(house: VirtualHouse) -> Iterator[Visitor]:
    store = house.ledger.store
    known = routes(
        *(store, lambda: house.program, house.clock, Shelf(), SECRET, lambda: (True, {})),
        kernel=build_kernel(),
    )
    with Visitor(Starlette(routes=known)) as visitor:
        sign_in(visitor, SECRET)
        yield visitor


def test_the_list_counts_members_and_who_came_and_went_today(visitor: Visitor) -> None:
    items = {a["audience"]: a for a in visitor.get("/audiences?format=json").json()["audiences"]}
    frequent = items["frequent_flyers"]
    assert frequent["condition"] == "count_events('Boarded', '30 days') >= 2"
    counts = [frequent[f"{name}_count"] for name in ("member", "entered", "left")]
    assert counts == [1, 1, 1]
    assert items["lapsing"]["member_count"] == 0
    page = visitor.get("/audiences").text
    assert "Flew at least twice in 30 days" in page
    assert 'href="/audiences/frequent_flyers"' in page


def test_an_audience_shows_its_members_and_who_asks_for_it(visitor: Visitor) -> None:
    view = visitor.get("/audiences/frequent_flyers?format=json").json()
    since = (START + timedelta(days=30, hours=1, minutes=30)).isoformat().replace("+00:00", "Z")
    assert [(m["label"], m["since"]) for m in view["members"]] == [("Ada", since)]
    assert ["Thank you to frequent flyers", "/journeys/frequent_flyer_thanks"] in view["used_by"]
    assert "Ada" in visitor.get("/audiences/frequent_flyers").text
    assert visitor.get("/audiences/nobody").status_code == 404


def test_a_person_page_tells_where_they_belong_and_why(visitor: Visitor) -> None:
    members = visitor.get("/audiences/frequent_flyers?format=json").json()["members"]
    view = visitor.get(f"/people/{members[0]['person_id']}?format=json").json()
    (membership,) = view["memberships"]
    assert membership["title"] == "Flew at least twice in 30 days"
    assert membership["reason"] == "after “Boarded”"
    told = [row["line"]["text"] for row in view["rows"]]
    assert told.count("Entered the audience “Flew at least twice in 30 days”") == 1
    assert 'id="audiences"' in visitor.get(f"/people/{members[0]['person_id']}").text
