"""The live stream: an appended row arrives, and a reconnect goes on where it was."""

from __future__ import annotations

import asyncio
import re
from typing import Any

import pytest
from starlette.applications import Starlette

from regard.assembly import build_kernel
from regard.console.decision_reports import Reports
from regard.console.desk import Desk
from regard.console.live import BEHIND_MAX, FRAME_MAX, ROWS_MAX, Live
from regard.core.event import Identifier
from regard.testing.clock import VirtualClock
from tests.console.airline import airline
from tests.console.cast import NOW, Cast
from tests.console.conftest import sign_in
from tests.console.serve import HEALTH, SECRET, app
from tests.console.visitor import Visitor


@pytest.fixture
def cast() -> Cast:
    cast = Cast()
    who = cast.person("Ada", Identifier("user_id", "ada"), zone="Asia/Shanghai")
    for number in range(1, 4):
        cast.event(who, NOW, f"Event {number}", "web.desktop")
    return cast


def more(cast: Cast, count: int) -> None:
    who = next(iter(cast.shelf.persons))
    for _ in range(count):
        cast.event(who, NOW, "More", "web.desktop")


async def listen(site: Starlette, cookie: str, until: bytes, *, last_id: str = "") -> bytes:
    """Read the stream over ASGI until a text has come, then hang up as a browser does."""
    heard, done = b"", asyncio.Event()
    headers = [(b"cookie", cookie.encode()), (b"accept", b"text/event-stream")]
    if last_id:
        headers.append((b"last-event-id", last_id.encode()))
    scope: dict[str, Any] = {
        "type": "http",
        "method": "GET",
        "path": "/now/stream",
        "query_string": b"after=1",
        "headers": headers,
        "scheme": "http",
        "server": ("console", 80),
        "client": ("browser", 1),
    }
    sent = [{"type": "http.request", "body": b"", "more_body": False}]

    async def receive() -> dict[str, Any]:
        if sent:
            return sent.pop()
        await done.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        nonlocal heard
        heard += message.get("body", b"")
        if until in heard:
            done.set()

    await asyncio.wait_for(site(scope, receive, send), 10)
    return heard


def names(heard: bytes) -> list[str]:
    return re.findall(r'class="said" title="(Event \d|More) "', heard.decode())


def test_stream_delivers_rows_behind_the_offset_and_resumes_without_loss(cast: Cast) -> None:
    site = app(cast.shelf, VirtualClock(NOW))
    with Visitor(site) as client:
        sign_in(client, SECRET)
        cookie = f"regard_session={client.cookies['regard_session']}"
    heard = asyncio.run(listen(site, cookie, b"Event 3"))
    assert b"id: 3\nevent: rows\n" in heard
    assert names(heard) == ["Event 3", "Event 2"], "newest first, the first one was known"
    assert b"17:30:00" in heard, "shown in her own time"
    more(cast, 1)
    heard = asyncio.run(listen(site, cookie, b"More", last_id="3"))
    assert names(heard) == ["More"]
    assert b"id: 4\n" in heard


def live_over(cast: Cast, rendered: list[int]) -> Live:
    program, clock = airline(), VirtualClock(NOW)
    desk = Desk(
        library=cast.shelf,
        program=lambda: program,
        clock=clock,
        intake=cast.shelf,
        health=lambda: (True, HEALTH),
        kernel=build_kernel(),
        reports=Reports(cast.shelf, lambda: program, clock),
    )

    def render(rows: Any) -> str:
        rendered.append(len(rows))
        return "rows"

    return Live(desk, render, tick_s=0)


async def second_frame(live: Live, after: int) -> bytes:
    frames = live.frames(after)
    await anext(frames)
    return await anext(frames)


def test_readers_at_the_same_place_share_one_rendering(cast: Cast) -> None:
    rendered: list[int] = []
    live = live_over(cast, rendered)

    async def many() -> list[bytes]:
        return await asyncio.gather(*(second_frame(live, 0) for _ in range(50)))

    assert len(set(asyncio.run(many()))) == 1
    assert rendered == [3]


def test_burst_is_one_frame_with_the_newest_rows(cast: Cast) -> None:
    more(cast, 400)
    rendered: list[int] = []
    frame = asyncio.run(second_frame(live_over(cast, rendered), 3))
    assert frame.startswith(b"id: 403\n")
    assert rendered == [ROWS_MAX]


def test_reader_far_behind_is_told_what_it_skipped(cast: Cast) -> None:
    more(cast, BEHIND_MAX + 10)
    frame = asyncio.run(second_frame(live_over(cast, []), 0))
    assert frame.decode() == (f"id: {BEHIND_MAX + 13 - FRAME_MAX}\nevent: skipped\ndata: 4,513\n\n")


def test_id_from_another_journal_starts_at_the_end(cast: Cast) -> None:
    async def read() -> bytes:
        live = live_over(cast, [])
        frames = live.frames(10**9)
        await anext(frames)
        more(cast, 1)
        return await anext(frames)

    assert asyncio.run(read()).startswith(b"id: 4\n")
