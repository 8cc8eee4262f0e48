"""Making promises: dates, repeats, moved dates, late and disordered news, limits, live edits."""

from __future__ import annotations

from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from regard.core.person import Person
from regard.promises import Promises
from regard.promises.making import LATE_MAX, OPEN_MAX
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

DEPARTURE = START + 3 * DAY
DUE = START + 2 * DAY


@pytest.fixture
def house() -> House:
    house = House(program([check_in_reminder()]))
    house.event("Booking Confirmed", **facts_at(DEPARTURE))
    return house


def by_due(house: House) -> dict[datetime, str]:
    return {s.change.due_at: s.change.status for s in house.person.promises.values()}


def test_same_booking_again_changes_nothing(house: House) -> None:
    assert not house.event("Booking Confirmed", **facts_at(DEPARTURE))


def test_moved_departure_re_dates_the_open_promise(house: House) -> None:
    house.event("Booking Confirmed", **facts_at(DEPARTURE + DAY))
    assert house.promise.reason == "re_dated"
    assert house.promise.due_at == DUE + DAY
    house.wait(DUE + HOUR)
    assert not house.sent
    house.wait(DUE + DAY)
    assert len(house.sent) == 1


def test_first_booking_that_arrives_after_its_change_moves_nothing(house: House) -> None:
    house.wait(START + HOUR)
    house.event("Booking Confirmed", at=START - HOUR, **facts_at(DEPARTURE + DAY))
    assert house.promise.due_at == DUE


def test_moved_earlier_than_now_is_offered_at_once(house: House) -> None:
    house.wait(START + DAY)
    house.event("Booking Confirmed", **facts_at(START + 2 * DAY - MINUTE))
    assert len(house.sent) == 1
    assert house.promise.act_at < house.now


def test_few_minutes_of_delay_do_not_offer_twice(house: House) -> None:
    house.wait(DUE + 2 * MINUTE)
    house.event("Booking Confirmed", **facts_at(DEPARTURE + MINUTE))
    assert len(house.sent) == 1
    assert house.promise.wake_at == DUE + 16 * MINUTE


def test_moved_after_it_was_queued_is_void_and_promised_anew(house: House) -> None:
    house.wait(DUE)
    house.event("Booking Confirmed", **facts_at(DEPARTURE + DAY))
    assert by_due(house) == {DUE: "void", DUE + DAY: "expected"}
    house.wait(DUE + DAY)
    assert len({message.candidate.ref for message in house.sent}) == 2


def test_kept_promise_is_followed_by_another_only_for_a_later_date(house: House) -> None:
    house.wait(DUE)
    house.outcome(house.sent[0].decision_id, "sent")
    house.event("Booking Confirmed", **facts_at(DEPARTURE - HOUR))
    assert by_due(house) == {DUE: "kept"}
    house.event("Booking Confirmed", **facts_at(DEPARTURE + DAY))
    assert by_due(house) == {DUE: "kept", DUE + DAY: "expected"}


def test_check_in_settles_the_open_one_and_leaves_the_past_alone(house: House) -> None:
    house.gate.closed = {"email", "sms", "push.web"}
    house.wait(DUE + HOUR)
    house.event("Booking Confirmed", **facts_at(DEPARTURE + DAY))
    house.event("Check-in Completed", booking_number="SK1")
    assert by_due(house) == {DUE: "broken", DUE + DAY: "kept"}


@pytest.mark.parametrize("departure_at", [None, "soon", "2026-03-05T09:00:00", 5])
def test_promise_without_a_date_is_refused_visibly(departure_at: object) -> None:
    raw = Says("facts.departure_at", lambda scope: scope.facts.get("departure_at"))
    house = House(program([check_in_reminder(act_at=raw, due_at=raw)]))
    house.event("Booking Confirmed", booking_number="SK1", departure_at=departure_at)
    assert not house.person.promises
    assert house.limits[0].limit == "promise_without_date"
    assert house.limits[0].detail == "check_in_reminder: SK1"


def test_text_with_a_zone_is_a_date() -> None:
    raw = Says("facts.departure_at", lambda scope: scope.facts.get("departure_at"))
    house = House(program([check_in_reminder(act_at=raw, due_at=raw)]))
    house.event("Booking Confirmed", booking_number="SK1", departure_at="2026-03-05T10:00:00+01:00")
    assert house.promise.due_at == DEPARTURE


