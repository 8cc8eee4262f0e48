"""A journey asks another system: one call a step, its answer in the facts, silence another way."""

from __future__ import annotations

from dataclasses import replace as changed
from datetime import datetime, timedelta
from typing import Any

import pytest

from regard.core.event import MessageOutcome, TimerDue
from regard.core.facts import Body, Decided
from regard.core.flows import Journey, Step
from regard.core.rows import Claimed, MessageRow
from regard.decisions import Decisions
from regard.journeys import resuming
from tests.journeys.test_walking import NUDGE, PAUSE, THANKS, journey, offers, walk
from tests.promises.house import HOUR, START, House, Says, program

SECOND = timedelta(seconds=1)
ASK = Step(id="ask", kind="call", channel="lounge", wait_for=10 * SECOND, on_timeout="nudge")
END = Step(id="end", kind="exit")
STEPS = (ASK, THANKS, END, NUDGE)


def call_of(house: House) -> Decided:
    return next(d for d in house.facts_of(Decided) if d.candidate.call_id)


def answer(house: House, answer: dict[str, Any] | None = None, **more: Any) -> None:
    call = call_of(house)
    values: dict[str, Any] = {"outcome": "sent", "reason": "", "answer": answer or {}, **more}
    house.outcome(call.decision_id, **values)


def test_a_call_passes_the_gate_as_no_touch_and_carries_the_facts() -> None:
    house = House(program(journeys=[journey(*STEPS)]))
    house.event("Loyalty Joined")
    house.event("Signed Up", booking_number="SK1")
    call = call_of(house)
    assert (call.verdict, call.reason, call.channel) == ("send", "asked", "lounge")
    assert call.candidate.facts == {"booking_number": "SK1"}
    assert call.candidate.engagement == "welcome/ask"
    assert call.decision_id == house.run.call_id == call.candidate.call_id
    assert (house.run.step, house.run.status) == ("ask", "waiting")
    assert house.run.wake_at == START + 10 * SECOND
    assert not house.person.touches


def test_the_answer_is_in_the_facts_of_the_run_for_later_steps() -> None:
    has_seats = Says("facts.ask.seats > 0", lambda s: (s.facts["ask"].get("seats") or 0) > 0)
    branch = Step(id="b", kind="branch", arms=((has_seats, "thanks"),), otherwise="nudge")
    house = walk(ASK, branch, THANKS, END, NUDGE)
    answer(house, {"seats": 2})
    assert offers(house)[-1] == "thanks"
    assert house.run.facts == {"ask": {"seats": 2}}
    assert house.sent[-1].candidate.facts == {"ask": {"seats": 2}}
    assert house.run.call_id == ""


def test_an_empty_answer_is_an_answer() -> None:
    house = walk(*STEPS)
    answer(house)
    assert offers(house)[-1] == "thanks"


@pytest.mark.parametrize(
    ("outcome", "reason", "failed"),
    [
        ("refused", "endpoint_refused", "endpoint_refused"),
        ("sent", "answer_unreadable", "answer_unreadable"),
        ("sent", "unanswered", "unanswered"),
        ("withdrawn", "frozen", "frozen"),
        ("refused", "", "refused"),
    ],
)
def test_what_is_no_answer_takes_the_other_way_and_says_why(
    outcome: str, reason: str, failed: str
) -> None:
    house = walk(*STEPS)
    answer(house, outcome=outcome, reason=reason)
    assert offers(house)[-1] == "mileage_offer"
    assert house.run.facts == {"ask": {"failed": failed}}


@pytest.mark.parametrize("outcome", ["try_again", "unknown"])
def test_an_attempt_that_comes_again_moves_nothing_until_the_time_is_up(outcome: str) -> None:
    house = walk(*STEPS)
    answer(house, outcome=outcome, reason="no_answer", retry_at=START + SECOND)
    assert house.run.step == "ask"
    house.wait(START + 10 * SECOND)
    assert offers(house)[-1] == "mileage_offer"
    assert house.run.facts == {"ask": {"failed": "timeout"}}


def test_an_answer_after_the_time_is_up_moves_nothing() -> None:
    house = walk(ASK, THANKS, END, NUDGE, PAUSE)
    house.wait(START + 10 * SECOND)
    before = house.run
    answer(house, {"seats": 2})
    assert house.run == before


def test_an_answer_that_comes_twice_moves_once() -> None:
    house = walk(ASK, THANKS, PAUSE, THANKS)
    answer(house, {"seats": 2})
    before = house.run
    answer(house, {"seats": 0})
    assert house.run == before


