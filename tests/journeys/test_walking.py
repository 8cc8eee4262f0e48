"""Runs start, wait, branch, offer and end; each choice is made when its moment has come."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import pytest
from msgspec.structs import replace

from regard.core.facts import RunChanged
from regard.core.flows import Journey, Step, Trigger
from regard.core.person import Person
from regard.journeys import Journeys
from regard.journeys.starting import ACTIVE_MAX
from regard.journeys.walking import OFFER_PATIENCE
from tests.promises.house import DAY, HOUR, START, House, Says, fact, program

BOOKED = Trigger(event="Booking Confirmed")

HELLO = Step(id="hello", kind="offer", engagement="welcome")
PAUSE = Step(id="pause", kind="wait", wait_for=3 * DAY)
UNTIL_BOOKED = Step(
    id="booked", kind="wait_until", events=(BOOKED,), wait_for=14 * DAY, on_timeout="nudge"
)
THANKS = Step(id="thanks", kind="offer", engagement="thanks")
DONE = Step(id="done", kind="exit")
NUDGE = Step(id="nudge", kind="offer", engagement="mileage_offer")


def journey(*steps: Step, **changes: Any) -> Journey:
    settings: dict[str, Any] = {
        "id": "welcome",
        "title": "Welcome",
        "start": Trigger(event="Signed Up"),
        "steps": steps,
        **changes,
    }
    return Journey(**settings)


WELCOME = (HELLO, PAUSE, UNTIL_BOOKED, THANKS, DONE, NUDGE)


def walk(*steps: Step, **changes: Any) -> House:
    """A house where Ada has just signed up."""
    house = House(program(journeys=[journey(*steps, **changes)]))
    house.event("Signed Up")
    return house


def offers(house: House) -> list[str]:
    return [message.candidate.engagement for message in house.sent]


def test_run_offers_waits_and_ends_with_what_was_awaited() -> None:
    house = walk(*WELCOME)
    assert offers(house) == ["welcome"]
    assert (house.run.step, house.run.status) == ("pause", "waiting")
    assert house.run.wake_at == START + 3 * DAY
    house.wait(START + 4 * DAY)
    assert house.run.step == "booked"
    assert house.run.awaits == ("Booking Confirmed",)
    house.event("Booking Confirmed")
    assert offers(house) == ["welcome", "thanks"]
    assert (house.run.step, house.run.status, house.run.reason) == ("done", "finished", "exit")
    assert not house.timers


def test_what_did_not_come_in_time_takes_the_other_way() -> None:
    house = walk(*WELCOME)
    house.wait(START + 18 * DAY)
    assert offers(house) == ["welcome", "mileage_offer"]
    assert (house.run.status, house.run.reason) == ("finished", "end")


def test_wait_without_a_time_out_waits_for_ever() -> None:
    house = walk(Step(id="booked", kind="wait_until", events=(BOOKED,)), THANKS)
    assert house.run.wake_at is None
    house.wait(START + 400 * DAY)
    assert house.run.status == "waiting"
    house.event("Booking Confirmed")
    assert offers(house) == ["thanks"]


def test_next_step_is_decided_when_the_wait_ends_on_that_days_facts() -> None:
    is_gold = Says("traits.tier = 'gold'", lambda scope: scope.person.trait("tier") == "gold")
    branch = Step(id="branch", kind="branch", arms=((is_gold, "thanks"),), otherwise="nudge")
    house = walk(PAUSE, branch, NUDGE, DONE, THANKS)
    house.event("Preference Set", language="de")
    signed_up = house.journal[0].body
    house.put(replace(signed_up, message_id="later", name="identify", traits={"tier": "gold"}))
    house.wait(START + 3 * DAY)
    assert offers(house) == ["thanks"]


def test_branch_without_a_true_arm_goes_on_to_the_next_step() -> None:
    never = Says("false", lambda scope: False)
    house = walk(Step(id="branch", kind="branch", arms=((never, "nudge"),)), THANKS, DONE, NUDGE)
    assert offers(house) == ["thanks"]


def test_wait_until_a_moment_of_the_facts() -> None:
    wait = Step(id="w", kind="wait", until=fact("boards_at"))
    house = House(program(journeys=[journey(wait, THANKS)]))
    house.event("Signed Up", boards_at=(START + DAY).isoformat())
    assert house.run.wake_at == START + DAY
    house.wait(START + DAY)
    assert offers(house) == ["thanks"]


@pytest.mark.parametrize("moment", [START - HOUR, None])
def test_wait_for_a_moment_that_is_past_or_unknown_goes_straight_on(moment: object) -> None:
    until = Says("facts.x_at", lambda scope: moment)
    assert offers(walk(Step(id="w", kind="wait", until=until), THANKS)) == ["thanks"]


def test_case_opens_and_the_run_goes_on() -> None:
    house = walk(Step(id="look", kind="case", department="call_centre", title="Call"), THANKS)
    (case,) = house.cases
    assert (case.department, case.title, case.ref) == ("call_centre", "Call", house.run.run_id)
    assert offers(house) == ["thanks"]


@pytest.mark.parametrize(("within", "due_at"), [(HOUR, START + HOUR), (None, None)])
def test_a_case_is_due_as_long_after_it_opened_as_its_step_says(
    within: timedelta | None, due_at: datetime | None
) -> None:
    look = Step(id="look", kind="case", department="gate", title="Look", wait_for=within)
    (case,) = walk(look, THANKS).cases
    assert case.due_at == due_at


def test_refused_offer_does_not_stall_the_run() -> None:
    house = House(program(journeys=[journey(*WELCOME)]))
    house.gate.silenced["welcome"] = "no_consent"
    house.event("Signed Up")
    assert not house.sent
    assert house.run.step == "pause"


def test_held_offer_keeps_the_run_until_the_last_word() -> None:
    house = House(program(journeys=[journey(*WELCOME)]))
    house.gate.held["welcome"] = START + DAY
    house.event("Signed Up")
    assert house.run.status == "offering"
    held = house.facts_of(RunChanged)[0]
    assert held == house.run
    house.wait(START + OFFER_PATIENCE)
    assert house.run.step == "pause"
    assert house.run.status == "waiting"


def test_late_word_about_an_offer_that_was_left_behind_moves_nothing() -> None:
    house = walk(HELLO, THANKS, PAUSE)
    first, _ = house.sent
    before = house.run
    house.put(first)
    assert house.run == before


def test_nobody_left_exits_the_run() -> None:
    house = House(program(journeys=[journey(*WELCOME)]))
    house.gate.silenced["welcome"] = "erased"
    house.event("Signed Up")
    assert (house.run.status, house.run.reason) == ("exited", "erased")


def test_exit_event_ends_the_run() -> None:
    house = walk(*WELCOME, exit_when=(Trigger(event="Account Closed"),))
    house.event("Account Closed")
    assert (house.run.status, house.run.reason) == ("exited", "event:Account Closed")
    house.wait(START + 30 * DAY)
    assert offers(house) == ["welcome"]


@pytest.mark.parametrize("number", ["SK1", "SK2"])
def test_about_says_which_run_an_event_concerns(number: str) -> None:
    about = fact("booking_number")
    wait = Step(id="w", kind="wait_until", events=(Trigger(event="Rebooked", about=about),))
    house = House(program(journeys=[journey(wait, reentry="always")]))
    house.event("Signed Up", booking_number="SK1")
    house.event("Signed Up", booking_number="SK2")
    house.event("Rebooked", booking_number=number)
    ended = [s.change.facts for s in house.person.runs.values() if s.change.status == "finished"]
    assert ended == [{"booking_number": number}]


def test_event_that_is_about_nothing_concerns_no_run() -> None:
    trigger = Trigger(event="Rebooked", about=fact("booking_number"))
    house = walk(Step(id="w", kind="wait_until", events=(trigger,)))
    house.event("Rebooked")
    assert house.run.status == "waiting"


def test_condition_of_an_awaited_event_must_hold() -> None:
    large = Says("facts.total > 9", lambda scope: scope.facts.get("total", 0) > 9)
    trigger = Trigger(event="Booking Confirmed", when=large)
    house = walk(Step(id="w", kind="wait_until", events=(trigger,)))
    house.event("Booking Confirmed", total=3)
    assert house.run.status == "waiting"
    house.event("Booking Confirmed", total=30)
    assert house.run.status == "finished"


@pytest.mark.parametrize(
    ("reentry", "while_active", "after_end"),
    [("never", 1, 1), ("after_end", 1, 2), ("always", 2, 3)],
)
def test_reentry(reentry: str, while_active: int, after_end: int) -> None:
    house = walk(PAUSE, reentry=reentry)
    house.event("Signed Up")
    assert len(house.person.runs) == while_active
    house.wait(START + 4 * DAY)
    house.event("Signed Up")
    assert len(house.person.runs) == after_end


def test_runs_are_bounded_visibly() -> None:
    house = walk(PAUSE, reentry="always")
    for _ in range(ACTIVE_MAX):
        house.event("Signed Up")
    assert len(house.person.runs) == ACTIVE_MAX
    assert [limit.limit for limit in house.limits] == ["active_runs"]


def test_journey_that_goes_in_circles_is_stopped_visibly() -> None:
    steps = (
        Step(id="look", kind="case", department="d", title="t"),
        Step(id="back", kind="wait", wait_for=timedelta(0), goto="look"),
    )
    house = walk(*steps)
    assert (house.run.status, house.run.reason) == ("exited", "journey_steps")
    assert house.limits[0].limit == "journey_steps"
    assert len(house.cases) == 50


def test_circle_of_refused_offers_is_stopped_visibly() -> None:
    house = House(program(journeys=[journey(replace_goto(HELLO, "hello"))]))
    house.gate.silenced["welcome"] = "no_consent"
    house.event("Signed Up")
    assert (house.run.status, house.run.reason) == ("exited", "journey_steps")
    assert [limit.limit for limit in house.limits] == ["journey_steps"]


def replace_goto(step: Step, target: str) -> Step:
    return Step(id=step.id, kind=step.kind, engagement=step.engagement, goto=target)


def test_two_records_of_one_human_walk_once() -> None:
    house = walk(PAUSE, THANKS, reentry="never")
    state = next(iter(house.person.runs.values()))
    twin = replace(state.change, run_id="twin", started_at=START + HOUR)
    other = Person(id="ada2", runs={"twin": replace(state, change=twin, stamp=state.stamp + 1)})
    house.person = Journeys().join(house.person, other)
    house.timers["run:twin"] = START + 3 * DAY
    house.wait(START + 4 * DAY)
    assert offers(house) == ["thanks"]
    reasons = {s.change.run_id: s.change.reason for s in house.person.runs.values()}
    assert reasons["twin"] == "same_journey"
