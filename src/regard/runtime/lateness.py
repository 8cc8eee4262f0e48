"""How late the house is: whether inputs, timers and messages are dealt with when they should be.

The engine tells what it finds, once a second and after every batch; health asks. Lateness counts
in real seconds, also when the house's clock runs faster than the wall (a demo lives a day in a
minute and a half), and never from before the house began: what piled up while it was down is
late only when the running house does not get through it.
"""

from __future__ import annotations

import time
from collections.abc import Callable
from datetime import datetime, timedelta

from msgspec import Struct

from regard.core.clock import Clock

BEHIND_MAX_S = 30.0
"""Not healthy when inputs have been waiting for the loop without a pause for longer than this."""

LATE_MAX_S = 60.0
"""Not healthy when a timer or a message waits for longer than this: a missed promise is to be
noticed within a minute (DESIGN section 6)."""

TURN_S = 1.0
"""A loop that has turned within this time, and was through, is not late."""

SECOND = timedelta(seconds=1)


class Lateness(Struct, frozen=True, kw_only=True):
    """Real seconds by which the house is behind with inputs, timers and messages.

    `is_refusing`: it could not write what was sent last, and the senders still wait to come back.
    """

    inputs_s: float
    timers_s: float
    messages_s: float
    is_refusing: bool = False


class Watch:
    """Remembers since when things wait, for one running house; `real_s` is the wall's stopwatch."""

    def __init__(self, clock: Clock, real_s: Callable[[], float] = time.monotonic) -> None:
        self._clock = clock
        self._real_s = real_s
        self._began_s = real_s()
        self._began_at = clock.now()
        self._behind_since_s: float | None = None
        self._turned_s = self._began_s
        self._refusing_until_s = self._began_s
        self._timer_at: datetime | None = None
        self._message_at: datetime | None = None

    def note_inputs(self, *, are_waiting: bool) -> None:
        """Take note of whether inputs still wait after the loop has turned once."""
        self._turned_s = self._real_s()
        if not are_waiting:
            self._behind_since_s = None
        elif self._behind_since_s is None:
            self._behind_since_s = self._turned_s

    def note_appended(self, *, refused_for_s: float = 0.0) -> None:
        """Take note that inputs were written, or refused: their senders come back after a while.

        Without senders nobody would find out that it works again, so a refusal counts only as
        long as they were told to wait.
        """
        self._refusing_until_s = self._real_s() + refused_for_s

    def note_moments(self, timer_at: datetime | None, message_at: datetime | None) -> None:
        """Take note of the moments that the first timer and the first message wait for."""
        self._timer_at, self._message_at = timer_at, message_at

    def lateness(self) -> Lateness:
        """Return how late the house is now; a loop that does not turn at all is late as well."""
        since_s = self._turned_s if self._behind_since_s is None else self._behind_since_s
        behind_s = self._real_s() - since_s
        return Lateness(
            inputs_s=behind_s if behind_s > TURN_S else 0.0,
            timers_s=self.since_s(self._timer_at),
            messages_s=self.since_s(self._message_at),
            is_refusing=self._real_s() < self._refusing_until_s,
        )

    def since_s(self, moment: datetime | None) -> float:
        """Return the real seconds since a moment of the house's clock, at most since it began."""
        now = self._clock.now()
        if moment is None or moment >= now:
            return 0.0
        lived_s = self._real_s() - self._began_s
        house_s = (now - self._began_at) / SECOND
        if house_s <= 0.0:
            return 0.0
        return min(lived_s, (now - moment) / SECOND * lived_s / house_s)
