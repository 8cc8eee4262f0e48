"""Counts what passes the doors of the engine: requests that append, batches, hand-overs, warnings.

Wraps the two doors that others call (`Intake`, `Outbox`), so that the loop itself counts nothing.
Each count is made once a request or once a batch, never once an event, and costs no lock: every
object is written by one thread. What the store knows anyway is not counted here but read when
somebody asks (`runtime.measures`).
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Collection, Iterator, Sequence
from contextlib import contextmanager

from regard.core.errors import RegardError
from regard.core.event import MessageOutcome
from regard.core.ports import Draft
from regard.core.rows import Accepted, Claimed, Content, Rejected
from regard.runtime.engine import Engine
from regard.runtime.spread import Spread

APPEND_BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""From one synced transaction on a fast disk to where senders give up."""


class CountedIntake:
    """The engine as intake: how long appends take, and how often they had to be refused."""

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.seconds = Spread(APPEND_BOUNDS_S)
        self.refused: Counter[str] = Counter()

    async def append(self, drafts: Sequence[Draft]) -> Sequence[Accepted]:
        """Append drafts; return when they are durable. Raises `Unavailable` when overloaded."""
        began_s = time.monotonic()
        try:
            accepted = await self._engine.append(drafts)
        except RegardError as error:
            self.refused[error.code] += 1
            raise
        self.seconds.note(time.monotonic() - began_s)
        return accepted

    async def reject(self, items: Sequence[Rejected]) -> None:
        """Keep refused items for the source debugger."""
        await self._engine.reject(items)


class CountedOutbox:
    """The engine as outbox: what became of messages by channel, and how many are under way.

    `outcomes` counts by (channel, outcome, reason). Reasons are codes of ours and of the adapters,
    so there are few.
    """

    def __init__(self, engine: Engine) -> None:
        self._engine = engine
        self.outcomes: Counter[tuple[str, str, str]] = Counter()
        self.under_way: Counter[str] = Counter()

    def holds(self, claimed: Claimed) -> bool:
        """Return whether a claimed message is still this process's to hand over."""
        return self._engine.holds(claimed)

    @property
    def workers(self) -> int:
        """How many processes hand messages over."""
        return self._engine.workers

    async def claim(self, limit: int) -> Sequence[Claimed]:
        """Claim messages that may be handed over now; each at most once."""
        claimed = await self._engine.claim(limit)
        self.under_way.update(one.row.channel for one in claimed)
        return claimed

    async def settle(
        self, outcomes: Sequence[tuple[Claimed, MessageOutcome, Content | None]]
    ) -> None:
        """Journal outcomes and keep what was said; durable when it returns."""
        await self._engine.settle(outcomes)
        self.under_way.subtract(claimed.row.channel for claimed, _, _ in outcomes)
        self._count([said for _, said, _ in outcomes])

    async def wait(self) -> None:
        """Return when there may be something to claim."""
        await self._engine.wait()

    async def unknown(self, channels: Collection[str]) -> Sequence[Claimed]:
        """Return messages of which nobody can tell, on channels whose providers can be asked."""
        return await self._engine.unknown(channels)

    async def answered(self, outcomes: Sequence[tuple[Claimed, MessageOutcome]]) -> None:
        """Journal what providers answered about unknown messages."""
        await self._engine.answered(outcomes)
        self._count([said for _, said in outcomes])

    def _count(self, outcomes: Sequence[MessageOutcome]) -> None:
        self.outcomes.update((said.channel, said.outcome, said.reason) for said in outcomes)


class CountedWarnings(logging.Handler):
    """Counts what the house logs from a warning on, by (level, event).

    Events are past-tense names in our code, so there are few; what another library words is counted
    under the name of its logger.
    """

    def __init__(self) -> None:
        super().__init__(logging.WARNING)
        self.counts: Counter[tuple[str, str]] = Counter()

    @contextmanager
    def listening(self) -> Iterator[None]:
        """Count while the block runs."""
        root = logging.getLogger()
        root.addHandler(self)
        try:
            yield
        finally:
            root.removeHandler(self)

    def emit(self, record: logging.LogRecord) -> None:
        """Count one line."""
        is_ours = record.name.startswith("regard")
        self.counts[record.levelname.lower(), str(record.msg) if is_ours else record.name] += 1
