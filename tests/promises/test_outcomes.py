"""Every promise ends in exactly one of kept, late, doubled, repaired, void, broken."""

from __future__ import annotations

import pytest

from regard.core.facts import Decided, PromiseChanged
from regard.core.flows import Repair, Trigger
from tests.promises.house import (
    DAY,
    HOUR,
    MINUTE,
    START,
    House,
    Says,
    before,
    check_in_reminder,
    fact,
    facts_at,
    program,
)

DEPARTURE = START + 3 * DAY
DUE = START + 2 * DAY
DEADLINE = DUE + 15 * MINUTE


@pytest.fixture
def house() -> House:
    house = House(program([check_in_reminder()]))
    house.event("Booking Confirmed", **facts_at(DEPARTURE))
    return house


def test_booking_makes_a_promise_that_waits_for_its_moment(house: House) -> None:
    assert house.promise.status == "expected"
    assert house.promise.about == "SK1"
    assert house.promise.wake_at == house.promise.act_at == DUE
    assert house.promise.facts["booking_number"] == "SK1"
    assert not house.sent


def test_reminder_handed_over_in_time_is_kept(house: House) -> None:
    house.wait(DUE)
    (message,) = house.sent
    assert message.channel == "email"
    assert message.candidate.deadline_at == DEADLINE
    house.outcome(message.decision_id, "sent")
    assert house.promise.status == "kept"
    assert house.promise.kept_by == f"message:{message.decision_id}"
    assert not house.timers


def test_missed_reminder_is_repaired_on_next_best_channel(house: House) -> None:
    house.wait(DUE)
    house.outcome(house.sent[0].decision_id, "try_again", "connection_refused")
    house.wait(DEADLINE)
    assert house.promise.status == "missed"
    assert house.promise.reason == "queued:sms"
    assert house.sent[1].channel == "sms"
    assert house.sent[1].candidate.channels_excluded == ("email",)
    house.outcome(house.sent[1].decision_id, "sent")
    assert house.statuses() == ["expected", "missed", "repaired"]
    assert not house.cases


def test_miss_says_what_stood_in_the_way(house: House) -> None:
    house.wait(DUE)
    house.outcome(house.sent[0].decision_id, "try_again", "connection_refused")
    house.wait(DEADLINE)
    first_miss = next(c for c in house.facts_of(PromiseChanged) if c.status == "missed")
    assert first_miss.reason == "not_sent:try_again:connection_refused"


def test_refused_before_the_deadline_goes_to_the_next_channel_and_is_kept(house: House) -> None:
    house.wait(DUE)
    house.outcome(house.sent[0].decision_id, "refused", "address_unknown")
    assert [m.channel for m in house.sent] == ["email", "sms"]
    house.outcome(house.sent[1].decision_id, "sent")
    assert house.statuses() == ["expected", "kept"]


def test_passenger_who_checks_in_by_herself_has_been_reached(house: House) -> None:
    house.wait(START + DAY)
    house.event("Check-in Completed", booking_number="SK1")
    assert house.promise.status == "kept"
    assert house.promise.kept_by == "event:Check-in Completed"
    house.wait(DEPARTURE)
    assert not house.sent


def test_check_in_for_another_booking_keeps_nothing(house: House) -> None:
    house.event("Check-in Completed", booking_number="SK2")
    assert house.promise.status == "expected"


def test_check_in_after_the_deadline_is_late(house: House) -> None:
    house.gate.closed = {"email", "sms", "push.web"}
    house.wait(DEADLINE + HOUR)
    assert house.promise.status == "broken"
    house.event("Check-in Completed", booking_number="SK1")
    assert house.promise.status == "late"


def test_news_of_a_timely_check_in_that_comes_late_still_keeps(house: House) -> None:
    house.gate.held["check_in"] = DEPARTURE
    house.wait(DEADLINE + MINUTE)
    assert house.promise.status == "missed"
    house.event("Check-in Completed", at=DUE, booking_number="SK1")
    assert house.promise.status == "kept"
    assert house.promise.kept_at == DUE


def test_cancelled_booking_voids_the_promise(house: House) -> None:
    house.event("Booking Cancelled", booking_number="SK1")
    assert house.promise.status == "void"
    house.wait(DEPARTURE)
    assert not house.sent
    house.event("Check-in Completed", booking_number="SK1")
    assert house.promise.status == "void"


def test_nobody_left_to_keep_it_to_is_void(house: House) -> None:
    house.gate.silenced["check_in"] = "erased"
    house.wait(DUE)
    assert house.promise.status == "void"


