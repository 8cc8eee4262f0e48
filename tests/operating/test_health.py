"""Health: a house is not ready when something lags, says what since when, and recovers."""

from __future__ import annotations

import asyncio
from datetime import timedelta

import pytest

from regard.core.errors import Unavailable
from regard.core.event import MessageOutcome
from regard.core.ports import Message
from regard.store import MemoryStore
from regard.testing import RecordingChannel
from tests.channels.servers import Endpoint
from tests.operating.house import ENVIRON, make_program, running
from tests.runtime.shop import FullDisk

SOON = timedelta(milliseconds=250)


class Slow(RecordingChannel):
    """A channel whose provider does not answer before it is let."""

    def __init__(self) -> None:
        super().__init__()
        self.may_answer = asyncio.Event()

    async def send(self, message: Message) -> MessageOutcome:
        await self.may_answer.wait()
        return await super().send(message)


def test_a_house_that_keeps_up_is_ready_and_alive() -> None:
    async def play() -> None:
        async with running(make_program(late_after=SOON)) as house:
            assert await house.ready() == (200, [])
            live = await house.client.get("/health/live")
            assert (live.status_code, live.json()) == (200, {"ok": True})
            old = (await house.client.get("/health")).json()
            assert (old["ok"], old["loop"], old["behind_s"]) == (True, "running", 0.0)

    asyncio.run(play())


@pytest.mark.slow
def test_a_channel_that_does_not_answer_makes_the_house_unready_until_it_does() -> None:
    async def play() -> None:
        chat = Slow()
        program = make_program(late_after=SOON)
        async with running(program, make_adapter=lambda _channel, _program: chat) as house:
            await house.order("lamp")
            lags = await house.until(lambda lags: any("no answer" in lag["says"] for lag in lags))
            stuck = lags[-1]
            assert (stuck["what"], stuck["name"]) == ("channel", "chat")
            assert stuck["late_s"] >= SOON.total_seconds()
            assert stuck["since"].startswith("20")
            assert "timeout_s" in stuck["do"]
            live = await house.client.get("/health/live")
            assert live.status_code == 200, "the process is well; restarting would not help"
            assert (await house.metrics())["regard_lag_seconds{name=chat,what=channel}"] > 0
            chat.may_answer.set()
            assert await house.until(lambda lags: not lags) == []

    asyncio.run(play())


@pytest.mark.slow
def test_a_provider_that_is_down_makes_the_house_unready_although_nothing_is_late_by_us() -> None:
    """What waits for a paused channel may not go yet and is not late; people wait all the same."""

    async def play() -> None:
        endpoint = Endpoint(lambda _n: (503, {}, b""))
        async with endpoint.serve() as url, running(make_program(url, late_after=SOON)) as house:
            for number in range(12):
                await house.order(f"lamp-{number}")
            down = "The provider of chat is down"
            await house.until(lambda lags: any(down in lag["says"] for lag in lags))
            metrics = await house.metrics()
            assert metrics["regard_warnings_total{event=channel_paused,level=warning}"] == 1
            assert metrics["regard_lag_seconds{name=chat,what=channel}"] > 0
            assert metrics["regard_ready"] == 0

    asyncio.run(play())


@pytest.mark.slow
def test_a_store_that_cannot_be_written_is_named() -> None:
    async def play() -> None:
        disk = FullDisk(MemoryStore())
        async with running(make_program(late_after=SOON), store=disk) as house:
            disk.is_full = True
            told = await house.order("lamp")
            assert told["code"] == "disk_full"
            assert [lag["what"] for lag in (await house.ready())[1]] == ["store"]
            metrics = await house.metrics()
            assert metrics["regard_appends_refused_total{code=disk_full}"] == 1
            assert metrics["regard_refusing"] == 1
            disk.is_full = False

    asyncio.run(play())


@pytest.mark.slow
def test_a_loop_that_stopped_is_neither_ready_nor_alive() -> None:
    async def play() -> None:
        async with running(make_program()) as house:
            house.house.engine.fail(Unavailable("The disk is gone.", code="disk_gone"))
            assert (await house.client.get("/health/live")).status_code == 503
            status, lags = await house.ready()
            assert (status, lags[0]["what"]) == (503, "loop")
            assert "The disk is gone." in lags[0]["says"]

    asyncio.run(play())


def test_settings_are_checked_with_their_place() -> None:
    with pytest.raises(Exception, match="late_after: is not between a second and an hour"):
        make_program(operating='late_after = "3 hours"')
    with pytest.raises(Exception, match="metrics: 'closed' is not known here"):
        make_program(operating='metrics = "closed"')
    assert make_program().operating.metrics_token == ENVIRON["METRICS_TOKEN"]
