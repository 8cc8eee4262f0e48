"""The feed for pages and apps: one look (`GET /v1/feed`) and a live stream (`/v1/feed/live`).

In: a write key and who the visitor is. Out: JSON, or server-sent events of the same JSON whenever
it changes. Reading by a bare user id is refused: it can be guessed (`channels.visitors`). A look,
and the beginning of a stream, count as one event of their source (`limit_per_s`). Every stream
follows the journal through one shared reader, so thousands of open pages ask once.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable, Mapping

import msgspec
from starlette.concurrency import run_in_threadpool
from starlette.requests import Request
from starlette.responses import Response, StreamingResponse

from regard.api.desk import Desk
from regard.api.follower import Follower
from regard.api.keys import headers_of, write_key
from regard.api.lying import Door, Look, Sign, View, chosen, lying_for
from regard.api.replies import raw_reply
from regard.core.errors import Refused, Unavailable
from regard.core.ids import identity_of
from regard.core.ports import Library
from regard.core.program import Program
from regard.core.reaching import SELF

FRESH_S = 20.0
"""A stream looks again after so long when nothing woke it: something may have passed its use, and
proxies close connections that are silent for longer."""

STREAMS_MAX = 5_000
"""Open streams of one process, some 20 kB each; beyond, pages are told to come back."""

_NO_STORE = {"Cache-Control": "no-store"}


class Feed:
    """Answers looks and keeps streams; `sign` signs the messages' own tokens."""

    def __init__(
        self,
        desk: Desk,
        library: Library,
        program: Callable[[], Program],
        doors: Mapping[str, Door],
        sign: Sign,
    ) -> None:
        self._desk = desk
        self._library = library
        self._program = program
        self._doors = doors
        self._sign = sign
        self._follower = Follower(library)

    async def read(self, request: Request) -> Response:
        """Return what lies for the visitor now."""
        content, _ = await run_in_threadpool(self._look, self._visitor(request))
        return raw_reply(content, headers=_NO_STORE)

    async def live(self, request: Request) -> Response:
        """Return a stream of what lies for the visitor, at once and whenever it changes."""
        look = self._visitor(request)
        if self._follower.count >= STREAMS_MAX:
            raise Unavailable("Too many feeds are open.", retry_after_s=30)
        return StreamingResponse(
            self._frames(look), media_type="text/event-stream", headers=_NO_STORE
        )

    def _visitor(self, request: Request) -> Look:
        query = request.query_params
        self._desk.spend(self._desk.source(write_key(headers_of(request), query.get("key", ""))))
        channel = chosen(self._program(), self._doors, SELF, query.get("channel", ""))
        given, is_proven = self._doors[channel].identify(query)
        found = self._desk.drafter().identifiers({given.kind: given.value})
        if not found:
            raise Refused("This id is nothing that people are known by.", code="bad_identifier")
        return Look(channel=channel, identifier=found[0], is_proven=is_proven)

    def _look(self, look: Look) -> tuple[bytes, str]:
        door = self._doors[look.channel]
        with self._library.reading() as reading:
            view = View(
                program=self._program(), reading=reading, sign=self._sign, now=self._desk.now()
            )
            found, person_id = lying_for(look, door, view)
        return msgspec.json.encode(found), person_id

    async def _frames(self, look: Look) -> AsyncIterator[bytes]:
        yield b"retry: 3000\n\n"
        shown = b""
        identity = identity_of(look.identifier.kind, look.identifier.value)
        async with self._follower.listening(identity) as listener:
            while True:
                listener.woken.clear()
                content, listener.person_id = await run_in_threadpool(self._look, look)
                if content != shown:
                    shown = content
                    yield b"event: feed\ndata: " + content + b"\n\n"
                else:
                    yield b": nothing new\n\n"
                await _either(listener.woken, FRESH_S)


async def _either(event: asyncio.Event, within_s: float) -> None:
    try:
        async with asyncio.timeout(within_s):
            await event.wait()
    except TimeoutError:
        return
