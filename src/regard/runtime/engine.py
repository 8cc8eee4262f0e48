"""The engine: one thread that turns the ledger, and the asynchronous doors to it.

Requests append through it and wait until their events are durable (group commit: everything that
queued up meanwhile shares one transaction). The same thread steps, fires timers and serves the
dispatcher, so there is one writer and no lock to wait for. It is the `Intake` of the API and the
`Outbox` of the dispatcher.
"""

from __future__ import annotations

import asyncio
import logging
import time
from collections import deque
from collections.abc import Callable, Sequence
from concurrent.futures import Future
from datetime import datetime, timedelta
from threading import Condition, Thread
from typing import Any

from regard.core.clock import Clock
from regard.core.errors import Broken, Fenced, RegardError, Unavailable
from regard.core.event import MessageOutcome
from regard.core.ports import Draft
from regard.core.rows import Accepted, Claimed, Content, Rejected
from regard.runtime.ledger import Ledger, outcome_draft

_log = logging.getLogger("regard.engine")

QUEUE_MAX = 20_000
"""Drafts waiting for their transaction; beyond it senders are told to come back (429)."""

APPEND_MAX = 2_500
"""Drafts in one transaction: one batch of the largest size that intake takes."""

IDLE_S = 0.05
"""Longest sleep while nothing arrives: bounds how late a timer may be noticed (real seconds)."""

LAG_MAX_S = 30.0
"""Not healthy when an input has waited longer than this to be stepped."""


