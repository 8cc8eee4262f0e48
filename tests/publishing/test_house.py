"""A running house switches to another version without a restart, over HTTP and in the console."""

from __future__ import annotations

import asyncio
import re
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import httpx

from regard.assembly.house import House, Plan
from regard.assembly.keys import Keys
from regard.core.clock import SystemClock
from regard.core.program import Program
from regard.core.settings import Channel
from regard.project import load_text, pack
from regard.store import MemoryStore
from regard.testing import RecordingChannel
from tests.broadcasts.house import FILES

SECRET = "the console secret"

TERMINAL = {"authorization": f"Bearer {SECRET}", "x-regard-by": "ada"}

NEWER = {
    **FILES,
    "regard.toml": FILES["regard.toml"]
    + """
["sources"."shop"]
key = "lamps-shop"
["channels"."push.web"]
""",
}


class Channels:
    """Makes recording channels and remembers them."""

    def __init__(self) -> None:
        self.made: list[tuple[str, RecordingChannel]] = []

    def __call__(self, channel: Channel, _program: Program) -> RecordingChannel:
        self.made.append((channel.id, RecordingChannel(clock=SystemClock())))
        return self.made[-1][1]

    def are_open(self) -> list[str]:
        return sorted(name for name, channel in self.made if channel.is_open)


@asynccontextmanager
async def running(channels: Channels) -> AsyncIterator[tuple[House, httpx.AsyncClient]]:
    house = House(
        Plan(
            program=load_text(FILES, {}),
            archive=pack(FILES),
            store=MemoryStore(),
            clock=SystemClock(),
            keys=Keys(
                console_secret=SECRET, api_token="a token", signing_key="a key of sixteen bytes"
            ),
            public_url="https://lamps.example",
            make_adapter=channels,
        )
    )
    transport = httpx.ASGITransport(app=house.app)
    async with (
        house.running(),
        httpx.AsyncClient(transport=transport, base_url="https://lamps.example") as client,
    ):
        yield house, client


async def sign_in(client: httpx.AsyncClient) -> None:
    page = await client.get("/sign-in")
    found = re.search(r'name="csrf" value="([^"]+)"', page.text)
    assert found
    told = await client.post("/sign-in", data={"secret": SECRET, "csrf": found[1]})
    assert told.status_code == 303


async def press(client: httpx.AsyncClient, page: str, action: str) -> httpx.Response:
    """Press a button of a page of the console."""
    shown = (await client.get(page)).text
    assert f'action="{action}"' in shown
    found = re.search(r'name="csrf" value="([^"]+)"', shown)
    assert found
    return await client.post(action, data={"csrf": found[1]}, follow_redirects=True)


async def accepted(client: httpx.AsyncClient, key: str, number: int) -> int:
    item = {"id": f"e-{key}-{number}", "event": "Seen", "user_id": "ada"}
    told = await client.post("/v1/events", json={"events": [item]}, headers={"x-write-key": key})
    return told.status_code


def test_a_new_version_takes_over_and_goes_back_without_a_restart() -> None:
    channels = Channels()

    async def play() -> None:
        async with running(channels) as (house, client):
            assert await accepted(client, "lamps-shop", 1) == 401
            told = await client.post("/v1/versions", content=pack(NEWER), headers=TERMINAL)
            assert told.status_code == 200, told.text
            assert told.json()["by"] == "ada"
            assert await accepted(client, "lamps-shop", 2) == 200
            assert house.program().hash == load_text(NEWER, {}).hash
            assert channels.are_open() == ["email", "push.web", "sms"]
            back = await client.post("/v1/versions/undo", headers=TERMINAL)
            assert back.json()["undoes"] == told.json()["hash"]
            assert await accepted(client, "lamps-shop", 3) == 401
            assert channels.are_open() == ["email", "sms"]

    asyncio.run(asyncio.wait_for(play(), timeout=20))


def test_a_folder_with_problems_changes_nothing() -> None:
    async def play() -> None:
        async with running(Channels()) as (house, client):
            before = house.program()
            broken = pack({**FILES, "promises/receipt.yaml": "id: receipt"})
            told = await client.post("/v1/versions", content=broken, headers=TERMINAL)
            assert told.status_code == 400
            assert "made_by" in told.text
            assert house.program() is before

    asyncio.run(asyncio.wait_for(play(), timeout=20))


def test_nobody_acts_on_a_house_without_its_secret() -> None:
    async def play() -> None:
        async with running(Channels()) as (_, client):
            for path in ("/v1/versions", "/v1/versions/undo", "/v1/broadcasts/summer/start"):
                assert (await client.post(path)).status_code == 401
                wrong = {"authorization": "Bearer a token"}
                assert (await client.post(path, headers=wrong)).status_code == 401
            assert (await client.get("/v1/broadcasts")).status_code == 401

    asyncio.run(asyncio.wait_for(play(), timeout=20))


def test_the_console_tells_versions_and_brings_one_back() -> None:
    async def play() -> None:
        async with running(Channels()) as (house, client):
            first = house.program().hash
            await client.post("/v1/versions", content=pack(NEWER), headers=TERMINAL)
            await sign_in(client)
            page = await client.get("/versions")
            assert "source shop added" in page.text
            assert "channel push.web added" in page.text
            told = (await client.get("/versions?format=json")).json()
            assert [v["is_in_force"] for v in told["versions"]] == [True, False]
            assert told["back_to"] == first
            back = await press(client, "/versions", "/versions/undo")
            assert back.status_code == 200
            assert house.program().hash == first

    asyncio.run(asyncio.wait_for(play(), timeout=20))


def test_a_broadcast_is_led_from_the_terminal_and_the_console() -> None:
    async def play() -> None:
        async with running(Channels()) as (_, client):
            outlook = await client.get("/v1/broadcasts/summer/preview", headers=TERMINAL)
            assert outlook.json()["recipients"] == 0
            await sign_in(client)
            assert "Summer lamps" in (await client.get("/broadcasts/summer/preview")).text
            tested = await press(client, "/broadcasts", "/broadcasts/summer/test")
            assert "bruno" in tested.text
            shown = await press(client, "/broadcasts", "/broadcasts/summer/start")
            assert "by console" in shown.text
            again = await client.post("/v1/broadcasts/summer/start", headers=TERMINAL)
            assert again.status_code == 400
            listed = (await client.get("/v1/broadcasts", headers=TERMINAL)).json()
            assert listed[0]["rollout"]["change"]["by"] in ("console", "")

    asyncio.run(asyncio.wait_for(play(), timeout=20))