def test_the_case_of_a_missed_promise_is_due_as_its_repair_says() -> None:
    repair = Repair(department="gate", title="Page the passenger", within=MINUTE)
    house = House(program([check_in_reminder(repairs=(repair,))]))
    house.event("Booking Confirmed", **facts_at(DEPARTURE))
    house.gate.closed = {"email", "sms", "push.web"}
    house.wait(DEADLINE)
    (case,) = house.cases
    assert case.due_at == DEADLINE + MINUTE


def test_no_channel_left_opens_a_case_and_is_broken(house: House) -> None:
    house.gate.closed = {"email", "sms", "push.web"}
    house.wait(DEADLINE)
    (case,) = house.cases
    assert case.department == "call_centre"
    assert case.ref == house.promise.promise_id
    assert house.statuses() == ["expected", "missed", "broken"]
    assert house.promise.reason == "case_opened"
    assert not house.timers


def test_silence_before_the_deadline_is_missed_at_the_deadline(house: House) -> None:
    house.gate.silenced["check_in"] = "objected"
    house.wait(DEADLINE - MINUTE)
    assert house.promise.status == "expected"
    house.wait(DEADLINE)
    assert house.statuses() == ["expected", "missed", "broken"]


def test_repair_without_an_answer_gives_way_to_the_next_step(house: House) -> None:
    house.wait(DEADLINE)
    assert house.sent[1].channel == "sms"
    house.wait(DEADLINE + 4 * MINUTE)
    assert house.promise.status == "missed"
    house.wait(DEADLINE + 5 * MINUTE)
    assert house.promise.status == "broken"
    assert house.cases


@pytest.mark.parametrize("outcome", ["refused", "try_again", "unknown", "withdrawn"])
def test_failed_repair_takes_the_next_step_at_once(house: House, outcome: str) -> None:
    house.wait(DEADLINE)
    house.outcome(house.sent[1].decision_id, outcome)
    assert house.promise.status == "broken"
    assert house.cases[0].reason == f"not_sent:{outcome}"


def test_original_that_arrives_after_the_miss_is_late_not_repaired(house: House) -> None:
    house.wait(DEADLINE + MINUTE)
    house.outcome(house.sent[0].decision_id, "sent")
    assert house.promise.status == "late"


def test_original_arriving_after_the_repair_is_doubled(house: House) -> None:
    house.wait(DEADLINE)
    house.outcome(house.sent[1].decision_id, "sent")
    house.outcome(house.sent[0].decision_id, "sent")
    assert house.promise.status == "doubled"
    house.outcome(house.sent[0].decision_id, "sent")
    assert house.statuses() == ["expected", "missed", "repaired", "doubled"]


def test_same_receipt_twice_is_no_double(house: House) -> None:
    house.wait(DUE)
    house.outcome(house.sent[0].decision_id, "unknown")
    house.outcome(house.sent[0].decision_id, "sent")
    house.event("Email Delivered", message_id=house.sent[0].decision_id)
    house.outcome(house.sent[0].decision_id, "sent")
    assert house.promise.status == "kept"


def test_bounce_of_the_message_that_kept_it_is_a_miss_and_repaired(house: House) -> None:
    house.wait(DUE)
    house.outcome(house.sent[0].decision_id, "sent")
    house.wait(DUE + HOUR)
    house.event("Email Bounced", message_id=house.sent[0].decision_id, permanent=True)
    assert house.promise.status == "missed"
    assert house.sent[1].channel == "sms"
    house.outcome(house.sent[1].decision_id, "sent")
    assert house.statuses() == ["expected", "kept", "missed", "repaired"]


def test_bounced_repair_goes_on_to_the_case(house: House) -> None:
    house.wait(DEADLINE)
    house.outcome(house.sent[1].decision_id, "sent")
    house.event("Email Bounced", message_id=house.sent[1].decision_id)
    assert house.statuses()[-2:] == ["missed", "broken"]
    assert house.cases[0].reason == "bounced"


def test_delivered_promise_waits_for_the_receipt() -> None:
    house = House(program([check_in_reminder(kept_by_receipt="delivered")]))
    house.event("Booking Confirmed", **facts_at(DEPARTURE))
    house.wait(DUE)
    house.outcome(house.sent[0].decision_id, "sent")
    assert house.promise.status == "expected"
    house.event("Email Delivered", message_id=house.sent[0].decision_id)
    assert house.promise.status == "kept"


