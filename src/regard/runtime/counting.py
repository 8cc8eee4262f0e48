"""Counts what passes the doors of the engine: requests that append, batches, hand-overs, warnings.

Only the doors that count are written down here, so the loop counts nothing and a new door needs no
second place. Each count is made once a request or once a batch, never once an event, and costs no
lock: every object is written by one thread. What the store knows anyway is not counted here but
read when somebody asks (`runtime.measures`).
"""

from __future__ import annotations

import logging
import time
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager

from regard.core.clock import Clock
from regard.core.errors import RegardError
from regard.core.event import MessageOutcome
from regard.core.ports import Draft
from regard.core.rows import Accepted, Claimed, Content
from regard.runtime.engine import Engine
from regard.runtime.ledger import Ledger
from regard.runtime.spread import Spread

APPEND_BOUNDS_S = (0.001, 0.0025, 0.005, 0.01, 0.025, 0.05, 0.1, 0.25, 0.5, 1.0, 2.5, 5.0, 10.0)
"""From one synced transaction on a fast disk to where senders give up."""


class CountedEngine(Engine):
    """The engine, with counts of what goes through its doors; all other verbs are the engine's own.

    `outcomes` counts by (channel, outcome, reason), `refused` by code. Both are codes of ours and
    of the adapters, so there are few.
    """

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        super().__init__(ledger, clock)
        self.appends = Spread(APPEND_BOUNDS_S)
        """How many seconds appends took, from the request's events to their being durable."""
        self.refused: Counter[str] = Counter()
        """How many appends could not be taken."""
        self.outcomes: Counter[tuple[str, str, str]] = Counter()
        """What became of attempts to hand messages over."""
        self.under_way: Counter[str] = Counter()
        """How many messages are being handed over now, by channel."""

    async def append(self, drafts: Sequence[Draft]) -> Sequence[Accepted]:
        """Append as the engine does, and count how long it took or why it was refused."""
        began_s = time.monotonic()
        try:
            accepted = await super().append(drafts)
        except RegardError as error:
            self.refused[error.code] += 1
            raise
        self.appends.note(time.monotonic() - began_s)
        return accepted

    async def claim(self, limit: int) -> Sequence[Claimed]:
        """Claim as the engine does; what was claimed is under way."""
        claimed = await super().claim(limit)
        self.under_way.update(one.row.channel for one in claimed)
        return claimed

    async def settle(
        self, outcomes: Sequence[tuple[Claimed, MessageOutcome, Content | None]]
    ) -> None:
        """Settle as the engine does; what was settled is under way no more."""
        await super().settle(outcomes)
        self.under_way.subtract(claimed.row.channel for claimed, _, _ in outcomes)
        self._count([said for _, said, _ in outcomes])

    async def answered(self, outcomes: Sequence[tuple[Claimed, MessageOutcome]]) -> None:
        """Journal answers as the engine does, and count them."""
        await super().answered(outcomes)
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
