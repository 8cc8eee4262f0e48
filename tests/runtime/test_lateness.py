"""How late is late: in real seconds, on every clock, and not for what happened before."""

from __future__ import annotations

from datetime import timedelta

import pytest

from regard.runtime.lateness import Lateness, Watch
from regard.testing import VirtualClock
from tests.runtime.shop import NOW

MINUTE = timedelta(minutes=1)


class House:
    """A watch on a house whose clock runs `speed` times as fast as the wall."""

    def __init__(self, speed: float = 1.0) -> None:
        self.clock = VirtualClock(NOW)
        self.passed_s = 1_000.0
        self.watch = Watch(self.clock, lambda: self.passed_s)
        self._speed = speed

    def live(self, real_s: float, *, turns: bool = True) -> None:
        self.passed_s += real_s
        self.clock.advance(timedelta(seconds=real_s * self._speed))
        if turns:
            self.watch.note_inputs(are_waiting=False)


def test_a_house_that_turns_and_has_nothing_waiting_is_not_late() -> None:
    house = House()
    house.watch.note_moments(None, None)
    house.live(3_600)
    late = house.watch.lateness()
    assert late == Lateness(inputs_s=0, timers_s=0, messages_s=0)


@pytest.mark.parametrize("speed", [1.0, 1_000.0])
@pytest.mark.parametrize("thing", ["timer", "message"])
def test_a_timer_or_message_that_waits_is_late_by_real_seconds(thing: str, speed: float) -> None:
    house = House(speed)
    house.live(100)
    due_at = house.clock.now()
    house.watch.note_moments(*((due_at, None) if thing == "timer" else (None, due_at)))
    house.live(61)
    late = house.watch.lateness()
    assert max(late.timers_s, late.messages_s) == pytest.approx(61)


def test_what_waits_for_a_future_moment_is_not_late() -> None:
    house = House()
    house.live(100)
    house.watch.note_moments(house.clock.now() + MINUTE, None)
    assert house.watch.lateness().timers_s == 0


def test_what_piled_up_while_the_house_was_down_is_late_from_its_start_on() -> None:
    house = House()
    house.watch.note_moments(None, NOW - 60 * MINUTE)
    house.live(20)
    assert house.watch.lateness().messages_s == pytest.approx(20)


def test_inputs_that_wait_without_a_pause_are_late() -> None:
    house = House()
    house.watch.note_inputs(are_waiting=True)
    for _ in range(29):
        house.live(1, turns=False)
        house.watch.note_inputs(are_waiting=True)
    house.live(2, turns=False)
    assert house.watch.lateness().inputs_s == pytest.approx(31)
    house.live(1)
    assert house.watch.lateness().inputs_s == 0


def test_a_loop_that_hangs_is_late_although_nothing_was_waiting() -> None:
    house = House()
    house.live(5)
    house.live(31, turns=False)
    assert house.watch.lateness().inputs_s == pytest.approx(31)


def test_a_house_that_cannot_write_is_not_well_until_its_senders_may_come_back() -> None:
    house = House()
    house.watch.note_appended(refused_for_s=30)
    house.live(29)
    assert house.watch.lateness().is_refusing
    house.live(1)
    assert not house.watch.lateness().is_refusing
    house.watch.note_appended(refused_for_s=30)
    house.watch.note_appended()
    assert not house.watch.lateness().is_refusing
