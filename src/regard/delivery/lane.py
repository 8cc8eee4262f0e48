"""One channel's road out: its adapter, its pace, and a pause when the provider is down.

In: a wish to hand a message over at a moment. Out: a `Ticket`: go now, go after a short
wait, or come back later. Pure over the clock; the dispatcher does the waiting. A message that
would have to wait for long is handed back, so that one slow channel never holds all senders.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime, timedelta
from types import MappingProxyType

from regard.core.backoff import retry_at
from regard.core.event import MessageOutcome
from regard.core.ports import ChannelAdapter, Traceable
from regard.delivery.pacing import NOTHING, DomainPaces, Pace

WAIT_MAX = timedelta(seconds=1)
"""The longest that a sender waits for its channel's pace."""

FAILURES_MAX = 10
"""So many "try again" in a row say that the provider is down, not that a recipient is greylisted:
with a fifth of all attempts failing by chance, ten in a row come once in ten million."""

SLOW_DOWN = "slow_down"
"""The reason with which an adapter tells that the recipient's provider wants fewer messages."""

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

    `domain_paces` are limits by the recipient's mail domain. Nothing goes before `paused_until`
    (None: never paused).
    """

    def __init__(
        self,
        adapter: ChannelAdapter,
        pace_per_s: float,
        domain_paces: Mapping[str, float] = MappingProxyType({}),
    ) -> None:
        self.adapter = adapter
        self.passes_traces = isinstance(adapter, Traceable)  # 30 µs: asked once
        self._step = timedelta(seconds=1 / pace_per_s) if pace_per_s > 0 else NOTHING
        self._pace = Pace(self._step)
        self._domains = DomainPaces(domain_paces)
        self._failures = 0
        self.paused_until: datetime | None = None
        self._pause_next = PAUSE_FIRST

    def share(self, workers: int) -> None:
        """Take one part in so many of the channel's pace: the others hand over as well."""
        self._pace.step = self._step * workers

    def enter(
        self,
        message_id: str,
        attempt: int,
        now: datetime,
        *,
        is_urgent: bool = False,
        domain: str = "",
    ) -> Ticket:
        """Return when this message to somebody at `domain` may go; a granted place is taken.

        One that is urgent comes back for the next place, not behind all that wait for theirs.
        """
        if self.paused_until is not None and now < self.paused_until:
            back_at = max(self.paused_until, retry_at(message_id, attempt, now))
            return Ticket(go_at=None, back_at=back_at, reason="channel_paused")
        own = self._domains.pace(domain, now)
        paces = (self._pace,) if own is None else (self._pace, own)
        slowest = max(paces, key=lambda pace: pace.free_at(now))
        go_at = slowest.free_at(now)
        if go_at - now > WAIT_MAX:
            back_at = slowest.queue(go_at, is_urgent=is_urgent)
            return Ticket(go_at=None, back_at=back_at, reason="paced")
        for pace in paces:  # each its own place: who waits for a domain keeps nobody else waiting
            pace.take(pace.free_at(now))
        return Ticket(go_at=go_at)

    def note(self, outcome: MessageOutcome, now: datetime, domain: str = "") -> bool:
        """Take note of an attempt's outcome; return whether the channel pauses because of it.

        A request to slow down is about the recipient's `domain` and never pauses the channel.
        """
        if outcome.outcome == "try_again" and outcome.reason == SLOW_DOWN and domain:
            self._domains.slow_down(domain, now)
            return False
        if outcome.outcome != "try_again":
            self._failures, self._pause_next = 0, PAUSE_FIRST
            return False
        self._failures += 1
        is_paused = self.paused_until is not None and now < self.paused_until
        if self._failures < FAILURES_MAX or is_paused:
            return False
        self.paused_until = now + self._pause_next
        self._pause_next = min(self._pause_next * 2, PAUSE_MAX)
        self._failures = FAILURES_MAX - 1  # after the pause, one more failure is enough
        return True


def domain_of(address: str) -> str:
    """Return the mail domain of an address, ``""`` when it is none."""
    return address.rpartition("@")[2].lower() if "@" in address else ""
