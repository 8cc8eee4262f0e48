"""A clock that moves when it is told to: `core.clock.Clock` for tests and stories.

In: a start as aware datetime. Refused: a naive one, and moving backwards. `sleep` lets code that
waits run at once, by moving the clock on.
"""

from __future__ import annotations

import asyncio
from datetime import UTC, datetime, timedelta

from regard.core.errors import Refused

START = datetime(2026, 3, 2, 9, 0, tzinfo=UTC)
"""A Monday morning, when a test does not care."""


class VirtualClock:
    """Tells the moment it was set to."""

    def __init__(self, now: datetime = START) -> None:
        self._now = _aware(now)

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
        """Move on by `seconds` instead of waiting, and let other tasks run."""
        self.advance(max(seconds, 0.0))
        await asyncio.sleep(0)


def _aware(moment: datetime) -> datetime:
    if moment.tzinfo is None:
        raise Refused(f"{moment} has no zone; use an aware datetime.")
    return moment.astimezone(UTC)
