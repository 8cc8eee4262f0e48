"""A world that runs faster than the wall, and never back."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from regard.runtime import pace
from regard.runtime.pace import ScaledClock
from tests.runtime.shop import NOW


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


def test_sleeping_until_a_moment_takes_the_real_time_that_it_is_ahead(
    wall: list[float], monkeypatch: pytest.MonkeyPatch
) -> None:
    slept: list[float] = []

    async def sleep(seconds: float) -> None:
        slept.append(seconds)

    monkeypatch.setattr(pace.asyncio, "sleep", sleep)
    clock = ScaledClock(speed=3_600, start=NOW)
    asyncio.run(clock.sleep_until(NOW + timedelta(hours=2)))
    asyncio.run(clock.sleep_until(NOW - timedelta(hours=2)))
    assert slept == [2.0, 0.0]
