"""The other ends of real channels: local servers that do to each message what a `Provider` says.

`RealHouse` is the house of the scenarios with one real adapter (SMTP, SMS, web push, signed
webhooks) that speaks over sockets. What people got is what the server took, whatever the adapter
or the house believe.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping, Sequence
from contextlib import AbstractAsyncContextManager, AsyncExitStack, asynccontextmanager
from typing import Any

from aiosmtpd.smtp import SMTP, Envelope
from msgspec.structs import replace

from regard.channels import make_adapter
from regard.core.clock import Clock
from regard.core.event import MessageOutcome
from regard.core.ports import Asking, ChannelAdapter, Message
from regard.core.program import Program
from regard.core.rows import Claimed
from regard.delivery import Dispatcher, Links
from regard.delivery.asking import ask_all
from regard.store import MemoryStore
from regard.testing import VirtualClock
from regard.testing.house import NoOutbox
from tests.channels.cast import SECRET, channel
from tests.channels.servers import Inbox, mail_server
from tests.channels.service import (
    ACCOUNT,
    TOKEN,
    Asked,
    Browser,
    PushService,
    Reply,
    TextService,
    serve,
)
from tests.channels.test_push import KEY, device
from tests.pains.house import Deed, House, ProcessDiedError, Provider

ENVIRON = {"HOOK_SECRET": SECRET, "SMS_TOKEN": TOKEN, "PUSH_KEY": KEY}


class End:
    """What a server is to do with the next message, and how many it has taken."""

    def __init__(self, clock: Clock) -> None:
        self.clock = clock
        self.deed: Deed = "sent"
        self.taken = 0


Opened = AbstractAsyncContextManager[ChannelAdapter]


def _adapter(kind: str, end: End, **settings: Any) -> ChannelAdapter:
    return make_adapter(channel(kind, **settings), None, ENVIRON, end.clock)


class _Mailbox(Inbox):
    def __init__(self, end: End) -> None:
        super().__init__()
        self._end = end

    async def handle_DATA(self, server: SMTP, _session: Any, envelope: Envelope) -> str:
        answers = {"refused": "554 5.7.1 no", "try_again": "451 4.3.0 later"}
        if self._end.deed in answers:
            return answers[self._end.deed]
        self._end.taken += 1
        self.envelopes.append(envelope)
        if self._end.deed == "lost" and server.transport is not None:
            server.transport.abort()
        return "250 OK"


@asynccontextmanager
async def smtp(end: End) -> AsyncIterator[ChannelAdapter]:
    async with mail_server(_Mailbox(end)) as port:
        yield _adapter("smtp", end, host="127.0.0.1", port=port, tls="none", bulk_per_day=0)


@asynccontextmanager
async def sms(end: End) -> AsyncIterator[ChannelAdapter]:
    acts: dict[Deed, str | int] = {"refused": 29999, "try_again": 429, "lost": "lost"}
    service = TextService(end.clock)

    def handle(asked: Asked) -> Reply | None:
        service.script = [acts.get(end.deed, "taken")]
        reply = service(asked)
        end.taken = len(service.messages)
        return reply

    about = {"account_sid": ACCOUNT, "auth_token_env": "SMS_TOKEN", "allow_internal": True}
    async with serve(handle) as url:
        yield _adapter("sms", end, sender="+15005550006", api_url=url, timeout_s=5.0, **about)


@asynccontextmanager
async def push(end: End) -> AsyncIterator[ChannelAdapter]:
    browser = Browser("one")
    service = PushService([browser])
    shown: set[str] = set()  # a push that comes again replaces the one before it (RFC 8030 5.4)

    def handle(asked: Asked) -> Reply | None:
        statuses = {"refused": 413, "try_again": 503}
        service.statuses["one"] = statuses.get(end.deed, 201)
        reply = service(asked)
        if reply is not None and reply[0] == 201:
            shown.add(asked.headers["topic"])
        end.taken = len(shown)
        return None if end.deed == "lost" else reply

    about = {"vapid_key_env": "PUSH_KEY", "contact": "mailto:a@b.example"}
    async with serve(handle) as url:
        adapter = _adapter("push", end, allow_internal=True, timeout_s=5.0, **about)
        yield _Equipped(adapter, device(browser, url))


@asynccontextmanager
async def webhook(end: End) -> AsyncIterator[ChannelAdapter]:
    taken: set[str] = set()  # receivers know an event by its id (Standard Webhooks)

    def handle(asked: Asked) -> Reply | None:
        statuses = {"refused": 400, "try_again": 503}
        status = statuses.get(end.deed, 200)
        if status == 200:
            taken.add(asked.headers["webhook-id"])
        end.taken = len(taken)
        return None if end.deed == "lost" else (status, {}, b"ok")

    about = {"secret_env": "HOOK_SECRET", "allow_internal": True, "timeout_s": 5.0}
    async with serve(handle) as url:
        yield _adapter("webhook", end, url=url, **about)


ENDS: Mapping[str, Callable[[End], Opened]] = {
    "smtp": smtp,
    "sms": sms,
    "push": push,
    "webhook": webhook,
}
"""Real channels by the name of their adapter."""


class _Equipped:
    """The push adapter, handed the one browser of whoever it is."""

    def __init__(self, adapter: ChannelAdapter, browser: Any) -> None:
        self._adapter = adapter
        self._browser = browser

    async def open(self) -> None:
        await self._adapter.open()

    async def send(self, message: Message) -> MessageOutcome:
        return await self._adapter.send(replace(message, devices=(self._browser,)))

    async def close(self) -> None:
        await self._adapter.close()


class _Line:
    """A real adapter whose other end does what the provider says to the very message."""

    def __init__(self, adapter: ChannelAdapter, end: End, provider: Provider) -> None:
        self._adapter = adapter
        self._end = end
        self._provider = provider

    async def open(self) -> None:
        await self._adapter.open()

    async def send(self, message: Message) -> MessageOutcome:
        self._end.deed = self._provider.deed(message)
        self._provider.asked.append(message)
        before = self._end.taken
        outcome = await self._adapter.send(message)
        self._provider.got += [message] * (self._end.taken - before)
        if self._end.deed == "dies":
            raise ProcessDiedError
        return outcome

    async def ask(self, message: Message, since: Any) -> MessageOutcome | None:
        return (
            await self._adapter.ask(message, since) if isinstance(self._adapter, Asking) else None
        )

    async def close(self) -> None:
        await self._adapter.close()


class Wire:
    """One real adapter and its server, in a loop of their own: both outlive a process of ours."""

    def __init__(self, kind: str, clock: VirtualClock, provider: Provider) -> None:
        self.loop = asyncio.new_event_loop()
        self._stack = AsyncExitStack()
        end = End(clock)
        opening = self._stack.enter_async_context(ENDS[kind](end))
        self.line = _Line(self.loop.run_until_complete(opening), end, provider)

    def cut(self) -> None:
        """End every connection that is kept open; the adapter opens what it needs anew."""
        self.loop.run_until_complete(self.line.close())

    def close(self) -> None:
        """End the connections and the server."""
        self.cut()
        self.loop.run_until_complete(self._stack.aclose())
        self.loop.close()


class RealHouse(House):
    """The house of the scenarios over one real adapter and its server; close it after use."""

    def __init__(
        self,
        kind: str,
        program: Program,
        provider: Provider,
        wire: Wire | None = None,
        **about: Any,
    ) -> None:
        super().__init__(program, provider=provider, **about)
        self._kind = kind
        self.wire = wire or Wire(kind, self.clock, provider)
        self._loop = self.wire.loop
        self._dispatcher = _dispatcher(self, self.wire.line, self.clock)

    def opened_again(self) -> RealHouse:
        """Return the house as the next process opens it, over the same server."""
        assert isinstance(self.store, MemoryStore)
        known = {"store": self.store.reopen(), "clock": self.clock, "wire": self.wire}
        house = RealHouse(self._kind, self.program, self.provider, **known)
        house.ledger.settle_abandoned(house.clock.now())
        return house

    def ask(self) -> None:
        """Ask the provider about all of which nobody can tell, as the dispatcher now and then."""
        line, program = {"email": self.wire.line}, self.program
        asking = ask_all(self, line, lambda: program, self.links, self.clock.now)
        self._loop.run_until_complete(asking)
        self.settle()

    async def unknown(self, channels: Sequence[str]) -> Sequence[Claimed]:
        """Return messages of which nobody can tell (`delivery.asking.Questions`)."""
        return self.ledger.unknown(channels, self.clock.now())

    async def answered(self, outcomes: Sequence[tuple[Claimed, MessageOutcome]]) -> None:
        """Record what the provider answered (`delivery.asking.Questions`)."""
        self.ledger.answered(outcomes, self.clock.now())

    def close(self) -> None:
        """End the connections and the server."""
        self.wire.close()


def _dispatcher(house: House, line: _Line, clock: VirtualClock) -> Dispatcher:
    return Dispatcher(
        outbox=NoOutbox(),
        adapters={"email": line},
        program=lambda: house.program,
        arbiter=house.ledger.kernel.arbiter,
        links=Links("https://regard.example", ["a secret for virtual time"]),
        clock=clock,
        pause=clock.sleep,
    )
