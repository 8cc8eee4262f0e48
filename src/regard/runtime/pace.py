"""A clock that runs faster than the wall: one world day in a minute and a half.

The server and its simulated customers share one, so that every promise, quiet hour and cap sees
the same time. At speed 1 it is the wall clock.
"""

from __future__ import annotations

import asyncio
import time
from datetime import UTC, datetime, timedelta


class ScaledClock:
    """Tells `start` plus the time since creation times `speed`; never goes back."""

    def __init__(self, speed: float = 1.0, start: datetime | None = None) -> None:
        self.speed = speed
        self._start = start or datetime.now(UTC)
        self._began_s = time.monotonic()

    def now(self) -> datetime:
        """Return the scaled moment."""
        elapsed_s = (time.monotonic() - self._began_s) * self.speed
        return self._start + timedelta(seconds=elapsed_s)

    async def sleep_until(self, moment: datetime) -> None:
        """Return when `moment` has come on this clock."""
        ahead_s = (moment - self.now()) / timedelta(seconds=1)
        await asyncio.sleep(max(0.0, ahead_s / self.speed))
