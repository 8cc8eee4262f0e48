"""A clock that runs faster than the wall, one world day in a minute and a half, and that can wait.

The server and its simulated customers share one, so that every promise, quiet hour and cap sees
the same time. At speed 1 it is the wall clock. Whoever has something to do in this time may tether
the clock to it: on a machine that is too slow the world then goes slower, and no promise breaks
because minutes of it went by in one busy second.
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta
from threading import Lock

LEASH = timedelta(minutes=1)
"""How far the clock runs ahead of what it is tethered to: a missed promise is to be noticed within
a minute (DESIGN section 6), in a world on a busy machine as well."""

SECOND = timedelta(seconds=1)

NAP_S = 0.002
"""Shortest sleep of who waits for a moment that a tethered clock has not reached."""


class ScaledClock:
    """Tells `start` plus the time since creation times `speed`, less what it waited.

    It never goes back. Any thread may ask it, and tether it.
    """

    def __init__(self, speed: float = 1.0, start: datetime | None = None) -> None:
        self.speed = speed
        self._start = start or datetime.now(UTC)
        self._began_s = time.monotonic()
        self._lock = Lock()
        self._tethers: dict[str, datetime] = {}
        self._limit: datetime | None = None
        self._from_at, self._from_s = self._start, self._began_s

    def now(self) -> datetime:
        """Return the scaled moment."""
        with self._lock:
            return self._at(time.monotonic())

    def tether(self, who: str, at: datetime | None) -> None:
        """Let the clock run at most `LEASH` beyond `at`, until `who` says otherwise.

        None: nothing of theirs is due, so the clock need not wait for them.
        """
        with self._lock:
            if at is None:
                self._tethers.pop(who, None)
            else:
                self._tethers[who] = at
            now_s = time.monotonic()
            self._from_at, self._from_s = self._at(now_s), now_s
            first_at = min(self._tethers.values(), default=None)
            self._limit = None if first_at is None else max(first_at + LEASH, self._from_at)

    def took_s(self) -> tuple[float, float]:
        """Return the real seconds since the clock began, and in how many of them it stood still."""
        with self._lock:
            now_s = time.monotonic()
            lived_s = (self._at(now_s) - self._start) / SECOND / self.speed
        took_s = now_s - self._began_s
        return took_s, max(0.0, took_s - lived_s)

    async def sleep_until(self, moment: datetime) -> None:
        """Return when `moment` has come on this clock."""
        ahead_s = (moment - self.now()) / SECOND
        await asyncio.sleep(max(0.0, ahead_s / self.speed))
        while (ahead_s := (moment - self.now()) / SECOND) > 0:
            await asyncio.sleep(max(NAP_S, ahead_s / self.speed))

    def _at(self, now_s: float) -> datetime:
        at = self._from_at + timedelta(seconds=(now_s - self._from_s) * self.speed)
        return at if self._limit is None else min(at, self._limit)