class Engine:
    """Owns the writer thread over one ledger."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self.ledger = ledger
        self._clock = clock
        self._appends: deque[tuple[Sequence[Draft], Future[list[Accepted]]]] = deque()
        self._calls: deque[tuple[Callable[[], Any], Future[Any]]] = deque()
        self._queued_count = 0
        self._wake = Condition()
        self._is_stopping = False
        self.failure: RegardError | None = None
        """Why the thread stopped for good; None: it has not."""
        self._thread = Thread(target=self._run, name="regard-engine", daemon=True)
        self._listeners: list[tuple[asyncio.AbstractEventLoop, asyncio.Event]] = []
        self._behind_since: float | None = None
        self._next_message_at: datetime | None = None

    def start(self) -> None:
        """Start turning; messages that a dead process had claimed are told as unknown first."""
        self._settle_abandoned()
        self._thread.start()

    def stop(self) -> None:
        """Stop after what is queued has been written."""
        with self._wake:
            self._is_stopping = True
            self._wake.notify()
        if self._thread.is_alive():
            self._thread.join()

    def health(self) -> tuple[bool, dict[str, Any]]:
        """Return whether the loop keeps up, and what it says about itself."""
        behind_s = 0.0 if self._behind_since is None else time.monotonic() - self._behind_since
        is_alive = self._thread.is_alive() and self.failure is None
        is_well = is_alive and behind_s < LAG_MAX_S
        return is_well, {
            "loop": "running" if is_alive else str(self.failure or "stopped"),
            "behind_s": round(behind_s, 3),
            "queued": self._queued_count,
        }

    async def append(self, drafts: Sequence[Draft]) -> Sequence[Accepted]:
        """Append drafts; return when they are durable. Raises `Unavailable` when overloaded."""
        if not drafts:
            return []
        if self._queued_count + len(drafts) > QUEUE_MAX:
            raise Unavailable(
                f"{self._queued_count} events are waiting to be written; no more are taken now.",
                retry_after_s=1,
                code="too_many_requests",
                hint="Send again after a second; nothing of this request was kept.",
            )
        future: Future[list[Accepted]] = Future()
        with self._wake:
            self._refuse_when_stopped()
            self._appends.append((drafts, future))
            self._queued_count += len(drafts)
            self._wake.notify()
        return await asyncio.wrap_future(future)

    async def reject(self, items: Sequence[Rejected]) -> None:
        """Keep refused items for the source debugger."""
        if items:
            await self._call(lambda: self.ledger.reject(items, self._clock.now()))

    async def claim(self, limit: int) -> Sequence[Claimed]:
        """Claim messages that may be handed over now; each at most once."""

        def work() -> list[Claimed]:
            claimed, self._next_message_at = self.ledger.claim(limit, self._clock.now())
            return claimed

        found: list[Claimed] = await self._call(work)
        return found

    async def settle(
        self, outcomes: Sequence[tuple[Claimed, MessageOutcome, Content | None]]
    ) -> None:
        """Journal outcomes and keep what was said; durable when it returns."""
        await self._call(lambda: self.ledger.settle(outcomes, self._clock.now()))

    async def wait(self) -> None:
        """Return when there may be something to claim."""
        event = asyncio.Event()
        listener = (asyncio.get_running_loop(), event)
        self._listeners.append(listener)
        pause = IDLE_S
        if self._next_message_at is not None:
            ahead = (self._next_message_at - self._clock.now()) / timedelta(seconds=1)
            pause = min(max(ahead, 0.0), IDLE_S)
        try:
            await asyncio.wait_for(event.wait(), timeout=pause)
        except TimeoutError:
            pass
        finally:
            self._listeners.remove(listener)

    async def _call(self, work: Callable[[], Any]) -> Any:
        future: Future[Any] = Future()
        with self._wake:
            self._refuse_when_stopped()
            self._calls.append((work, future))
            self._wake.notify()
        return await asyncio.wrap_future(future)

    def _refuse_when_stopped(self) -> None:
        if self.failure is not None:
            raise self.failure
        if self._is_stopping:
            raise Unavailable("Regard is shutting down.", retry_after_s=5, code="stopping")

    def _run(self) -> None:
        try:
            while not (self._is_stopping and not self._appends and not self._calls):
                self._turn()
        except RegardError as error:
            self._fail(error)
        except Exception as error:
            _log.exception("engine_broken")
            self._fail(Broken(f"The loop stopped: {error!r}."))

    def _turn(self) -> None:
        """One cycle: write what queued up, serve calls, fire timers, step one batch."""
        self._write_appends()
        self._serve_calls()
        self.ledger.fire(self._clock.now())
        count = self._advance()
        self._behind_since = (self._behind_since or time.monotonic()) if count else None
        if count:
            self._tell_listeners()
            return
        with self._wake:
            if not self._appends and not self._calls and not self._is_stopping:
                self._wake.wait(IDLE_S)

    def _advance(self) -> int:
        try:
            return self.ledger.advance()
        except Fenced:
            raise
        except Unavailable as error:
            _log.warning("step_delayed", extra={"reason": error.code})
            time.sleep(IDLE_S)
            return 0

    def _write_appends(self) -> None:
        batch: list[tuple[Sequence[Draft], Future[list[Accepted]]]] = []
        count = 0
        while self._appends and count < APPEND_MAX:
            drafts, future = self._appends.popleft()
            batch.append((drafts, future))
            count += len(drafts)
        if not batch:
            return
        self._queued_count -= count
        together = [draft for drafts, _ in batch for draft in drafts]
        try:
            results = self.ledger.append(together, self._clock.now())
        except Exception as error:
            for _, future in batch:
                _give(future, error)
            if isinstance(error, Fenced) or not isinstance(error, RegardError):
                raise
            return
        place = 0
        for drafts, future in batch:
            _give(future, results[place : place + len(drafts)])
            place += len(drafts)

    def _serve_calls(self) -> None:
        while self._calls:
            work, future = self._calls.popleft()
            try:
                _give(future, work())
            except Exception as error:
                _give(future, error)
                if isinstance(error, Fenced):
                    raise

    def _fail(self, error: RegardError) -> None:
        """Stop for good: nobody waits for ever, and health says why."""
        _log.error("engine_stopped", extra={"reason": error.code})
        with self._wake:
            self.failure = error
            for _, waiting in [*self._appends, *self._calls]:
                _give(waiting, error)
            self._appends.clear()
            self._calls.clear()

    def _tell_listeners(self) -> None:
        for loop, event in list(self._listeners):
            if not loop.is_closed():
                loop.call_soon_threadsafe(event.set)

    def _settle_abandoned(self) -> None:
        """Report what a dead process had in flight: nobody knows whether it arrived."""
        now = self._clock.now()
        with self.ledger.store.reading() as reading:
            rows = [row for row, _ in reading.registers.messages(state="claimed", limit=100_000)]
        engagements = self.ledger.program().engagements
        drafts = []
        for row in rows:
            engagement = engagements.get(row.engagement)
            resend = engagement is None or engagement.if_unknown == "resend"
            outcome = MessageOutcome(
                message_id=row.message_id,
                channel=row.channel,
                outcome="unknown",
                attempt=row.attempt,
                reason="process_died",
                detail="The sending process ended between hand-over and record.",
                retry_at=now if resend else None,
            )
            drafts.append(outcome_draft(row, outcome, now))
        if drafts:
            self.ledger.append(drafts, now)


def _give(future: Future[Any], result: Any) -> None:
    """Answer a waiting request, unless its client has gone away meanwhile."""
    if future.set_running_or_notify_cancel():
        if isinstance(result, Exception):
            future.set_exception(result)
        else:
            future.set_result(result)