def test_answers_of_a_run_are_bounded() -> None:
    house = walk(*STEPS)
    answer(house, {"text": "x" * resuming.FACTS_BYTES_MAX})
    assert house.run.facts == {"ask": {"failed": "answer_too_large"}}


def test_without_another_way_the_next_step_is_taken() -> None:
    house = walk(Step(id="ask", kind="call", channel="lounge"), THANKS)
    assert house.run.wake_at == START + timedelta(minutes=1)
    answer(house, outcome="refused")
    assert offers(house)[-1] == "thanks"


def test_each_coming_to_the_step_is_a_call_of_its_own() -> None:
    pause = Step(id="pause", kind="wait", wait_for=HOUR, goto="ask")
    house = walk(ASK, pause, NUDGE)
    answer(house, {"n": 1})
    house.wait(START + HOUR)
    calls = [d.decision_id for d in house.sent if d.candidate.call_id]
    assert len(calls) == len(set(calls)) == 2


def test_nobody_who_is_erased_is_asked_about() -> None:
    house = House(program(journeys=[journey(PAUSE, *STEPS)]))
    house.event("Signed Up")
    house.event("Person Erased")
    house.wait(START + timedelta(days=3))
    assert (house.run.status, house.run.reason) == ("exited", "erased")


def test_nobody_who_is_frozen_is_asked_about() -> None:
    house = House(program(journeys=[journey(PAUSE, *STEPS)]))
    house.event("Signed Up")
    house.event("Person Frozen")
    house.wait(START + timedelta(days=3))
    assert house.run.facts == {"ask": {"failed": "frozen"}}


def test_a_channel_that_is_gone_is_not_asked() -> None:
    gone = Step(id="ask", kind="call", channel="gone", on_timeout="nudge")
    house = walk(gone, THANKS, END, NUDGE)
    assert house.run.facts == {"ask": {"failed": "channel_gone"}}
    assert offers(house) == ["mileage_offer"]


def published(house: House, *journeys: Journey) -> None:
    house.program = program(journeys=journeys)


def test_an_answer_to_a_step_that_was_deleted_goes_on_behind_it() -> None:
    house = walk(*STEPS)
    published(house, journey(THANKS, END, NUDGE))
    answer(house, {"seats": 2})
    assert offers(house)[-1] == "thanks"
    assert house.run.facts == {"ask": {"seats": 2}}


def test_a_time_out_that_grew_is_waited_for() -> None:
    house = walk(*STEPS)
    longer = Step(id="ask", kind="call", channel="lounge", wait_for=HOUR, on_timeout="nudge")
    published(house, journey(longer, THANKS, END, NUDGE))
    house.wait(START + 10 * SECOND)
    assert (house.run.step, house.run.wake_at) == ("ask", START + HOUR)
    answer(house, {"seats": 2})
    assert offers(house)[-1] == "thanks"


def claimed(house: House, now: datetime) -> Claimed:
    call = call_of(house)
    row = MessageRow(
        message_id=call.decision_id,
        identity=7,
        at=now,
        person_id="ada",
        label="Ada",
        engagement=call.candidate.engagement,
        channel=call.channel,
        address="",
        message_class="service",
        purpose="",
        state="claimed",
        attempt=1,
        reason="",
        decided_at=now,
        state_at=now,
        not_before=now,
        decision=call,
    )
    return Claimed(row=row, person=house.person, token=1)


def test_the_last_check_lets_an_awaited_call_go() -> None:
    house = walk(*STEPS)
    assert Decisions().recheck(claimed(house, START), house.program, START + SECOND) == ""


def test_the_last_check_stops_what_nobody_waits_for_any_more() -> None:
    house = walk(*STEPS)
    late = START + 10 * SECOND
    assert Decisions().recheck(claimed(house, START), house.program, late) == "past_use"
    answer(house, {"seats": 1})
    assert Decisions().recheck(claimed(house, START), house.program, START) == "run_ended"


def test_the_last_check_stops_calls_about_frozen_people_and_gone_channels() -> None:
    house = walk(*STEPS)
    without = changed(house.program, channels={})
    assert Decisions().recheck(claimed(house, START), without, START) == "channel_gone"
    house.event("Person Frozen")
    assert Decisions().recheck(claimed(house, START), house.program, START) == "frozen"


def test_calls_leave_no_trace_among_the_touches() -> None:
    house = walk(*STEPS)
    answer(house, outcome="unknown", retry_at=START + SECOND)
    assert not house.person.progress


def test_a_timer_of_another_thing_moves_no_call() -> None:
    house = walk(*STEPS)
    before = house.run
    body: Body = TimerDue(ref="run:other", due_at=START)
    house.put(body)
    house.put(MessageOutcome(message_id="call_x", channel="", outcome="sent"))
    assert house.run == before
