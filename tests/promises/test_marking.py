"""What became of a promise triggers like an event, where somebody asks for it, and once."""

from __future__ import annotations

import pytest

from regard.core.facts import Noted, RunChanged
from regard.core.flows import Journey, Step, Trigger
from tests.promises.house import (
    DAY,
    HOUR,
    MINUTE,
    START,
    House,
    check_in_reminder,
    facts_at,
    program,
)

DUE = START + 2 * DAY
DEADLINE = DUE + 15 * MINUTE


def sorry(event: str) -> Journey:
    step = Step(id="offer", kind="offer", engagement="thanks")
    return Journey(id="sorry", title="Sorry", start=Trigger(event=event), steps=(step,))


def booked(event: str) -> House:
    house = House(program([check_in_reminder()], [sorry(event)]))
    house.event("Booking Confirmed", **facts_at(START + 3 * DAY))
    return house


@pytest.mark.parametrize("event", ["Promise Missed", "Promise Missed|check_in_reminder"])
def test_a_miss_starts_the_journey_that_waits_for_it(event: str) -> None:
    house = booked(event)
    house.gate.closed = {"email", "sms", "push.web"}
    house.wait(DEADLINE)
    (note,) = house.facts_of(Noted)
    assert note.keys == ("Promise Missed", "Promise Missed|check_in_reminder")
    assert note.facts["about"] == "SK1"
    assert house.facts_of(RunChanged)[0].journey == "sorry"


def test_a_promise_is_told_once_however_often_it_moves() -> None:
    house = booked("Promise Missed")
    house.wait(DUE)
    house.outcome(house.sent[0].decision_id, "try_again", "connection_refused")
    house.wait(DEADLINE)
    house.outcome(house.sent[1].decision_id, "refused", "address_unknown")
    house.wait(DEADLINE + 2 * HOUR)
    assert len(house.facts_of(Noted)) == 1


def test_a_kept_promise_is_told_when_it_is_kept() -> None:
    house = booked("Promise Kept|check_in_reminder")
    house.wait(DUE)
    assert not house.facts_of(Noted)
    house.outcome(house.sent[0].decision_id, "sent")
    assert [note.name for note in house.facts_of(Noted)] == ["Promise Kept"]


def test_what_nobody_waits_for_is_not_noted() -> None:
    house = booked("Promise Broken|another_promise")
    house.wait(DEADLINE + DAY)
    assert not house.facts_of(Noted)
