"""A house whose dispatcher ends must not go on mute: it fails as a whole, and says why."""

from __future__ import annotations

import asyncio

import pytest

from regard.assembly.house import House, Plan
from regard.assembly.keys import Keys
from regard.core.clock import SystemClock
from regard.core.errors import Broken, Refused
from regard.store import MemoryStore
from regard.testing import RecordingChannel
from tests.runtime.shop import Shop


class Unopened(RecordingChannel):
    """A channel that cannot be opened."""

    async def open(self) -> None:
        raise RuntimeError("no such provider")


def make_house(shop: Shop, store: MemoryStore) -> House:
    return House(
        Plan(
            program=shop.program,
            store=store,
            clock=SystemClock(),
            keys=Keys(
                console_secret="secret", api_token="token", signing_key="a key of sixteen bytes"
            ),
            public_url="https://regard.example",
            make_adapter=lambda _channel, _program: Unopened(),
        )
    )


def test_a_house_that_cannot_send_fails_and_says_why(shop: Shop) -> None:
    house = make_house(shop, MemoryStore())

    async def play() -> None:
        async with house.running():
            while house.engine.failure is None:
                await asyncio.sleep(0)

    asyncio.run(asyncio.wait_for(play(), timeout=10))
    assert isinstance(house.engine.failure, Broken)
    assert "no such provider" in str(house.engine.failure)
    assert house.health()[0] is False


def test_a_house_that_cannot_begin_remembers_why(shop: Shop) -> None:
    store = MemoryStore()
    house = make_house(shop, store)
    store.close()

    async def play() -> None:
        async with house.running():
            pass

    with pytest.raises((Broken, Refused)):
        asyncio.run(play())
    assert house.engine.failure is not None
