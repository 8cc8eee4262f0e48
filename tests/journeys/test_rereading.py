"""A publication reads parked runs again: what an edit does to whoever stands in a journey."""

from __future__ import annotations

from dataclasses import replace
from datetime import datetime, time

from regard.core.event import RolloutReached
from regard.core.facts import Body, RunChanged
from regard.core.flows import Journey, LocalTime, Step, Trigger
from regard.journeys import Effect, reread_effect
from tests.journeys.test_calls import ASK
from tests.journeys.test_steps import UNTIL_GOLD, boarding, tier, utc
from tests.journeys.test_walking import (
    DONE,
    HELLO,
    NUDGE,
    PAUSE,
    THANKS,
    UNTIL_BOOKED,
    journey,
    offers,
    walk,
)
from tests.promises.house import DAY, HOUR, START, House, program


def publish(house: House, *journeys: Journey) -> None:
    house.program = program(journeys=journeys)


def reread(house: House, rollout_id: str = "r") -> list[Body]:
    """Let the walker of a publication come to Ada."""
    return house.put(RolloutReached(rollout_id=rollout_id, rollout="reread", subject="welcome"))


def effect(house: House) -> Effect:
    return reread_effect(house.run, house.person, house.program, house.now)


def shorter(days: int) -> Step:
    return replace(PAUSE, wait_for=days * DAY)


def test_nothing_changed_leaves_no_fact() -> None:
    house = walk(PAUSE, THANKS)
    publish(house, journey(PAUSE, replace(THANKS, engagement="welcome")))
    assert effect(house).kind == "none"
    assert reread(house) == []


def test_a_shortened_wait_ends_sooner_counted_from_when_it_began() -> None:
    house = walk(PAUSE, THANKS)
    house.now = START + HOUR
    publish(house, journey(shorter(1), THANKS))
    assert effect(house) == Effect(kind="sooner", step="pause", wake_at=START + DAY)
    (change,) = reread(house)
    assert change == replace_run(house, wake_at=START + DAY)
    house.wait(START + DAY)
    assert offers(house) == ["thanks"]


def replace_run(house: House, wake_at: datetime) -> RunChanged:
    assert (house.run.wake_at, house.run.path) == (wake_at, ())
    return house.run


def test_a_shortened_wait_that_is_over_goes_on_now() -> None:
    house = walk(PAUSE, THANKS)
    house.now = START + 2 * DAY
    publish(house, journey(shorter(1), THANKS))
    assert effect(house) == Effect(kind="goes_on", step="thanks")
    reread(house)
    assert offers(house) == ["thanks"]


def test_a_lengthened_wait_ends_later() -> None:
    house = walk(PAUSE, THANKS)
    publish(house, journey(shorter(5), THANKS))
    assert effect(house) == Effect(kind="later", step="pause", wake_at=START + 5 * DAY)
    reread(house)
    house.wait(START + 4 * DAY)
    assert not offers(house)
    house.wait(START + 5 * DAY)
    assert offers(house) == ["thanks"]


def test_a_lengthened_wait_is_waited_to_its_end_also_when_nobody_read_the_run_again() -> None:
    house = walk(PAUSE, THANKS)
    publish(house, journey(shorter(5), THANKS))
    house.wait(START + 4 * DAY)
    assert (house.run.wake_at, offers(house)) == (START + 5 * DAY, [])
    house.wait(START + 5 * DAY)
    assert offers(house) == ["thanks"]


def test_a_version_that_was_undone_before_the_walker_came_changes_nothing() -> None:
    house = walk(PAUSE, THANKS)
    publish(house, journey(shorter(1), THANKS))
    publish(house, journey(PAUSE, THANKS))
    house.now = START + 2 * DAY
    assert reread(house) == []


def test_a_version_that_was_undone_after_the_walker_came_is_undone_for_the_run() -> None:
    house = walk(PAUSE, THANKS)
    before = house.run
    publish(house, journey(shorter(1), THANKS))
    reread(house)
    publish(house, journey(PAUSE, THANKS))
    reread(house, "undo")
    assert house.run.wake_at == before.wake_at
    assert reread(house, "again") == []


def test_other_events_are_awaited_from_now_on() -> None:
    house = walk(UNTIL_BOOKED, THANKS, DONE, NUDGE)
    other = replace(UNTIL_BOOKED, events=(Trigger(event="Rebooked"),))
    publish(house, journey(other, THANKS, DONE, NUDGE))
    assert effect(house).kind == "otherwise"
    reread(house)
    assert house.run.awaits == ("Rebooked",)
    house.event("Booking Confirmed")
    assert house.run.status == "waiting"
    house.event("Rebooked")
    assert offers(house) == ["thanks"]


def test_a_time_out_that_is_over_takes_its_way() -> None:
    house = walk(UNTIL_BOOKED, THANKS, DONE, NUDGE)
    house.now = START + 2 * DAY
    publish(house, journey(replace(UNTIL_BOOKED, wait_for=DAY), THANKS, DONE, NUDGE))
    reread(house)
    assert offers(house) == ["mileage_offer"]


