"""The whole server in this process, without a socket: API, engine thread and dispatchers.

For what only happens when several things are under way at once. Its clock stands still unless it
is moved, so that everything happens in one and the same second.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Awaitable, Callable, Coroutine
from contextlib import AsyncExitStack, asynccontextmanager
from typing import Any

import httpx

from regard.assembly.house import House, Plan
from regard.assembly.keys import Keys
from regard.core.program import Program
from regard.core.storage import Store
from regard.delivery import Dispatcher
from regard.testing import RecordingChannel, VirtualClock
from regard.testing.clock import START
from tests.pains.house import Provider

KEYS = Keys(console_secret="console", api_token="token", signing_key="a signing key for scenarios")
WITHIN_S = 20
"""Only a bug takes so long: everything here is over in milliseconds."""


class Server:
    """A house that runs; `post` is what an SDK does, `got` waits for what people got."""

    def __init__(self, house: House, client: httpx.AsyncClient, provider: Provider) -> None:
        self.house = house
        self._client = client
        self._provider = provider

    async def post(self, *items: dict[str, Any], source: str = "website") -> httpx.Response:
        """Send items of the plain form with the key of a source."""
        headers = {"x-write-key": f"skylark-{source}", "x-regard-results": "items"}
        return await self._client.post("/v1/events", json=list(items), headers=headers)

    async def health(self) -> httpx.Response:
        return await self._client.get("/health")

    async def got(self, count: int) -> None:
        """Return when people have got `count` messages, or more."""
        await asyncio.wait_for(self._provider.until(count), WITHIN_S)


Doing = Callable[[Server], Awaitable[None]]


def run(
    program: Program, store: Store, doing: Doing, *, provider: Provider, workers: int = 1
) -> House:
    """Let `doing` happen to a running house with some workers, stop it, and return it."""
    work: Coroutine[Any, Any, House] = _run(program, store, doing, provider, workers)
    return asyncio.run(work)


async def _run(
    program: Program, store: Store, doing: Doing, provider: Provider, workers: int
) -> House:
    plan = Plan(
        program=program,
        store=store,
        clock=VirtualClock(START),
        keys=KEYS,
        public_url="https://regard.example",
        make_adapter=lambda _channel, _program: RecordingChannel(provider.take),
    )
    house = House(plan)
    transport = httpx.ASGITransport(app=house.app)
    async with AsyncExitStack() as stack:
        client = await stack.enter_async_context(
            httpx.AsyncClient(transport=transport, base_url="http://regard", trust_env=False)
        )
        await stack.enter_async_context(house.running())
        for _ in range(workers - 1):
            await stack.enter_async_context(_another_worker(house))
        await doing(Server(house, client, provider))
    return house


@asynccontextmanager
async def _another_worker(house: House) -> AsyncIterator[None]:
    dispatcher = Dispatcher(
        outbox=house.engine,
        adapters=house.adapters,
        arbiter=house.ledger.kernel.arbiter,
        program=lambda: house.plan.program,
        links=house.links,
        clock=house.plan.clock,
    )
    task = asyncio.create_task(dispatcher.run())
    try:
        yield
    finally:
        dispatcher.stop()
        await task
