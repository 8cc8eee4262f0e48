"""How journeys start and end: by what Regard noted, a caller, the calendar, a goal."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from regard.core.event import Event, Identifier, RolloutReached
from regard.core.facts import Noted
from regard.core.flows import Journey, Trigger
from tests.journeys.test_walking import PAUSE, THANKS, UNTIL_BOOKED, journey, offers, walk
from tests.promises.house import DAY, HOUR, START, House, Says, program

VIP = Trigger(event="Audience Entered|vip")


def house_of(*journeys: Journey) -> House:
    return House(program(journeys=journeys))


def note(house: House, name: str, about: str, **facts: Any) -> None:
    number = len(house.journal)
    house.put(Noted(note_id=f"n{number}", name=name, about=about, facts=facts))


def call(house: House, **facts: Any) -> None:
    house.event("Journey Called|welcome", **facts)


def reach(house: House, kind: str = "start", rollout_id: str = "r1", **more: Any) -> None:
    house.put(RolloutReached(rollout_id=rollout_id, rollout=kind, subject="welcome", **more))  # type: ignore[arg-type]


def reasons(house: House) -> list[str]:
    return [state.change.reason for state in house.person.runs.values()]


def test_what_regard_noted_starts_a_journey_with_its_facts() -> None:
    house = house_of(journey(PAUSE, start=VIP))
    note(house, "Audience Entered", "frequent")
    assert not house.person.runs
    note(house, "Audience Entered", "vip", audience="vip")
    assert house.run.facts == {"audience": "vip"}


def test_a_condition_sees_what_was_noted() -> None:
    gold = Says("facts.tier = 'gold'", lambda scope: scope.facts.get("tier") == "gold")
    house = house_of(journey(PAUSE, start=replace(VIP, when=gold)))
    note(house, "Audience Entered", "vip", tier="blue")
    note(house, "Audience Entered", "vip", tier="gold")
    assert len(house.person.runs) == 1


def test_leaving_the_audience_leaves_the_journey() -> None:
    left = Trigger(event="Audience Left|vip")
    house = house_of(journey(PAUSE, start=VIP, exit_when=(left,)))
    note(house, "Audience Entered", "vip")
    note(house, "Audience Left", "vip")
    assert (house.run.status, house.run.reason) == ("exited", "event:Audience Left|vip")


def test_what_was_noted_ends_a_wait() -> None:
    missed = Trigger(event="Promise Missed|check_in")
    house = walk(replace(UNTIL_BOOKED, events=(missed,), on_timeout=""), THANKS)
    note(house, "Promise Missed", "check_in")
    assert offers(house) == ["thanks"]


def test_what_was_noted_is_counted_like_an_event_under_both_names() -> None:
    house = house_of()
    note(house, "Promise Missed", "check_in")
    note(house, "Promise Missed", "bag")
    counts = {name: seen.count for name, seen in house.person.seen.items()}
    assert counts == {"Promise Missed": 2, "Promise Missed|check_in": 1, "Promise Missed|bag": 1}
    assert house.person.last_seen_at is None


def test_a_call_starts_any_journey_with_its_own_facts() -> None:
    house = house_of(journey(PAUSE))
    call(house, booking_number="SK1")
    assert house.run.facts == {"booking_number": "SK1"}


def test_a_call_that_comes_twice_starts_one_run() -> None:
    house = house_of(journey(PAUSE, reentry="always"))
    event = Event(
        message_id="m1",
        source="desk",
        type="track",
        name="Journey Called|welcome",
        channel="",
        at=START,
        received_at=START,
        identifiers=(Identifier("user_id", "ada"),),
    )
    house.put(event)
    house.put(event)
    assert len(house.person.runs) == 1


def test_the_condition_of_the_start_does_not_bind_a_caller() -> None:
    never = Says("false", lambda scope: False)
    house = house_of(journey(PAUSE, start=Trigger(event="Signed Up", when=never)))
    house.event("Signed Up")
    assert not house.person.runs
    call(house)
    assert len(house.person.runs) == 1


def test_the_calendar_starts_a_run_once_per_moment_also_for_two_records_of_one_human() -> None:
    house = house_of(journey(THANKS, reentry="always"))
    reach(house, facts={"week": 12})
    reach(house)
    assert house.run.facts == {"week": 12}
    assert reasons(house) == ["end"]
    reach(house, rollout_id="r2")
    assert len(house.person.runs) == 2


def test_a_start_that_comes_too_late_starts_nothing() -> None:
    house = house_of(journey(PAUSE))
    reach(house, expires_at=START - HOUR)
    reach(house, kind="broadcast")
    assert not house.person.runs


def test_a_goal_ends_the_run_as_reached_wherever_it_stands() -> None:
    bought = Trigger(event="Booking Confirmed")
    house = walk(PAUSE, UNTIL_BOOKED, THANKS, goals=(bought,), exit_when=(bought,))
    house.event("Booking Confirmed")
    assert (house.run.status, house.run.reason) == ("finished", "goal")
    assert house.run.parked_at == START
    assert (house.run.step, offers(house), house.timers) == ("pause", [], {})


def test_a_goal_comes_before_a_step_that_waits_for_the_same() -> None:
    house = walk(UNTIL_BOOKED, THANKS, goals=UNTIL_BOOKED.events)
    house.event("Booking Confirmed")
    assert house.run.reason == "goal"
    assert not offers(house)


@pytest.mark.parametrize(("waited", "runs"), [(29, 1), (30, 2)])
def test_a_journey_may_be_walked_again_so_long_after_its_end(waited: int, runs: int) -> None:
    house = walk(PAUSE, reentry_after=30 * DAY)
    house.wait(START + 3 * DAY)
    house.now = START + (3 + waited) * DAY
    house.event("Signed Up")
    assert len(house.person.runs) == runs


def test_nobody_walks_it_twice_at_once_whatever_the_time() -> None:
    house = walk(replace(PAUSE, wait_for=90 * DAY), reentry_after=30 * DAY)
    house.now = START + 60 * DAY
    house.event("Signed Up")
    assert len(house.person.runs) == 1