def test_a_deleted_step_means_the_next_surviving_one_at_once() -> None:
    house = walk(PAUSE, HELLO, THANKS, DONE)
    publish(house, journey(NUDGE, THANKS, DONE))
    assert effect(house) == Effect(kind="goes_on", step="thanks")
    reread(house)
    assert offers(house) == ["thanks"]


def test_a_journey_that_is_gone_is_left() -> None:
    house = walk(PAUSE, THANKS)
    publish(house)
    assert effect(house) == Effect(kind="exits", step="pause", reason="journey_gone")
    reread(house)
    assert (house.run.status, house.run.reason) == ("exited", "journey_gone")
    assert not house.timers


def test_a_run_whose_every_step_is_gone_is_left() -> None:
    house = walk(PAUSE, THANKS)
    publish(house, journey(NUDGE))
    assert effect(house) == Effect(kind="exits", step="pause", reason="step_gone")
    reread(house)
    assert house.run.reason == "step_gone"


def test_a_step_put_behind_a_parked_one_survives_its_deletion() -> None:
    house = walk(PAUSE, THANKS)
    publish(house, journey(PAUSE, NUDGE, THANKS))
    reread(house)
    assert house.run.ahead == ("nudge", "thanks")
    publish(house, journey(NUDGE, THANKS))
    reread(house, "second")
    assert offers(house) == ["mileage_offer", "thanks"]


def test_a_wait_that_became_an_offer_is_taken() -> None:
    house = walk(PAUSE, THANKS)
    publish(house, journey(Step(id="pause", kind="offer", engagement="welcome"), THANKS))
    assert effect(house) == Effect(kind="goes_on", step="pause")
    reread(house)
    assert offers(house) == ["welcome", "thanks"]


def test_a_condition_that_holds_goes_on_and_another_one_is_watched() -> None:
    house = walk(UNTIL_BOOKED, THANKS, DONE, NUDGE)
    tier(house, "gold")
    held = replace(UNTIL_GOLD, id="booked")
    publish(house, journey(replace(boarding(), id="booked"), THANKS, DONE, NUDGE))
    reread(house)
    assert house.run.is_watching
    assert house.run.wake_at == START + 5 * HOUR
    publish(house, journey(held, THANKS, DONE, NUDGE))
    reread(house, "second")
    assert offers(house) == ["thanks"]


def test_another_time_of_day_is_met_at_that_time() -> None:
    nine = Step(id="nine", kind="wait", local_time=LocalTime(at=time(9)))
    house = walk(nine, THANKS)
    house.now = utc("2026-03-02T22:00")
    publish(house, journey(replace(nine, local_time=LocalTime(at=time(12))), THANKS))
    reread(house)
    assert house.run.wake_at == utc("2026-03-03T11:00")
    assert not offers(house)


def test_an_offer_on_its_way_is_left_alone() -> None:
    house = House(program(journeys=[journey(HELLO, PAUSE, THANKS)]))
    house.gate.held["welcome"] = START + DAY
    house.event("Signed Up")
    publish(house, journey(replace(HELLO, engagement="thanks"), PAUSE, THANKS))
    assert reread(house) == []


def test_an_offer_decided_after_its_step_was_edited_still_moves_the_run() -> None:
    house = House(program(journeys=[journey(HELLO, PAUSE, THANKS)]))
    house.gate.held["welcome"] = START + DAY
    house.event("Signed Up")
    publish(house, journey(replace(HELLO, engagement="thanks"), PAUSE, THANKS))
    candidate = house.journal[-1].body.candidate
    house.gate.held.clear()
    house.put(house.gate.answer(candidate, house.journal[-1], house.program))
    assert house.run.step == "pause"


def test_a_call_on_its_way_is_left_alone_until_its_new_time_out() -> None:
    house = walk(ASK, THANKS, DONE, NUDGE)
    call_id = house.run.call_id
    publish(house, journey(ASK, THANKS, DONE, NUDGE))
    assert reread(house) == []
    publish(house, journey(replace(ASK, wait_for=HOUR), THANKS, DONE, NUDGE))
    reread(house, "second")
    assert (house.run.call_id, house.run.wake_at) == (call_id, START + HOUR)


def test_ended_runs_and_other_journeys_are_not_read() -> None:
    house = walk(THANKS)
    assert reread(house) == []
    assert effect(house).kind == "none"
    other = walk(PAUSE, THANKS)
    publish(other, journey(shorter(1), THANKS))
    reached = RolloutReached(rollout_id="r", rollout="reread", subject="other")
    assert other.put(reached) == []


def test_a_wait_for_a_moment_follows_its_new_rule() -> None:
    house = walk(PAUSE, THANKS)
    until = Step(id="pause", kind="wait", until=boarding_moment)
    publish(house, journey(until, THANKS))
    reread(house)
    assert house.run.wake_at == START + 5 * HOUR


class _Moment:
    text = "timestamp '…'"

    def __call__(self, scope: object) -> datetime:
        return START + 5 * HOUR


boarding_moment = _Moment()
