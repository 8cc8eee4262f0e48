"""A clock that moves when it is told to: `core.clock.Clock` for tests and stories.

In: a start as aware datetime. Refused: a naive one, and moving backwards. `sleep` stands in for
`asyncio.sleep`: code that waits runs at once, in the order of its moments.
"""

from __future__ import annotations

import asyncio
from bisect import insort
from datetime import UTC, datetime, timedelta

from regard.core.errors import Refused

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""A Monday morning, when a test does not care."""

TURNS = 10
"""Turns of the loop before a sleeper moves the time; a hand-over in memory takes five or so."""


class VirtualClock:
    """Tells the moment it was set to."""

    def __init__(self, now: datetime = START) -> None:
        self._now = _aware(now)
        self._sleepers: list[tuple[datetime, int]] = []
        self._sleeper_count = 0

    def now(self) -> datetime:
        """Return the present moment, aware UTC."""
        return self._now

    def advance(self, by: timedelta | float) -> datetime:
        """Move on by a duration (or seconds) and return the new moment."""
        step = by if isinstance(by, timedelta) else timedelta(seconds=by)
        return self.set(self._now + step)

    def set(self, moment: datetime) -> datetime:
        """Move on to `moment` and return it; raise `Refused` when that is in the past."""
        target = _aware(moment)
        if target < self._now:
            raise Refused(f"Time does not run backwards, from {self._now} to {target}.")
        self._now = target
        return target

    async def sleep(self, seconds: float) -> None:
        """Let time pass without waiting: the earliest of all sleepers wakes first.

        Time moves on only after the other tasks had `TURNS` turns to do what they do now.
        """
        wake_at = self._now + timedelta(seconds=max(seconds, 0.0))
        self._sleeper_count += 1
        sleeper = (wake_at, self._sleeper_count)
        insort(self._sleepers, sleeper)
        turns = 0
        try:
            while turns < TURNS and self._now < wake_at:
                await asyncio.sleep(0)
                turns = turns + 1 if self._sleepers[0] == sleeper else 0
        finally:
            self._sleepers.remove(sleeper)
        self._now = max(self._now, wake_at)


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise Refused(f"{moment} has no zone; use an aware datetime.")
    return moment.astimezone(UTC)
