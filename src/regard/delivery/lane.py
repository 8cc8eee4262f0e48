"""One channel's road out: its adapter, its pace, and a pause when the provider is down.

In: a wish to hand a message over at a moment. Out: a `Ticket`: go now, go after a short
wait, or come back later. Pure over the clock; the dispatcher does the waiting. A message that
would have to wait for long is handed back, so that one slow channel never holds all senders.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta

from regard.core.backoff import retry_at
from regard.core.event import MessageOutcome
from regard.core.ports import ChannelAdapter

WAIT_MAX = timedelta(seconds=1)
"""The longest that a sender waits for its channel's pace."""

FAILURES_MAX = 10
"""So many "try again" in a row say that the provider is down, not that a recipient is greylisted:
with a fifth of all attempts failing by chance, ten in a row come once in ten million."""

PAUSE_FIRST = timedelta(seconds=10)
PAUSE_MAX = timedelta(minutes=10)
"""A provider that is down is asked again after 10 s, 20 s, … at most every 10 minutes."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Ticket:
    """Whether a message may go: at `go_at`, or (None) come back at `back_at` for `reason`."""

    go_at: datetime | None
    back_at: datetime | None = None
    reason: str = ""


class Lane:
    """A channel as the dispatcher sees it. `pace_per_s` 0 is no limit.

    Nothing goes before `paused_until` (None: never paused).
    """

    def __init__(self, adapter: ChannelAdapter, pace_per_s: float) -> None:
        self.adapter = adapter
        self._step = timedelta(seconds=1 / pace_per_s) if pace_per_s > 0 else timedelta(0)
        self._next_go_at: datetime | None = None
        self._next_back_at: datetime | None = None
        self._failures = 0
        self.paused_until: datetime | None = None
        self._pause = PAUSE_FIRST

    def enter(
        self, message_id: str, attempt: int, now: datetime, *, is_urgent: bool = False
    ) -> Ticket:
        """Return when this message may go; a granted place is taken.

        One that is urgent comes back for the next place, not behind all that wait for theirs.
        """
        if self.paused_until is not None and now < self.paused_until:
            back_at = max(self.paused_until, retry_at(message_id, attempt, now))
            return Ticket(go_at=None, back_at=back_at, reason="channel_paused")
        go_at = max(self._next_go_at or now, now)
        if go_at - now > WAIT_MAX:
            if is_urgent:
                return Ticket(go_at=None, back_at=go_at, reason="paced")
            back_at = max(self._next_back_at or go_at, go_at)
            self._next_back_at = back_at + self._step
            return Ticket(go_at=None, back_at=back_at, reason="paced")
        self._next_go_at = go_at + self._step
        return Ticket(go_at=go_at)

    def note(self, outcome: MessageOutcome, now: datetime) -> bool:
        """Take note of an attempt's outcome; return whether the channel pauses because of it."""
        if outcome.outcome != "try_again":
            self._failures, self._pause = 0, PAUSE_FIRST
            return False
        self._failures += 1
        is_paused = self.paused_until is not None and now < self.paused_until
        if self._failures < FAILURES_MAX or is_paused:
            return False
        self.paused_until = now + self._pause
        self._pause = min(self._pause * 2, PAUSE_MAX)
        self._failures = FAILURES_MAX - 1  # after the pause, one more failure is enough
        return True
