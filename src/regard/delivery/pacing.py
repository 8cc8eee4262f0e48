"""Paces: of a channel, and of each recipient's mail domain, which slows down when it is asked to.

In: moments at which something wants to go, and requests to slow down. Out: moments at which it may.
Pure over the clock. Mailbox providers count by the domain that they take mail for, so a domain that
has had enough must neither be pressed nor hold up the mail for all others.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime, timedelta

NOTHING = timedelta(0)

REST = timedelta(seconds=30)
"""A domain that asks to slow down gets nothing for so long."""

SLOW_FIRST = timedelta(milliseconds=200)
SLOW_MAX = timedelta(minutes=1)
"""Then one message each 0.2 s, 0.4 s, … at most each minute."""

ASKED_AGAIN = timedelta(seconds=10)
"""Requests within it are one: they answer messages that were under way at once."""

RECOVERED = timedelta(minutes=5)
"""After so long without another request the pace is doubled."""

SLOWED_MAX = 1_000
"""Domains that are slow at once; more mean that it is not about domains."""


class Pace:
    """One evenly spread stream: at most one each `step` (0: no limit), with no burst."""

    def __init__(self, step: timedelta) -> None:
        self.step = step
        self._next_go_at: datetime | None = None
        self._next_back_at: datetime | None = None

    def free_at(self, now: datetime) -> datetime:
        """Return the earliest moment at which something may go."""
        return max(self._next_go_at or now, now)

    def take(self, go_at: datetime) -> None:
        """Take the place at `go_at`."""
        self._next_go_at = go_at + self.step

    def queue(self, go_at: datetime, *, is_urgent: bool) -> datetime:
        """Return when to come back: what is urgent for the next place, others one behind another.

        `go_at` is the next free place.
        """
        if is_urgent:
            return go_at
        back_at = max(self._next_back_at or go_at, go_at)
        self._next_back_at = back_at + self.step
        return back_at

    def rest(self, until: datetime) -> None:
        """Let nothing go before `until`."""
        self._next_go_at = max(self._next_go_at or until, until)


class DomainPaces:
    """Paces by domain: those that were set, and those of domains that asked to slow down."""

    def __init__(self, per_s: Mapping[str, float]) -> None:
        self._full = {domain: timedelta(seconds=1 / pace) for domain, pace in per_s.items()}
        self._paces = {domain: Pace(step) for domain, step in self._full.items()}
        self._slowed_at: dict[str, datetime] = {}

    def pace(self, domain: str, now: datetime) -> Pace | None:
        """Return the pace of a domain now; None when it has none of its own."""
        pace = self._paces.get(domain)
        slowed_at = self._slowed_at.get(domain)
        if pace is None or slowed_at is None or now - slowed_at < RECOVERED:
            return pace
        pace.step /= 2
        self._slowed_at[domain] = now
        if pace.step >= max(self._full.get(domain, NOTHING), SLOW_FIRST):
            return pace
        del self._slowed_at[domain]
        if domain not in self._full:
            del self._paces[domain]
            return None
        pace.step = self._full[domain]
        return pace

    def slow_down(self, domain: str, now: datetime) -> bool:
        """Slow a domain down; return whether that is news."""
        slowed_at = self._slowed_at.get(domain)
        if slowed_at is not None and now - slowed_at < ASKED_AGAIN:
            return False
        if slowed_at is None and len(self._slowed_at) >= SLOWED_MAX:
            return False
        pace = self._paces.setdefault(domain, Pace(NOTHING))
        pace.step = min(max(pace.step * 2, SLOW_FIRST), max(SLOW_MAX, pace.step))
        pace.rest(now + REST)
        self._slowed_at[domain] = now
        return True
