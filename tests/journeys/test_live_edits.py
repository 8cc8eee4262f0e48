"""Parked runs follow the published version; a deleted step means the next surviving one."""

from __future__ import annotations

from regard.core.flows import Journey, Step
from tests.journeys.test_walking import DONE, HELLO, NUDGE, PAUSE, THANKS, journey, offers, walk
from tests.promises.house import DAY, START, House, program


def publish(house: House, *journeys: Journey) -> None:
    house.program = program(journeys=journeys)


def test_deleted_step_means_the_next_surviving_one() -> None:
    house = walk(PAUSE, HELLO, THANKS, DONE)
    publish(house, journey(NUDGE, THANKS, DONE))
    house.wait(START + 3 * DAY)
    assert offers(house) == ["thanks"]


def test_run_whose_every_step_is_gone_exits() -> None:
    house = walk(PAUSE, THANKS)
    publish(house, journey(NUDGE))
    house.wait(START + 3 * DAY)
    assert (house.run.status, house.run.reason) == ("exited", "step_gone")


def test_steps_put_behind_a_parked_run_are_walked() -> None:
    house = walk(PAUSE, THANKS)
    publish(house, journey(PAUSE, NUDGE, THANKS))
    house.wait(START + 3 * DAY)
    assert offers(house) == ["mileage_offer", "thanks"]


def test_step_that_became_another_kind_is_taken_when_the_wait_ends() -> None:
    house = walk(PAUSE, THANKS)
    publish(house, journey(Step(id="pause", kind="offer", engagement="welcome"), THANKS))
    house.wait(START + 3 * DAY)
    assert offers(house) == ["welcome", "thanks"]


def test_goto_that_leads_nowhere_any_more_exits() -> None:
    house = walk(PAUSE, THANKS)
    publish(house, journey(Step(id="pause", kind="wait", wait_for=DAY, goto="gone"), THANKS))
    house.wait(START + 3 * DAY)
    assert (house.run.status, house.run.reason) == ("exited", "step_gone")


def test_journey_that_is_gone_exits_its_runs() -> None:
    house = walk(PAUSE, THANKS)
    publish(house)
    house.wait(START + 3 * DAY)
    assert (house.run.status, house.run.reason) == ("exited", "journey_gone")
    assert not offers(house)


def test_offer_decided_after_its_step_was_deleted_goes_on_behind_it() -> None:
    house = House(program(journeys=[journey(HELLO, PAUSE, THANKS)]))
    house.gate.held["welcome"] = START + DAY
    house.event("Signed Up")
    publish(house, journey(PAUSE, THANKS))
    candidate = house.journal[-1].body.candidate
    house.gate.held.clear()
    house.put(house.gate.answer(candidate, house.journal[-1], house.program))
    assert (house.run.step, house.run.status) == ("pause", "waiting")