def test_undelivered_promise_is_missed() -> None:
    house = House(program([check_in_reminder(kept_by_receipt="delivered", repairs=())]))
    house.event("Booking Confirmed", **facts_at(DEPARTURE))
    house.wait(DUE)
    house.outcome(house.sent[0].decision_id, "sent")
    house.wait(DEADLINE)
    miss = next(c for c in house.facts_of(PromiseChanged) if c.status == "missed")
    assert miss.reason == "not_delivered"
    assert house.promise.status == "broken"


def test_bounce_before_the_deadline_tries_the_next_channel() -> None:
    house = House(program([check_in_reminder(kept_by_receipt="delivered")]))
    house.event("Booking Confirmed", **facts_at(DEPARTURE))
    house.wait(DUE)
    house.event("Email Bounced", message_id=house.sent[0].decision_id)
    assert [m.channel for m in house.sent] == ["email", "sms"]
    assert house.promise.status == "expected"


def test_watched_promise_of_another_system_is_never_offered_but_repaired() -> None:
    repairs = (Repair(department="bags", title="Find the bag", wait=HOUR),)
    house = House(program([check_in_reminder(engagement="", repairs=repairs)]))
    house.event("Booking Confirmed", **facts_at(DEPARTURE))
    assert house.promise.wake_at == DEADLINE
    house.wait(DEADLINE)
    assert house.promise.reason == "not_seen"
    assert not house.sent
    assert not house.cases
    house.wait(DEADLINE + HOUR)
    assert house.cases
    assert house.promise.status == "broken"


def test_steps_after_a_case_go_on_at_once() -> None:
    repairs = (Repair(department="call_centre", title="Call"), Repair(engagement="thanks"))
    house = House(program([check_in_reminder(repairs=repairs)]))
    house.gate.silenced["check_in"] = "objected"
    house.event("Booking Confirmed", **facts_at(DEPARTURE))
    house.wait(DEADLINE)
    assert house.cases
    assert house.sent[0].candidate.engagement == "thanks"
    house.outcome(house.sent[0].decision_id, "sent")
    assert house.promise.status == "repaired"


def test_first_offer_held_past_the_miss_is_not_taken_for_the_repair(house: House) -> None:
    house.gate.held["check_in"] = DEADLINE + MINUTE
    house.wait(DEADLINE)
    assert house.promise.repair_step == 1
    first = house.facts_of(Decided)[0]
    house.gate.silenced["check_in"] = "past_use"
    followed = house.put(house.gate.answer(first.candidate, house.journal[-1], house.program))
    assert not followed
    assert house.promise.repair_step == 1


def test_trigger_without_about_concerns_every_open_one() -> None:
    kept_by = (Trigger(event="Account Closed"),)
    house = House(program([check_in_reminder(kept_by=(), void_when=kept_by)]))
    house.event("Booking Confirmed", **facts_at(DEPARTURE))
    house.event("Booking Confirmed", **facts_at(DEPARTURE, "SK2"))
    house.event("Account Closed")
    assert {s.change.status for s in house.person.promises.values()} == {"void"}


def test_trigger_condition_must_hold() -> None:
    only_air = Says("facts.kind = 'air'", lambda scope: scope.facts.get("kind") == "air")
    definition = check_in_reminder(made_by=Trigger(event="Booking Confirmed", when=only_air))
    house = House(program([definition]))
    house.event("Booking Confirmed", **facts_at(DEPARTURE))
    assert not house.person.promises
    house.event("Booking Confirmed", kind="air", **facts_at(DEPARTURE))
    assert house.person.promises


def test_number_and_text_are_the_same_booking() -> None:
    house = House(program([check_in_reminder()]))
    house.event("Booking Confirmed", booking_number=42, departure_at=DEPARTURE.isoformat())
    house.event("Check-in Completed", booking_number="42")
    assert house.promise.status == "kept"


def test_heartbeat_keeps_the_last_promise_and_makes_the_next() -> None:
    beat = fact("booking_number")
    definition = check_in_reminder(
        made_by=Trigger(event="Courier Seen"),
        kept_by=(Trigger(event="Courier Seen", about=beat),),
        engagement="",
        due_at=before("next_at", 0 * HOUR),
    )
    house = House(program([definition]))
    house.event("Courier Seen", booking_number="B1", next_at=(START + DAY).isoformat())
    assert [s.change.status for s in house.person.promises.values()] == ["expected"]
    house.wait(START + HOUR)
    house.event("Courier Seen", booking_number="B1", next_at=(START + 2 * DAY).isoformat())
    statuses = sorted(s.change.status for s in house.person.promises.values())
    assert statuses == ["expected", "kept"]
