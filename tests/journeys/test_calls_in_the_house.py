"""Calls through the real outbox: once under one id, whatever the channel does or who dies."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from pathlib import Path
from typing import Any

import msgspec
import pytest

from regard.assembly import build_kernel, build_ledger
from regard.core.event import MessageOutcome
from regard.core.facts import RunChanged
from regard.core.ports import Draft, Message
from regard.core.program import Program
from regard.core.storage import Store
from regard.intake import Arrival, Drafter
from regard.project import load_text
from regard.runtime.audit import audit
from regard.runtime.rebuild import verify
from regard.store import MemoryStore, SqliteStore
from regard.testing.channels import answering
from regard.testing.clock import VirtualClock
from regard.testing.house import VirtualHouse
from tests.project.hotel import HOTEL
from tests.promises.house import START

ROOMS = """
id: rooms
start: {event: Booking Confirmed}
steps:
  - {id: ask, call: {webhook: rooms, within: 2 hours, on_timeout: by_hand}}
  - {id: enough, branch: [{when: facts.ask.free > 0, goto: done}], otherwise: by_hand}
  - {id: by_hand, case: {department: desk, title: Look for a room}}
  - {id: done, exit: true}
"""
FILES = {
    **HOTEL,
    "regard.toml": HOTEL["regard.toml"] + "\n[channels.rooms]\nreaches_by = 'email'\n",
    "journeys/rooms.yaml": ROOMS,
}


@pytest.fixture(scope="module")
def program() -> Program:
    return load_text(FILES, {})


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    made: Store = MemoryStore() if request.param == "memory" else SqliteStore(tmp_path / "r.db")
    yield made
    made.close()


@pytest.fixture
def house(store: Store, program: Program) -> VirtualHouse:
    return VirtualHouse(build_ledger(store, lambda: program), program, VirtualClock(START))


def book(house: VirtualHouse) -> None:
    house.take(
        "website",
        {
            "id": "m1",
            "event": "Booking Confirmed",
            "user_id": "ada",
            "traits": {"email": "ada@example.com"},
            "properties": {"booking_number": "SK1"},
        },
    )


def run_of(house: VirtualHouse) -> RunChanged:
    with house.ledger.store.reading() as reading:
        return reading.runs.latest("rooms")[0].change


def calls(house: VirtualHouse) -> list[Message]:
    return [message for message in house.channels["rooms"].messages if message.is_call]


def outcomes(house: VirtualHouse) -> list[str]:
    with house.ledger.store.reading() as reading:
        bodies = [entry.body for entry, _, _ in reading.tail.after(0, 1_000)]
    return [body.outcome for body in bodies if isinstance(body, MessageOutcome)]


def check_books(house: VirtualHouse, program: Program) -> None:
    ledger = house.ledger
    assert audit(ledger.store, house.clock.now()).findings == ()
    assert verify(ledger.store, build_kernel(), program.identity, lambda *_: None) == []


def test_an_answer_comes_back_as_facts(house: VirtualHouse, program: Program) -> None:
    house.answer_calls("rooms", {"free": 2})
    book(house)
    assert (run_of(house).step, run_of(house).status) == ("done", "finished")
    assert run_of(house).facts == {"booking_number": "SK1", "ask": {"free": 2}}
    (call,) = calls(house)
    assert (call.engagement, call.address) == ("rooms/ask", "ada@example.com")
    check_books(house, program)


def unknown_first(answer: dict[str, Any]) -> Callable[[Message], Any]:
    answered = answering(answer)
    return lambda message: "unknown" if message.attempt == 1 else answered(message)


def test_an_unknown_outcome_is_asked_again_under_the_same_id(
    house: VirtualHouse, program: Program
) -> None:
    house.channels["rooms"].rule = unknown_first({"free": 1})
    book(house)
    house.run_until(START + timedelta(minutes=5))
    first, second = calls(house)
    assert first.message_id == second.message_id
    assert outcomes(house) == ["unknown", "sent"]
    assert run_of(house).facts["ask"] == {"free": 1}
    check_books(house, program)


def test_a_process_that_dies_between_asking_and_hearing_asks_again_under_the_same_id(
    house: VirtualHouse, program: Program
) -> None:
    ledger = house.ledger
    house.answer_calls("rooms", {"free": 1})
    item = {"event": "Booking Confirmed", "user_id": "ada"}
    (source,) = program.sources.values()
    arrival = Arrival(source=source, received_at=START, dialect="plain")
    draft = Drafter(program).draft(msgspec.json.encode(item), arrival)
    assert isinstance(draft, Draft)
    ledger.append([draft], START)
    ledger.advance()
    (claimed,), _ = ledger.claim(10, START)
    assert claimed.row.decision.candidate.call_id == claimed.row.message_id
    assert ledger.settle_abandoned(START) == 1
    house.settle()
    assert [call.message_id for call in calls(house)] == [claimed.row.message_id]
    assert calls(house)[0].attempt == 2
    assert outcomes(house) == ["unknown", "sent"]
    assert run_of(house).status == "finished"
    check_books(house, program)


def test_a_system_that_is_down_is_given_up_at_the_time_out(
    house: VirtualHouse, program: Program
) -> None:
    house.answer("rooms", "try_again")
    book(house)
    house.run_until(START + timedelta(hours=5))
    assert run_of(house).facts["ask"] == {"failed": "timeout"}
    assert len({call.message_id for call in calls(house)}) == 1
    assert outcomes(house)[-1] == "withdrawn"
    with house.ledger.store.reading() as reading:
        assert [case.department for case in reading.registers.cases()] == ["desk"]
    check_books(house, program)


def test_nobody_answers_a_channel_that_nobody_taught(house: VirtualHouse) -> None:
    book(house)
    assert run_of(house).facts["ask"] == {"failed": "unanswered"}
