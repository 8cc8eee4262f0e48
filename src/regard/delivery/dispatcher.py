"""Hands claimed messages to their channels, a bounded number at a time, and settles the outcomes.

In: messages from an `Outbox`, claimed as many as senders are free. Out: one outcome for each, in
small batches. A sender is free again only when its outcome is durable, so a killed process leaves
at most `senders` messages unknown. One failing message never stops another. `assembly` runs it as
one task; `stop` ends it without leaving work half done.
"""

from __future__ import annotations

import asyncio
import logging
from collections.abc import Awaitable, Callable, Mapping, Sequence
from typing import Protocol

from regard.core.backoff import retry_at
from regard.core.clock import Clock
from regard.core.errors import Fenced, Refused, Unavailable
from regard.core.event import MessageOutcome
from regard.core.ports import Arbiter, ChannelAdapter, Message
from regard.core.program import Program
from regard.core.rows import Claimed, Content
from regard.core.settings import Channel
from regard.core.trace import trace_id
from regard.delivery.addressing import readdressed
from regard.delivery.asking import ASK_EVERY_S, Answered, ask_all, askable
from regard.delivery.compose import attempt_of, compose
from regard.delivery.equipping import equipped
from regard.delivery.lane import Lane, domain_of
from regard.delivery.links import Links
from regard.delivery.outcomes import (
    completed,
    content_of,
    handed_back,
    refused,
    stopped_by,
    unknown,
)
from regard.delivery.tracing import Trace, in_trace, untraced

SENDERS_DEFAULT = 32
"""Messages under way at once: four channels of eight connections, and the most that a killed
process leaves unknown."""

LINGER_S = 0.005
"""How long to wait for more senders to be free when few are: one durable claim for several
messages costs as much as one for a single message."""

POSTPONED_MAX_S = 2.0
"""An outbox that cannot be used now (a full disk) is asked again after at most this long. It is
our own and asking costs it next to nothing, unlike the senders whom it tells to wait for longer."""

STOP_WITHIN_S = 20.0
"""What is still being handed over after this long at the end is left unknown."""

Settled = tuple[Claimed, MessageOutcome, Content | None]

_log = logging.getLogger(__name__)


class Outbox(Protocol):
    """Where messages wait and outcomes go. `runtime` implements it over the journal."""

    async def claim(self, limit: int) -> Sequence[Claimed]:
        """Return at most `limit` messages, their claims durable; none is ever returned twice."""
        ...

    async def settle(self, outcomes: Sequence[Settled]) -> None:
        """Record outcomes; they are durable when it returns."""
        ...

    async def wait(self) -> None:
        """Return when there may be something to claim."""
        ...

    def holds(self, claimed: Claimed) -> bool:
        """Return whether a claimed message may still be handed over by this process."""
        ...

    @property
    def workers(self) -> int:
        """How many processes hand messages over: each has its part of every pace."""
        ...

    async def unknown(self, channels: Sequence[str]) -> Sequence[Claimed]:
        """Return messages of which nobody can tell, on these channels."""
        ...

    async def answered(self, outcomes: Sequence[Answered]) -> None:
        """Record what providers answered about unknown messages."""
        ...


