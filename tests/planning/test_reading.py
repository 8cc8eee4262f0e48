"""What a plan reads of a journal: who has something to live, and as whom they began."""

from __future__ import annotations

from datetime import timedelta

import pytest

from regard.core.event import Event
from regard.planning.records import Life
from regard.testing.simulation import Item
from tests.planning.worlds import START, World, edited

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
BOOKING = {"flight_number": "SK204", "from": "Vienna", "to": "Lisbon"}


def known(name: str) -> Item:
    told = {"email": f"{name}@example.com"}
    return Item(at=START, source="website", data={"identify": told, "user_id": name, "id": name})


def booked(name: str, number: str, after: timedelta, leaves: timedelta) -> Item:
    facts = BOOKING | {"booking_number": number, "departure_at": (START + leaves).isoformat()}
    data = {"event": "Booking Confirmed", "user_id": name, "properties": facts, "id": number}
    return Item(at=START + after, source="website", data=data)


@pytest.fixture
def world() -> World:
    """Ada booked before the window and flies in it, Bruno books in it, Chen does nothing."""
    world = World(edited("airline"))
    items = [
        known("ada"),
        known("bruno"),
        known("chen"),
        booked("ada", "SK1", HOUR, 4 * DAY),
        booked("bruno", "SK2", 2 * DAY, 9 * DAY),
    ]
    world.live(items, START + 2 * DAY + HOUR)
    return world


def names(lives: list[Life]) -> list[str]:
    return sorted(life.label for life in lives)


def test_only_who_has_something_to_live_is_read(world: World) -> None:
    lived = world.read(START + DAY, START + 10 * DAY)
    assert names([*lived.lives]) == ["ada@example.com", "bruno@example.com"]
    assert lived.person_count == 3
    everybody = world.read(START + DAY, START + 10 * DAY, everybody=True)
    assert len(everybody.lives) == 3


def test_people_stand_as_they_stood_when_the_window_begins(world: World) -> None:
    lived = world.read(START + DAY, START + 10 * DAY)
    ada, bruno = sorted(lived.lives, key=lambda life: life.label)
    assert [life.person.promises.keys() != set() for life in (ada, bruno)] == [True, False]
    assert len(ada.timers) == 1
    assert not ada.inputs
    assert [entry.body.name for entry in bruno.inputs if isinstance(entry.body, Event)] == [
        "Booking Confirmed"
    ]


def test_who_waits_beyond_the_window_costs_nothing(world: World) -> None:
    assert names([*world.read(START + DAY, START + 2 * DAY).lives]) == ["bruno@example.com"]


def test_who_merges_or_shares_is_lived_together(world: World) -> None:
    phone = {"phone": "+436641234567"}
    items = [
        Item(at=START + 3 * DAY, source="website", data={"identify": phone, "user_id": name})
        for name in ("ada", "chen")
    ]
    world.live(items, START + 4 * DAY)
    lived = world.read(START + DAY, START + 10 * DAY)
    assert names([*lived.lives]) == ["bruno@example.com"]
    assert [len(group.labels) > 1 for group in lived.groups] == [True]
