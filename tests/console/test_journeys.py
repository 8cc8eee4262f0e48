"""Journeys in the console, over a real life: the example airline in virtual time."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette

from regard.assembly import build_kernel, build_ledger
from regard.console import routes
from regard.core.event import Identifier
from regard.core.program import Program
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


@pytest.fixture(scope="module")
def program() -> Program:
    return load(AIRLINE, {})


class Life:
    """What Ada, Bruno and Chen do, and the console that tells of it."""

    def __init__(self, program: Program) -> None:
        self.clock = VirtualClock(START)
        self.store = MemoryStore()
        ledger = build_ledger(self.store, lambda: program)
        self.house = VirtualHouse(ledger, program, self.clock)
        known = routes(
            *(self.store, lambda: program, self.clock, Shelf(), SECRET, lambda: (True, {})),
            kernel=build_kernel(),
        )
        self.site = Starlette(routes=known)
        self.visitor = Visitor(self.site)

    def signs_up(self, user: str) -> None:
        self.house.take("website", {"event": "Signed Up", "user_id": user, "id": f"up-{user}"})

    def consents(self, user: str) -> None:
        item = {"event": "Consent Granted", "user_id": user, "properties": {"purpose": "offers"}}
        self.house.take("website", item)

    def books(self, user: str) -> None:
        about = {"booking_number": f"SK-{user}", "departure_at": "2026-06-01T09:00:00Z"}
        self.house.take(
            "website", {"event": "Booking Confirmed", "user_id": user, "properties": about}
        )

    def identifies(self, user: str) -> None:
        traits = {"email": f"{user}@example.com", "name": user.title()}
        self.house.take("website", {"identify": traits, "user_id": user})

    def after(self, **length: float) -> None:
        self.house.run_until(self.clock.now() + timedelta(**length))

    def json(self, path: str) -> Any:
        answer = self.visitor.get(f"{path}{'&' if '?' in path else '?'}format=json")
        assert answer.status_code == 200, answer.text
        return answer.json()

    def person(self, user: str) -> str:
        with self.store.reading() as reading:
            found = reading.people.find(Identifier("user_id", user))
        assert found
        return found

    def run_of(self, user: str, journey: str = "welcome") -> str:
        with self.store.reading() as reading:
            rows = reading.runs.latest(journey)
        return next(row.run_id for row in rows if row.person_id == self.person(user))


@pytest.fixture(scope="module")
def life(program: Program) -> Iterator[Life]:
    """Ada books, Chen has said yes and Bruno nothing: after fifteen days, one of each ending."""
    life = Life(program)
    for user in ("ada", "bruno", "chen"):
        life.identifies(user)
        life.signs_up(user)
    life.consents("chen")
    life.after(days=2)
    life.books("ada")
    life.after(days=13)
    life.identifies("dalia")
    life.signs_up("dalia")
    with life.visitor:
        sign_in(life.visitor, SECRET)
        yield life


def test_the_list_counts_who_began_stands_and_left(life: Life) -> None:
    items = {item["journey"]: item for item in life.json("/journeys")["journeys"]}
    welcome = items["welcome"]
    assert (welcome["start_count"], welcome["standing_count"]) == (4, 1)
    assert welcome["finished_count"] == 3
    assert [day for day in welcome["starts"] if day[1]] == [["2026-03-02", 3], ["2026-03-17", 1]]
    assert items["miles_after_flight"]["start_count"] == 0
    page = life.visitor.get("/journeys").text
    assert 'href="/journeys/welcome"' in page
    assert "4 began, at most 3 on one day" in page


def test_the_drawing_and_its_table_tell_the_same(life: Life) -> None:
    view = life.json("/journeys/welcome")
    steps = {step["step"]: step for step in view["steps"]}
    assert steps["first_booking"]["standing_count"] == 1
    assert steps["first_booking"]["came_count"] == 4
    went = [(w["title"], w["count"]) for w in steps["first_booking"]["went"]]
    assert went == [("Exit (travelled)", 1), ("Which way? (ask)", 2)]
    assert steps["travelled"]["ended"] == [["at its exit", 1]]
    page = life.visitor.get("/journeys/welcome").text
    assert "1 here" in page
    assert 'href="/journeys/welcome?step=first_booking#runs"' in page


def test_who_stands_at_a_step_is_listed_with_a_way_to_each(life: Life) -> None:
    view = life.json("/journeys/welcome?step=first_booking")
    assert [(r["label"], r["word"]) for r in view["runs"]] == [("Dalia", "waits")]
    everybody = life.json("/journeys/welcome")
    assert {r["label"] for r in everybody["runs"]} == {"Ada", "Bruno", "Chen", "Dalia"}
    run = view["runs"][0]["run_id"]
    assert f'href="/journeys/welcome/{run}"' in life.visitor.get("/journeys/welcome").text


def test_a_run_says_where_why_and_what_next(life: Life) -> None:
    view = life.json(f"/journeys/welcome/{life.run_of('dalia')}")
    assert view["headline"] == "Waits for Booking Confirmed, until Tue 31 Mar 11:00"
    assert view["because"] == "it was decided to send what it offered"
    assert view["ways"] == [
        ["Booking Confirmed", "Exit (travelled)"],
        ["after 14 days", "Which way? (ask)"],
    ]
    assert view["trail"]["station"] == "first_booking"
    assert sorted(view["trail"]["ways"]) == [["", "hello"], ["hello", "first_booking"]]
    assert not view["is_cut"]


def test_what_would_happen_is_decided_on_a_copy(life: Life) -> None:
    run = life.run_of("dalia")
    before = dict(life.store.digest())
    view = life.json(f"/journeys/welcome/{run}")
    titles = [(f["title"], [line["text"] for line in f["lines"]]) for f in view["forecasts"]]
    assert titles[0] == ("If its time were over now", ["Came to its exit “done”"])
    assert titles[1][0].startswith("When its time comes")
    assert view["forecasts"][1]["at"] == view["wake_at"]
    assert dict(life.store.digest()) == before


def test_each_branch_says_which_condition_decided_and_on_what(life: Life) -> None:
    chen = life.json(f"/journeys/welcome/{life.run_of('chen')}")
    (choice,) = [c for move in chen["moves"] for c in move["choices"]]
    assert choice["target"] == "An idea for a first trip (idea)"
    assert choice["arms"] == [
        {
            "condition": "has_consent('offers')",
            "target": "An idea for a first trip (idea)",
            "verdict": "true",
            "is_taken": True,
            "values": [],
        }
    ]
    bruno = life.json(f"/journeys/welcome/{life.run_of('bruno')}")
    (choice,) = [c for move in bruno["moves"] for c in move["choices"]]
    assert choice["target"] == "Exit (done)"
    assert choice["arms"][0]["verdict"] == "false"
    assert not choice["is_changed"]


def test_a_choice_is_told_by_the_facts_of_its_moment_not_of_today(program: Program) -> None:
    life = Life(program)
    life.identifies("ada")
    life.signs_up("ada")
    life.after(days=15)
    life.consents("ada")
    with life.visitor:
        sign_in(life.visitor, SECRET)
        view = life.json(f"/journeys/welcome/{life.run_of('ada')}")
    (choice,) = [c for move in view["moves"] for c in move["choices"]]
    assert choice["arms"][0]["verdict"] == "false", "the yes came after the choice"


def test_moves_name_what_made_them(life: Life) -> None:
    view = life.json(f"/journeys/welcome/{life.run_of('ada')}")
    because = [(m["line"]["text"], m["because"]) for m in view["moves"] if m["because"]]
    assert because[0][1] == "“Signed Up” came"
    assert because[-1] == ("Came to its exit “travelled”", "“Booking Confirmed” came")
    page = life.visitor.get(f"/journeys/welcome/{life.run_of('chen')}").text
    assert "its time was over" in page
    assert "has_consent(&#39;offers&#39;)" in page


def test_a_person_leads_to_their_runs(life: Life) -> None:
    view = life.json(f"/people/{life.person('ada')}")
    runs = {run["title"]: run for run in view["runs"]}
    assert runs["Welcome aboard"]["word"] == "came to its end"
    page = life.visitor.get(f"/people/{life.person('dalia')}").text
    assert f'href="/journeys/welcome/{life.run_of("dalia")}"' in page


def test_the_page_of_a_promise_draws_it(life: Life) -> None:
    view = life.json("/promises/check_in_reminder")
    steps = {step["step"]: step for step in view["steps"]}
    assert steps["expected"]["standing_count"] == 1
    assert [row["label"] for row in view["rows"]] == ["Ada"]
    page = life.visitor.get("/promises/check_in_reminder").text
    assert "1 began" in page or "1 made" in page
    assert 'href="/promises/check_in_reminder"' in life.visitor.get("/promises").text


@pytest.mark.parametrize(
    "path",
    ["/journeys/none", "/journeys/welcome/none", "/promises/none", "/journeys/second_look/{run}"],
)
def test_what_is_not_there_is_said_so(life: Life, path: str) -> None:
    answer = life.visitor.get(path.format(run=life.run_of("ada")))
    assert answer.status_code == 404


def test_a_journey_that_is_gone_is_drawn_as_it_was_walked(program: Program) -> None:
    life = Life(program)
    life.signs_up("ada")
    life.after(days=1)
    journeys = dict(program.journeys)
    del journeys["welcome"]
    later = type(program)(
        **{name: getattr(program, name) for name in program.__dataclass_fields__}
        | {"journeys": journeys}
    )
    known = routes(
        *(life.store, lambda: later, life.clock, Shelf(), SECRET, lambda: (True, {})),
        kernel=build_kernel(),
    )
    life.visitor = Visitor(Starlette(routes=known))
    with life.visitor:
        sign_in(life.visitor, SECRET)
        items = {item["journey"]: item for item in life.json("/journeys")["journeys"]}
        assert items["welcome"]["is_gone"]
        view = life.json("/journeys/welcome")
        assert [step["step"] for step in view["steps"]] == ["hello", "first_booking"]
        run = life.json(f"/journeys/welcome/{life.run_of('ada')}")
        assert run["forecasts"][0]["lines"][0]["text"].startswith("Left at “first_booking”")
