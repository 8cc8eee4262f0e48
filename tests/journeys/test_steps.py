"""Waits for a time of day and for a condition, splits, and promises that a journey makes."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace as changed

from regard.core.facts import Noted
from regard.core.flows import LocalTime, Schedule, Step, Trigger
from regard.core.person import Person
from regard.core.scope import Scope
from regard.journeys.schedules import next_local, next_start
from regard.journeys.sharing import share_of
from tests.journeys.test_walking import NUDGE, PAUSE, THANKS, journey, offers, walk
from tests.promises.house import (
    DAY,
    HOUR,
    MINUTE,
    START,
    House,
    Says,
    check_in_reminder,
    facts_at,
    program,
)

NINE = LocalTime(at=time(9))
VIENNA = ZoneInfo("Europe/Vienna")
GOLD = Says("traits.tier = 'gold'", lambda scope: scope.person.trait("tier") == "gold")
UNTIL_GOLD = Step(
    id="gold", kind="wait_until", condition=GOLD, wait_for=7 * DAY, on_timeout="nudge"
)


def utc(text: str) -> datetime:
    return datetime.fromisoformat(text).replace(tzinfo=UTC)


@pytest.mark.parametrize(
    ("zone", "after", "wanted", "moment"),
    [
        ("Europe/Vienna", "2026-03-02T07:59", NINE, "2026-03-02T08:00"),
        ("Europe/Vienna", "2026-03-02T08:00", NINE, "2026-03-03T08:00"),
        ("Europe/Vienna", "2026-03-28T09:00", NINE, "2026-03-29T07:00"),
        ("America/New_York", "2026-03-02T08:00", NINE, "2026-03-02T14:00"),
        ("Pacific/Auckland", "2026-03-02T22:00", NINE, "2026-03-03T20:00"),
        ("Europe/Vienna", "2026-03-06T12:00", replace(NINE, weekdays=(0,)), "2026-03-09T08:00"),
        ("Europe/Vienna", "2026-03-09T08:00", replace(NINE, weekdays=(0,)), "2026-03-16T08:00"),
        # skipped by the clock change: an hour later; twice on the way back: the first time only
        ("Europe/Vienna", "2026-03-28T12:00", LocalTime(at=time(2, 30)), "2026-03-29T01:30"),
        ("Europe/Vienna", "2026-10-24T12:00", LocalTime(at=time(2, 30)), "2026-10-25T00:30"),
        ("Europe/Vienna", "2026-10-25T00:30", LocalTime(at=time(2, 30)), "2026-10-26T01:30"),
    ],
)
def test_next_time_of_day(zone: str, after: str, wanted: LocalTime, moment: str) -> None:
    assert next_local(wanted, ZoneInfo(zone), utc(after)) == utc(moment)


@pytest.mark.parametrize(
    ("cron", "zone", "after", "moment"),
    [
        ("0 9 * * 1", "Europe/Vienna", "2026-03-02T07:59", "2026-03-02T08:00"),
        ("0 9 * * 1", "Europe/Vienna", "2026-03-02T08:00", "2026-03-09T08:00"),
        ("0 9 * * mon", "America/New_York", "2026-03-06T00:00", "2026-03-09T13:00"),
        ("30 2 * * *", "Europe/Vienna", "2026-03-28T12:00", "2026-03-29T01:00"),
        ("30 2 * * *", "Europe/Vienna", "2026-10-24T12:00", "2026-10-25T00:30"),
        ("30 2 * * *", "Europe/Vienna", "2026-10-25T00:30", "2026-10-26T01:30"),
        ("0 0 1 * *", "UTC", "2026-03-02T00:00", "2026-04-01T00:00"),
    ],
)
def test_next_start_of_a_schedule(cron: str, zone: str, after: str, moment: str) -> None:
    schedule = Schedule(cron=cron, zone=zone, audience="vip")
    assert next_start(schedule, utc(after)) == utc(moment)


def test_a_wait_ends_at_nine_where_the_person_is() -> None:
    wait = Step(id="nine", kind="wait", local_time=NINE)
    house = House(program(journeys=[journey(wait, THANKS)]))
    house.event("Preference Set", time_zone="America/New_York")
    house.event("Signed Up")
    assert house.run.wake_at == utc("2026-03-02T14:00")
    house.wait(utc("2026-03-02T14:00"))
    assert offers(house) == ["thanks"]


@pytest.mark.parametrize("zone", ["", "Nowhere/Land"])
def test_a_wait_for_a_time_of_day_takes_the_companys_zone_when_none_is_known(zone: str) -> None:
    wait = Step(id="nine", kind="wait", local_time=NINE)
    house = House(program(journeys=[journey(wait, THANKS)]))
    house.event("Preference Set", time_zone=zone)
    house.event("Signed Up")
    assert house.run.wake_at == utc("2026-03-03T08:00")


def test_who_moves_to_another_zone_is_met_at_nine_there() -> None:
    house = walk(Step(id="nine", kind="wait", local_time=NINE), THANKS)
    house.event("Preference Set", time_zone="America/New_York")
    house.wait(utc("2026-03-03T08:00"))
    assert not offers(house)
    assert house.run.wake_at == utc("2026-03-03T14:00")


def tier(house: House, value: str) -> None:
    event = house.journal[0].body
    number = f"t{len(house.journal)}"
    house.put(changed(event, message_id=number, name="identify", traits={"tier": value}))


def test_a_condition_ends_the_wait_at_the_entry_that_turns_it_true() -> None:
    house = walk(UNTIL_GOLD, THANKS, Step(id="end", kind="exit"), NUDGE)
    assert house.run.is_watching
    tier(house, "blue")
    assert house.run.status == "waiting"
    tier(house, "gold")
    assert offers(house) == ["thanks"]


def test_a_condition_that_holds_already_is_not_waited_for() -> None:
    house = House(program(journeys=[journey(UNTIL_GOLD, THANKS, NUDGE)]))
    house.event("Other Thing")
    tier(house, "gold")
    house.event("Signed Up")
    assert offers(house)[0] == "thanks"


def test_a_condition_that_never_holds_times_out() -> None:
    house = walk(UNTIL_GOLD, THANKS, Step(id="end", kind="exit"), NUDGE)
    assert house.run.wake_at == START + 7 * DAY
    house.wait(START + 7 * DAY)
    assert offers(house) == ["mileage_offer"]


def boarding(minute: int = 0) -> Step:
    """Wait until two hours before boarding, which time alone turns true."""
    opens = START + 5 * HOUR + minute * MINUTE
    is_open = Says("now() >= …", lambda scope: scope.now >= opens)

    def horizon(scope: Scope) -> datetime | None:
        return opens if scope.now < opens else None

    return replace(UNTIL_GOLD, condition=is_open, horizon=horizon)


def test_time_alone_turns_a_condition_at_its_very_second() -> None:
    house = walk(boarding(), THANKS, Step(id="end", kind="exit"), NUDGE)
    assert house.run.wake_at == START + 5 * HOUR
    house.wait(START + 5 * HOUR)
    assert offers(house) == ["thanks"]


def test_a_horizon_that_was_too_careful_costs_another_look_only() -> None:
    looks: list[datetime] = []

    def hourly(scope: Scope) -> datetime:
        looks.append(scope.now)
        return scope.now + HOUR

    step = replace(UNTIL_GOLD, horizon=hourly, wait_for=4 * HOUR)
    house = walk(step, THANKS, Step(id="end", kind="exit"), NUDGE)
    house.wait(START + 4 * HOUR)
    assert offers(house) == ["mileage_offer"]
    assert looks == [START, START + HOUR, START + 2 * HOUR, START + 3 * HOUR]


def test_an_entry_that_brings_the_horizon_nearer_sets_the_timer_anew() -> None:
    soon = Says("x", lambda scope: False)

    def horizon(scope: Scope) -> datetime:
        seen = scope.person.seen.get("Booking Confirmed")
        return (seen.last_at if seen else START + 3 * DAY) + HOUR

    house = walk(replace(UNTIL_GOLD, condition=soon, horizon=horizon), THANKS, NUDGE)
    assert house.run.wake_at == START + 3 * DAY + HOUR
    house.event("Booking Confirmed")
    assert house.run.wake_at == START + HOUR


def test_an_event_or_a_condition_whichever_comes_first() -> None:
    both = replace(UNTIL_GOLD, events=(Trigger(event="Booking Confirmed"),))
    house = walk(both, THANKS, Step(id="end", kind="exit"), NUDGE)
    house.event("Booking Confirmed")
    assert offers(house) == ["thanks"]


HALVES = Step(id="half", kind="split", shares=((0.5, "thanks"), (0.5, "nudge")))
END = Step(id="end", kind="exit")


def test_a_split_takes_the_same_way_for_the_same_person() -> None:
    first, second = (walk(HALVES, THANKS, END, NUDGE, reentry="always") for _ in range(2))
    assert offers(first) == offers(second)
    first.event("Signed Up")
    assert len(set(offers(first))) == 1


@pytest.mark.parametrize("shares", [(0.5, 0.5), (0.1, 0.9), (0.333, 0.333, 0.334)])
def test_a_split_shares_people_as_it_says(shares: tuple[float, ...]) -> None:
    named = [(share, str(place)) for place, share in enumerate(shares)]
    count = 20_000
    found = Counter(share_of("welcome", "half", f"p_{n}", named) for n in range(count))
    for share, name in named:
        spread = (count * share * (1 - share)) ** 0.5
        assert abs(found[name] - count * share) < 4 * spread


def test_splits_of_one_journey_do_not_repeat_each_other() -> None:
    halves = [(0.5, "a"), (0.5, "b")]
    pairs = Counter(
        (share_of("welcome", "one", f"p_{n}", halves), share_of("welcome", "two", f"p_{n}", halves))
        for n in range(8_000)
    )
    assert len(pairs) == 4
    assert all(abs(count - 2_000) < 200 for count in pairs.values())


def test_a_share_that_grows_keeps_those_who_were_in_it() -> None:
    before, after = [(0.2, "a"), (0.8, "b")], [(0.4, "a"), (0.6, "b")]
    moved = [
        share_of("welcome", "half", f"p_{n}", after)
        for n in range(2_000)
        if share_of("welcome", "half", f"p_{n}", before) == "a"
    ]
    assert set(moved) == {"a"}


ASK = Step(id="promise_it", kind="promise", promise="check_in_reminder")
MADE_BY_JOURNEY = check_in_reminder(
    made_by=Trigger(event="Promise Asked|check_in_reminder"), void_when=()
)


def test_a_journey_makes_a_promise_with_the_facts_of_its_run() -> None:
    house = House(program([MADE_BY_JOURNEY], [journey(PAUSE, ASK)]))
    house.event("Signed Up", **facts_at(START + 10 * DAY))
    house.wait(START + 3 * DAY)
    assert (house.promise.about, house.promise.status) == ("SK1", "expected")
    assert house.promise.made_at == START + 3 * DAY
    assert house.run.status == "finished"
    house.wait(START + 9 * DAY)
    assert [d.candidate.origin for d in house.sent] == ["promise"]


def test_what_kept_it_before_the_journey_made_it_does_not_keep_it() -> None:
    house = House(program([MADE_BY_JOURNEY], [journey(PAUSE, ASK)]))
    house.event("Signed Up", **facts_at(START + 10 * DAY))
    house.event("Check-in Completed", booking_number="SK1")
    house.wait(START + 3 * DAY)
    assert house.promise.status == "expected"


def test_a_promise_that_is_asked_for_twice_is_made_once() -> None:
    steps = (ASK, replace(PAUSE, wait_for=timedelta(hours=1)), replace(ASK, id="again"))
    house = House(program([MADE_BY_JOURNEY], [journey(*steps)]))
    house.event("Signed Up", **facts_at(START + 10 * DAY))
    house.wait(START + DAY)
    assert len(house.facts_of(Noted)) == 2
    assert house.promise.status == "expected"


def test_somebody_without_a_run_costs_one_look_up() -> None:
    house = House(program(journeys=[journey(UNTIL_GOLD, THANKS, NUDGE)]))
    assert house.event("Other Thing") == []
    assert house.person.runs == Person(id="ada").runs