@pytest.mark.parametrize("departure_at", ["9999-12-31T23:59:59Z", "2099-01-01T00:00:00Z"])
def test_date_beyond_all_plans_is_refused_visibly(departure_at: str) -> None:
    house = House(program([check_in_reminder()]))
    house.event("Booking Confirmed", booking_number="SK1", departure_at=departure_at)
    assert house.limits[0].limit == "promise_without_date"


def test_promise_about_nothing_is_refused_visibly() -> None:
    house = House(program([check_in_reminder()]))
    house.event("Booking Confirmed", departure_at=DEPARTURE.isoformat())
    assert house.limits[0].limit == "promise_without_about"


def test_booking_inside_the_window_is_offered_at_once() -> None:
    house = House(program([check_in_reminder(grace=HOUR)]))
    house.event("Booking Confirmed", **facts_at(START + DAY - MINUTE))
    assert len(house.sent) == 1
    assert house.promise.wake_at == START - MINUTE + HOUR


def test_booking_that_we_hear_of_after_the_deadline_is_missed_and_repaired() -> None:
    house = House(program([check_in_reminder()]))
    house.event("Booking Confirmed", **facts_at(START + HOUR))
    house.wait(START)
    assert house.promise.status == "missed"
    assert house.facts_of(type(house.promise))[1].reason == "not_offered"
    assert len(house.sent) == 1


def test_imported_history_makes_no_promises() -> None:
    house = House(program([check_in_reminder()]))
    long_ago = START - LATE_MAX
    house.event("Booking Confirmed", at=long_ago - DAY, **facts_at(long_ago))
    assert not house.person.promises
    assert house.limits[0].limit == "promise_too_late"


@pytest.mark.parametrize(
    ("name", "status"), [("Check-in Completed", "kept"), ("Booking Cancelled", "void")]
)
def test_news_that_overtook_the_booking_counts(name: str, status: str) -> None:
    house = House(program([check_in_reminder()]))
    house.wait(START + HOUR)
    house.event(name, booking_number="SK1")
    house.event("Booking Confirmed", at=START, **facts_at(DEPARTURE))
    assert house.promise.status == status
    house.wait(DEPARTURE)
    assert not house.sent


def test_cancellation_before_the_booking_was_made_is_another_story() -> None:
    house = House(program([check_in_reminder()]))
    house.event("Booking Cancelled", booking_number="SK1")
    house.wait(START + HOUR)
    house.event("Booking Confirmed", **facts_at(DEPARTURE))
    assert house.promise.status == "expected"


def test_open_promises_are_bounded_visibly() -> None:
    house = House(program([check_in_reminder()]))
    for number in range(OPEN_MAX + 1):
        house.event("Booking Confirmed", **facts_at(DEPARTURE, f"SK{number}"))
    assert len(house.person.promises) == OPEN_MAX
    assert house.limits[0].limit == "open_promises"


def test_two_records_of_one_human_are_reminded_once(house: House) -> None:
    other = House(house.program)
    other.event("Booking Confirmed", **facts_at(DEPARTURE))
    state = next(iter(other.person.promises.values()))
    twin = replace(state.change, promise_id="twin")
    states = {"twin": replace(state, change=twin, stamp=state.stamp + 1)}
    house.person = Promises().join(house.person, Person(id="ada2", promises=states))
    house.timers["promise:twin"] = DUE
    house.wait(DUE + MINUTE)
    assert len(house.sent) == 1
    statuses = sorted(s.change.status for s in house.person.promises.values())
    assert statuses == ["expected", "void"]


def test_definition_that_is_gone_voids_what_is_open(house: House) -> None:
    house.program = program([])
    house.wait(DUE)
    assert house.promise.status == "void"
    assert house.promise.reason == "definition_gone"


def test_grace_that_grew_meanwhile_gives_the_promise_its_time(house: House) -> None:
    house.wait(DUE)
    house.program = program([check_in_reminder(grace=HOUR)])
    house.wait(DUE + 30 * MINUTE)
    assert house.promise.status == "expected"
    assert len(house.sent) == 1
    house.wait(DUE + HOUR)
    assert house.promise.status == "missed"


def test_engagement_taken_away_leaves_the_promise_watched(house: House) -> None:
    house.program = program([check_in_reminder(engagement="", repairs=())])
    house.wait(DUE + HOUR)
    assert not house.sent
    assert house.promise.status == "broken"


def test_stale_timer_moves_nothing(house: House) -> None:
    ref = next(iter(house.timers))
    house.timers["promise:unknown"] = START
    house.timers[ref] = START
    house.wait(START + timedelta(seconds=1))
    assert house.promise.status == "expected"
    assert not house.sent


def test_other_events_conclude_nothing(house: House) -> None:
    assert not house.event("page", title="Home")
