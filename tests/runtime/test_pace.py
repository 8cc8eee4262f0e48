"""A world that runs faster than the wall, and never back."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from regard.runtime import pace
from regard.runtime.pace import LEASH, ScaledClock
from tests.runtime.shop import NOW

REAL_SLEEP = asyncio.sleep


@pytest.fixture
def wall(monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The seconds that the wall shows; change the one element to let time pass."""
    shown = [100.0]
    monkeypatch.setattr(pace.time, "monotonic", lambda: shown[0])
    return shown


def test_a_minute_on_the_wall_is_an_hour_in_the_world(wall: list[float]) -> None:
    clock = ScaledClock(speed=60, start=NOW)
    assert clock.now() == NOW
    wall[0] += 60
    assert clock.now() == NOW + timedelta(hours=1)


def test_at_speed_one_it_is_the_wall_clock(wall: list[float]) -> None:
    clock = ScaledClock(start=NOW)
    wall[0] += 5
    assert clock.now() == NOW + timedelta(seconds=5)


@pytest.fixture
def slept(wall: list[float], monkeypatch: pytest.MonkeyPatch) -> list[float]:
    """The naps that were taken; each lets the wall go on by as much."""
    naps: list[float] = []

    async def sleep(seconds: float) -> None:
        naps.append(seconds)
        wall[0] += seconds
        await REAL_SLEEP(0)

    monkeypatch.setattr(pace.asyncio, "sleep", sleep)
    return naps


def test_sleeping_until_a_moment_takes_the_real_time_that_it_is_ahead(slept: list[float]) -> None:
    clock = ScaledClock(speed=3_600, start=NOW)
    asyncio.run(clock.sleep_until(NOW + timedelta(hours=2)))
    asyncio.run(clock.sleep_until(NOW - timedelta(hours=2)))
    assert slept == [2.0, 0.0]


def test_a_tethered_clock_waits_a_minute_beyond_what_is_still_to_be_done(
    wall: list[float],
) -> None:
    clock = ScaledClock(speed=60, start=NOW)
    clock.tether("house", NOW)
    clock.tether("agenda", NOW + timedelta(hours=1))
    wall[0] += 10
    assert clock.now() == NOW + LEASH
    clock.tether("house", NOW + timedelta(minutes=3))
    wall[0] += 1
    assert clock.now() == NOW + LEASH + timedelta(minutes=1)
    clock.tether("house", None)
    clock.tether("agenda", None)
    wall[0] += 5
    assert clock.now() == NOW + timedelta(minutes=7)
    assert clock.took_s() == (16.0, pytest.approx(9.0))


def test_a_clock_that_is_tethered_to_the_past_stands_and_never_goes_back(
    wall: list[float],
) -> None:
    clock = ScaledClock(speed=60, start=NOW)
    wall[0] += 10
    clock.tether("house", NOW)
    wall[0] += 10
    assert clock.now() == NOW + timedelta(minutes=10)


def test_who_sleeps_on_a_clock_that_waits_sleeps_until_it_goes_on(
    wall: list[float], slept: list[float]
) -> None:
    clock = ScaledClock(speed=60, start=NOW)
    clock.tether("house", NOW)

    async def live() -> None:
        sleeping = asyncio.create_task(clock.sleep_until(NOW + timedelta(minutes=2)))
        while len(slept) < 3:
            await REAL_SLEEP(0)
        assert not sleeping.done()
        clock.tether("house", None)
        await sleeping

    asyncio.run(live())
    assert clock.now() >= NOW + timedelta(minutes=2)