class Dispatcher:
    """Claims, checks again, composes, paces, hands over and settles.

    `adapters` by channel id; `program` is asked for every message, so that it is today's. `pause`
    waits for a number of seconds (tests hand in a virtual clock's). `trace` finds the trace that a
    message belongs to; it is asked, in a thread, where the channel passes it on.
    """

    def __init__(
        self,
        *,
        outbox: Outbox,
        adapters: Mapping[str, ChannelAdapter],
        program: Callable[[], Program],
        arbiter: Arbiter,
        links: Links,
        clock: Clock,
        senders: int = SENDERS_DEFAULT,
        pause: Callable[[float], Awaitable[None]] = asyncio.sleep,
        trace: Trace = untraced,
    ) -> None:
        self._outbox = outbox
        self._program = program
        self._arbiter = arbiter
        self._links = links
        self._clock = clock
        self._pause = pause
        self._trace = trace
        channels = program().channels
        self._lanes = {
            name: _lane(adapter, channels.get(name)) for name, adapter in adapters.items()
        }
        self._senders = senders
        self._free_count = senders
        self._at_work: set[asyncio.Task[None]] = set()
        self._finished: list[Settled] = []
        self._settling: asyncio.Task[None] | None = None
        self._freed = asyncio.Event()
        self._halted = asyncio.Event()
        self._failure: Exception | None = None
        self._stop_within_s = STOP_WITHIN_S

    async def run(self) -> None:
        """Work until `stop`; raise `Fenced` when another process owns the outbox now."""
        asking: asyncio.Task[None] | None = None
        try:
            for lane in self._lanes.values():
                await lane.adapter.open()
            asking = asyncio.create_task(self._ask_on())
            while not self._halted.is_set():
                await self._turn()
        finally:
            self._halted.set()
            if asking is not None:
                asking.cancel()
                await asyncio.gather(asking, return_exceptions=True)
            await self._drain()
            for lane in self._lanes.values():
                await lane.adapter.close()
        if self._failure is not None:
            raise self._failure

    def stop(self, within_s: float = STOP_WITHIN_S) -> None:
        """Claim nothing more; `run` returns when what is under way has ended, or was left."""
        self._stop_within_s = within_s
        self._halted.set()

    async def adopt(self, adapters: Mapping[str, ChannelAdapter], program: Program) -> None:
        """Serve these channels from now on: new adapters are opened before, old ones closed after.

        An adapter that stays is not touched, its lane keeps its pace. What is under way on one
        that goes is ended first.
        """
        lanes: dict[str, Lane] = {}
        for name, adapter in adapters.items():
            lane = self._lanes.get(name)
            if lane is None or lane.adapter is not adapter:
                await adapter.open()
                lane = _lane(adapter, program.channels[name])
            lanes[name] = lane
        gone = [lane for lane in self._lanes.values() if lane not in lanes.values()]
        self._lanes = lanes
        if gone and self._at_work:
            await asyncio.wait(tuple(self._at_work), timeout=self._stop_within_s)
        for lane in gone:
            await lane.adapter.close()

    async def ask(self) -> int:
        """Ask providers what became of unknown messages; return how many answers there were."""
        adapters = {name: lane.adapter for name, lane in self._lanes.items()}
        return await ask_all(self._outbox, adapters, self._program, self._links, self._clock.now)

    async def _ask_on(self) -> None:
        """Ask at the start, and every so often; an outbox that cannot be used is asked later."""
        while not self._halted.is_set():
            if askable({name: lane.adapter for name, lane in self._lanes.items()}):
                try:
                    await self.ask()
                except Unavailable as error:
                    _log.warning("asking_postponed", extra={"code": error.code})
            await asyncio.sleep(ASK_EVERY_S)

    async def _turn(self) -> None:
        """Claim for the free senders and set them to work; wait when there is nothing to do."""
        await self._until_free()
        if self._halted.is_set():
            return
        try:
            claimed = await self._outbox.claim(self._free_count)
        except Fenced:
            raise
        except Unavailable as error:
            _log.warning("claim_postponed", extra={"code": error.code})
            await self._until(self._pause(min(error.retry_after_s, POSTPONED_MAX_S)))
            return
        for one in claimed:
            self._start(one)
        if not claimed:
            await self._until(self._outbox.wait())

    async def _until_free(self) -> None:
        """Wait for a free sender, and a moment more when there are only few."""
        while not self._free_count and not self._halted.is_set():
            self._freed.clear()
            await self._until(self._freed.wait())
        if self._free_count * 4 < self._senders:
            await self._until(asyncio.sleep(LINGER_S))

    async def _until(self, event: Awaitable[object]) -> None:
        """Wait for `event`, but no longer than until the dispatcher is halted."""
        waiting = asyncio.ensure_future(event)
        halted = asyncio.ensure_future(self._halted.wait())
        try:
            await asyncio.wait((waiting, halted), return_when=asyncio.FIRST_COMPLETED)
        finally:
            waiting.cancel()
            halted.cancel()
        if waiting.done():
            waiting.result()

    def _start(self, claimed: Claimed) -> None:
        self._free_count -= 1
        task = asyncio.create_task(self._deliver(claimed))
        self._at_work.add(task)
        task.add_done_callback(self._at_work.discard)

    async def _deliver(self, claimed: Claimed) -> None:
        """Bring one message to its outcome, whatever happens."""
        try:
            outcome, content = await self.attempt(claimed)
        except Exception as error:
            # A bug before the hand-over: nothing left, so it may come again when it is mended.
            _log.exception("delivery_broken", extra={"message_id": claimed.row.message_id})
            now = self._clock.now()
            back_at = retry_at(claimed.row.message_id, attempt_of(claimed.row), now)
            back = handed_back(claimed, "broken", back_at, type(error).__name__)
            outcome, content = completed(back, claimed, self._program(), now), None
        self._finished.append((claimed, outcome, content))
        if self._settling is None:
            self._settling = asyncio.create_task(self._settle())

    async def attempt(self, claimed: Claimed) -> tuple[MessageOutcome, Content | None]:
        """Check a claimed message once more, compose it, hand it over; settle nothing."""
        program = self._program()
        claimed = readdressed(claimed, program)
        row = claimed.row
        if claimed.back_at is not None:
            return handed_back(claimed, "same_address_waits", claimed.back_at), None
        lane = self._lanes.get(row.channel)
        if lane is None:
            return refused(claimed, "channel_gone", f"no adapter serves {row.channel}"), None
        back = await self._take_place(claimed, lane)
        if back is not None:
            return back, None
        now = self._clock.now()
        reason = self._arbiter.recheck(claimed, program, now)
        if reason:
            return stopped_by(claimed, reason, now), None
        try:
            message = compose(claimed, program, self._links)
            message = equipped(message, claimed, program, self._links, self._clock.now())
        except Refused as error:
            return refused(claimed, error.code, str(error)), None
        if lane.passes_traces:
            message = await in_trace(message, claimed, self._trace)
        outcome = await self._hand_over(claimed, message, lane)
        now = self._clock.now()
        outcome = completed(outcome, claimed, program, now)
        return outcome, content_of(message, outcome, now)

    async def _take_place(self, claimed: Claimed, lane: Lane) -> MessageOutcome | None:
        """Wait for the channel's pace; return an outcome when the message must come back later."""
        now = self._clock.now()
        row = claimed.row
        lane.share(self._outbox.workers)
        is_bulk = row.message_class == "marketing" or row.decision.candidate.origin == "broadcast"
        ticket = lane.enter(
            row.message_id,
            attempt_of(row),
            now,
            is_urgent=not is_bulk,
            domain=domain_of(row.address),
        )
        if ticket.go_at is None:
            return handed_back(claimed, ticket.reason, ticket.back_at or now)
        if ticket.go_at > now:
            await self._until(self._pause((ticket.go_at - now).total_seconds()))
            if self._halted.is_set():
                return handed_back(claimed, "stopped", self._clock.now())
        return None

    async def _hand_over(self, claimed: Claimed, message: Message, lane: Lane) -> MessageOutcome:
        if not self._outbox.holds(claimed):
            return handed_back(claimed, "lease_ended", self._clock.now())
        try:
            outcome = await lane.adapter.send(message)
        except Exception as error:
            # An adapter that raises broke its contract somewhere in the hand-over: nobody can tell.
            about = {"message_id": message.message_id, "channel": message.channel}
            trace = trace_id(message.traceparent)
            _log.exception("hand_over_raised", extra=about | ({"trace_id": trace} if trace else {}))
            detail = f"{type(error).__name__}: {error}"[:500]
            outcome = unknown(claimed, "adapter_raised", detail)
        if lane.note(outcome, self._clock.now(), domain_of(message.address)):
            _log.warning("channel_paused", extra={"channel": message.channel})
        return outcome

    async def _settle(self) -> None:
        """Settle what has finished, again and again, each time all that gathered meanwhile."""
        try:
            while self._finished:
                batch, self._finished = self._finished, []
                await self._settle_batch(batch)
                self._free_count += len(batch)
                self._freed.set()
        except Exception as error:
            self._failure = error
            self._halted.set()
        else:
            self._settling = None

    async def _settle_batch(self, batch: Sequence[Settled]) -> None:
        """Settle one batch; what cannot be written now is kept and tried until it can."""
        while True:
            try:
                await self._outbox.settle(batch)
            except Fenced:
                raise
            except Unavailable as error:
                _log.warning("settling_postponed", extra={"code": error.code})
                await self._pause(min(error.retry_after_s, POSTPONED_MAX_S))
            else:
                return

    async def _drain(self) -> None:
        """Let what is under way end and settle; what does not in time is left unknown."""

        async def all_done() -> None:
            while self._at_work:
                await asyncio.wait(tuple(self._at_work))
            if self._settling is not None:
                await asyncio.wait((self._settling,))

        finishing = asyncio.create_task(all_done())
        await asyncio.wait((finishing,), timeout=self._stop_within_s)
        left = [*self._at_work, finishing, *([self._settling] if self._settling else [])]
        for task in left:
            task.cancel()
        await asyncio.gather(*left, return_exceptions=True)


def _lane(adapter: ChannelAdapter, channel: Channel | None) -> Lane:
    if channel is None:
        return Lane(adapter, 0.0)
    return Lane(adapter, channel.pace_per_s, channel.domain_paces)
