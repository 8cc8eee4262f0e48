"""Cases in the console: who takes one, what they did, and that the ledger knows it."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta

import pytest
from starlette.applications import Starlette

from regard.assembly import build_kernel, build_ledger
from regard.console import routes
from regard.core.ports import Accepted, Draft
from regard.project import load_text
from regard.runtime.rebuild import verify
from regard.store import MemoryStore
from regard.testing.clock import VirtualClock
from regard.testing.house import VirtualHouse
from tests.console.conftest import sign_in, token
from tests.console.serve import SECRET
from tests.console.visitor import Visitor

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
FILES = {
    "regard.toml": """
id = "skylark"
name = "Skylark"
[channels.email]
[sources.website]
key = "website-key"
[sources.help_desk]
key = "help-desk-key"
may = ["cases"]
[departments.lost_luggage]
title = "Lost luggage"
[departments.desk]
title = "Desk"
""",
    "identity.yaml": "kinds: {user_id: {paths: [userId], exclusive: true, count_max: 1}}",
    "journeys/bags.yaml": """
id: bags
title: A bag is lost
start: {event: Bag Lost}
steps:
  - {id: look, case: {department: lost_luggage, title: Find the bag}}
  - {id: later, wait: 30 minutes}
  - {id: tell, case: {department: desk, title: Tell them how it goes}}
  - id: found
    wait_until: [{event: Case Done, when: "facts.title = 'Find the bag'"}]
    within: 9 days
  - {id: thank, case: {department: desk, title: Say that it was found}}
""",
}


class Desk:
    """The intake of a house whose loop turns at once."""

    def __init__(self, house: VirtualHouse) -> None:
        self._house = house

    async def append(self, drafts: Sequence[Draft]) -> Sequence[Accepted]:
        found = self._house.ledger.append(drafts, self._house.clock.now())
        while self._house.ledger.advance():
            pass
        return found


@pytest.fixture
def house() -> VirtualHouse:
    """Ada's bag is lost, and a case waits in two departments."""
    program = load_text(FILES, {})
    house = VirtualHouse(build_ledger(MemoryStore(), lambda: program), program, VirtualClock(START))
    house.take("website", {"event": "Bag Lost", "user_id": "ada", "id": "1"})
    house.run_until(START + timedelta(hours=1))
    return house


@pytest.fixture
def visitor(house: VirtualHouse) -> Iterator[Visitor]:
    store, desk = house.ledger.store, Desk(house)
    known = routes(
        *(store, lambda: house.program, house.clock, desk, SECRET, lambda: (True, {})),
        kernel=build_kernel(),
    )
    with Visitor(Starlette(routes=known)) as visitor:
        sign_in(visitor, SECRET)
        yield visitor


def titles(visitor: Visitor, query: str = "") -> list[str]:
    cases = visitor.get(f"/cases?format=json{query}").json()["cases"]
    return [case["title"] for case in cases]


def say(visitor: Visitor, number: int, act: str, query: str = "", **form: str) -> int:
    case = visitor.get(f"/cases?format=json{query}").json()["cases"][number]
    form["csrf"] = token(visitor.get("/cases").text)
    return visitor.post(f"/cases/{case['case_id']}/{act}", data=form).status_code


def test_a_case_is_taken_done_and_opened_again(visitor: Visitor, house: VirtualHouse) -> None:
    assert titles(visitor) == ["Find the bag", "Tell them how it goes"], (
        "the oldest first, as none has a date"
    )
    assert titles(visitor, "&department=desk") == ["Tell them how it goes"]
    assert say(visitor, 0, "take", by="Bea") == 303
    taken = visitor.get("/cases?format=json").json()["cases"][0]
    assert (taken["state"], taken["by"]) == ("taken", "Bea")
    assert "by Bea" in visitor.get("/cases").text
    assert say(visitor, 0, "done", by="Bea", note="It stood in Rome; it flies tonight") == 303
    assert titles(visitor, "&state=done") == ["Find the bag"]
    assert "It stood in Rome" in visitor.get("/cases?state=done").text
    assert "Find the bag" not in titles(visitor)
    assert "Say that it was found" in titles(visitor), "a journey went on when it was done"
    assert say(visitor, 0, "reopen", "&state=done", by="Carl", note="The wrong bag") == 303
    assert (titles(visitor)[0], titles(visitor, "&state=done")) == ("Find the bag", [])
    store, kernel = house.ledger.store, house.ledger.kernel
    assert verify(store, kernel, house.program.identity, lambda *_: None) == []


def test_the_timeline_tells_what_was_done_and_by_whom(visitor: Visitor) -> None:
    say(visitor, 0, "done", by="Bea", note="It stood in Rome")
    person_id = visitor.get("/cases?format=json").json()["cases"][0]["person_id"]
    page = visitor.get(f"/people/{person_id}").text
    assert "Case Done" in page
    assert "note It stood in Rome" in page


def test_done_asks_what_was_done_and_unknown_cases_are_told(visitor: Visitor) -> None:
    assert say(visitor, 0, "done", by="Bea", note="  ") == 400
    assert say(visitor, 0, "burn") == 404
    csrf = token(visitor.get("/cases").text)
    assert visitor.post("/cases/nothing/take", data={"csrf": csrf}).status_code == 404
    assert len(titles(visitor)) == 2


def test_the_system_a_department_works_in_may_end_a_case_and_a_web_page_may_not(
    visitor: Visitor, house: VirtualHouse
) -> None:
    case_id = visitor.get("/cases?format=json").json()["cases"][0]["case_id"]
    done = {
        "event": "Case Done",
        "user_id": "ada",
        "properties": {"case_id": case_id, "by": "Desk 7", "note": "Found"},
    }
    refused = house.take("website", done | {"id": "2"})
    assert refused.code == "reserved_name"
    assert len(titles(visitor)) == 2
    house.take("help_desk", done | {"id": "3"})
    house.run_until(house.clock.now())
    assert titles(visitor, "&state=done") == ["Find the bag"]


def test_what_the_desk_does_is_no_visit_of_the_person(
    visitor: Visitor, house: VirtualHouse
) -> None:
    say(visitor, 0, "take", by="Bea")
    person_id = visitor.get("/cases?format=json").json()["cases"][0]["person_id"]
    with house.ledger.store.reading() as reading:
        person = reading.people.read(person_id)
    assert person
    assert person.last_seen_at == START
