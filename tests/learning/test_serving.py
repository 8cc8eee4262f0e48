"""Learning in a running house: over HTTP, and known to whoever decides from then on."""

from __future__ import annotations

import asyncio
from typing import Any

import httpx
import pytest

from regard.assembly.house import House, Plan
from regard.assembly.keys import Keys
from regard.core.clock import SystemClock
from regard.core.program import Program
from regard.store import MemoryStore
from regard.testing import RecordingChannel
from tests.learning.shop import live, program, shop

pytestmark = pytest.mark.slow


def served(store: MemoryStore, of: Program, secret: str = "secret") -> list[dict[str, Any]]:
    """Ask a running house to learn, twice; return status and answer of each."""
    keys = Keys(console_secret="secret", api_token="token", signing_key="a key of sixteen bytes")
    house = House(
        Plan(
            program=of,
            store=store,
            clock=SystemClock(),
            keys=keys,
            public_url="https://regard.example",
            make_adapter=lambda _channel, _program: RecordingChannel(clock=SystemClock()),
        )
    )

    async def play() -> list[dict[str, Any]]:
        found = []
        transport = httpx.ASGITransport(app=house.app)
        headers = {"authorization": f"Bearer {secret}", "x-regard-by": "ada"}
        async with (
            house.running(),
            httpx.AsyncClient(transport=transport, base_url="https://regard.example") as client,
        ):
            for _ in range(2):
                reply = await client.post("/v1/learn", headers=headers)
                standing = house.engine.standing.policy
                version = standing.version if standing is not None else ""
                found.append(
                    {"status": reply.status_code, "in_force": version, **dict(reply.json())}
                )
        return found

    return asyncio.run(asyncio.wait_for(play(), timeout=60))


@pytest.fixture(scope="module")
def store() -> MemoryStore:
    lived = MemoryStore()
    live(shop(store=lived), days=2)
    return lived


def test_a_running_house_learns_when_told(store: MemoryStore) -> None:
    first, second = served(store, program())
    assert first["status"] == 200
    assert first["counts"] == {"lounge": 40, "miles": 40}
    assert second["version"] == ""
    assert second["in_force"] == first["version"]


def test_only_who_knows_the_secret_may_tell_it_to(store: MemoryStore) -> None:
    assert {found["status"] for found in served(store, program(), secret="guessed")} == {401}


def test_a_house_that_does_not_learn_says_so(store: MemoryStore) -> None:
    off = program({"policies.yaml": "silence: {value: 0.5}"})
    first, _ = served(store, off)
    assert first["status"] == 400
    assert first["code"] == "learning_off"
