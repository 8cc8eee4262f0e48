"""A demo's world goes no faster than its machine: the clock is tethered to what the house does.

In: the clock, the house's store, a line to say. Out: nothing; runs beside server and world until
it is cancelled. What the world has not sent yet, it tethers the clock to itself (`world.tempo`).
"""

from __future__ import annotations

import asyncio
import time
from collections.abc import Callable
from datetime import datetime

from regard.core.ports import Library
from regard.runtime.arrears import Arrears, arrears
from regard.runtime.pace import LEASH, SECOND, ScaledClock

HOUSE = "house"

LOOKS = 3
"""Looks at the house in the time that the leash lasts: the clock need not stop between two."""

LOOK_S = (0.02, 0.25)
"""Real seconds between two looks, at least and at most."""

PATIENCE_S = 10.0
"""Real seconds for which the world waits for one thing. What takes longer is stuck, not slow, and
to be seen in the console: the world goes on."""

NOTED = 0.02
"""The share of the time that the clock waited below which nobody need be told."""


async def keep_pace(clock: ScaledClock, library: Library, tell: Callable[[str], None]) -> None:
    """Tether the clock to what waits in the house, look by look, until cancelled."""
    look_s = min(max(LEASH / SECOND / clock.speed / LOOKS, LOOK_S[0]), LOOK_S[1])
    stuck = _Stuck()
    while True:
        now = clock.now()
        first_at = await asyncio.to_thread(_first, library, now)
        if first_at is not None and stuck.lasts(first_at):
            tell(f"Something has waited in the house since {first_at:%a %H:%M}: see its console.")
            stuck.given_up_at = first_at
        if first_at is None or first_at == stuck.given_up_at:
            first_at = now
        clock.tether(HOUSE, first_at)
        await asyncio.sleep(look_s)


def pace_of(clock: ScaledClock) -> str:
    """Return how the world's time went so far, for the end of a run."""
    took_s, waited_s = clock.took_s()
    if waited_s < NOTED * took_s:
        return f"The machine kept up with {clock.speed:g} times the wall clock."
    return (
        f"This machine was behind {clock.speed:g} times the wall clock: the world waited for it "
        f"for {waited_s:.0f} of {took_s:.0f} s, so that no promise broke for want of speed."
    )


class _Stuck:
    """Remembers since when the same thing is the first that waits."""

    def __init__(self) -> None:
        self.given_up_at: datetime | None = None
        self._first_at: datetime | None = None
        self._since_s = 0.0

    def lasts(self, first_at: datetime) -> bool:
        """Return whether it has been waited for too long, once."""
        if first_at == self.given_up_at:
            return False
        if first_at != self._first_at:
            self._first_at, self._since_s = first_at, time.monotonic()
        return time.monotonic() - self._since_s > PATIENCE_S


def _first(library: Library, now: datetime) -> datetime | None:
    with library.reading() as reading:
        found: Arrears = arrears(reading, now)
    moments = (found.input_at, found.timer_at, found.message_at, *found.in_hand.values())
    return min((at for at in moments if at is not None), default=None)
