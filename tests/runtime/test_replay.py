"""Replaying lived days: under the same program they come out as they were lived."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from regard.assembly import build_kernel, build_ledger
from regard.core.event import MessageOutcome
from regard.core.program import Program
from regard.project import load, load_text
from regard.runtime.replay import read_lives, replay
from regard.store import open_store
from regard.testing.clock import VirtualClock
from regard.testing.house import VirtualHouse

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
AIRLINE = Path(__file__).parents[2] / "examples" / "airline"
LATER = {"promises/check_in_reminder.yaml": ("interval '24 hours'", "interval '30 hours'")}


@pytest.fixture(scope="module")
def program() -> Program:
    return load(AIRLINE, {})


def lived(program: Program) -> VirtualHouse:
    """Return a house in which Ada and Bruno booked, and half the story is still ahead."""
    house = VirtualHouse(
        build_ledger(open_store(":memory:"), lambda: program), program, VirtualClock(START)
    )
    for number, name in enumerate(["ada", "bruno"]):
        house.take("website", {"identify": {"email": f"{name}@example.com"}, "user_id": name})
        departs = START + timedelta(days=2 + 3 * number)
        facts = {"booking_number": f"SK{number}", "flight_number": "SK204", "from": "Vienna"}
        facts |= {"to": "Lisbon", "departure_at": departs.isoformat()}
        item = {"event": "Booking Confirmed", "user_id": name, "properties": facts}
        house.take("website", item)
    house.run_until(START + timedelta(days=2))
    return house


def sent(house: VirtualHouse) -> list[tuple[str, datetime]]:
    with house.ledger.store.reading() as reading:
        entries = reading.tail.after(0, 1_000)
    return [
        (person_id, entry.received_at)
        for entry, person_id, _ in entries
        if isinstance(entry.body, MessageOutcome) and entry.body.outcome == "sent"
    ]


def test_the_same_program_says_what_was_said(program: Program) -> None:
    house = lived(program)
    kernel, until = build_kernel(), START + timedelta(days=2)
    lives = read_lives(house.ledger.store, kernel, START, lambda _done, _total: None)
    course = replay(lives.values(), kernel, program, START, until)
    assert [(s.person_id, s.at) for s in course.said] == sent(house)
    assert course.promises == {
        ("check_in_reminder", "kept"): 1,
        ("check_in_reminder", "expected"): 1,
    }


def test_a_window_that_opens_in_between_knows_what_is_parked(program: Program) -> None:
    house = lived(program)
    kernel, since = build_kernel(), START + timedelta(hours=12)
    lives = read_lives(house.ledger.store, kernel, since, lambda _done, _total: None)
    course = replay(lives.values(), kernel, program, since, START + timedelta(days=5))
    assert [s.at - START for s in course.said] == [timedelta(days=1), timedelta(days=4)]


def test_an_edit_moves_what_it_should(program: Program) -> None:
    texts = {
        str(path.relative_to(AIRLINE)): path.read_text(encoding="utf-8")
        for path in AIRLINE.rglob("*")
        if path.is_file()
    }
    for name, (old, new) in LATER.items():
        assert old in texts[name]
        texts[name] = texts[name].replace(old, new)
    house, kernel = lived(program), build_kernel()
    lives = read_lives(house.ledger.store, kernel, START, lambda _done, _total: None)
    course = replay(lives.values(), kernel, load_text(texts, {}), START, START + timedelta(days=5))
    assert [s.at - START for s in course.said] == [timedelta(hours=18), timedelta(days=3, hours=18)]
