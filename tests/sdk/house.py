"""A whole house behind a socket, and a line to it that may lose an answer.

`Server` is what tests ask: what was taken, who it is about, what was refused. Everything is read
from the store, as the console does. `Line` stands between the socket and the house: it hands a
request on and answers 503 in the house's place, so that an SDK sends again what was taken already.
"""

from __future__ import annotations

from dataclasses import dataclass

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from regard.assembly.house import House
from regard.core.event import Event
from regard.core.rows import Rejected

QUESTIONS = ("/flags", "/decide", "/heard")
"""Paths that are asked by POST or by a page and bring no events."""


class Line:
    """Loses the answers to the next `losses` requests that bring events."""

    def __init__(self, app: ASGIApp) -> None:
        self._app = app
        self.losses = 0
        self.lost_count = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        brings_events = scope["type"] == "http" and scope["method"] == "POST"
        if not brings_events or not self.losses or scope["path"].startswith(QUESTIONS):
            await self._app(scope, receive, send)
            return
        self.losses -= 1
        self.lost_count += 1

        async def lost(message: Message) -> None:
            if message["type"] == "http.response.start":
                retry_after = (b"retry-after", b"1")
                message = message | {"status": 503, "headers": [*message["headers"], retry_after]}
            await send(message)

        await self._app(scope, receive, lost)


@dataclass(frozen=True)
class Server:
    """A running Regard: its address, the line to it, and what it took in and refused."""

    base_url: str
    house: House
    line: Line

    def events(self) -> list[Event]:
        """Return the events that were taken, in order."""
        with self.house.plan.store.reading() as reading:
            entries = [entry for entry, _, _ in reading.tail.after(0, 10_000)]
        return [entry.body for entry in entries if isinstance(entry.body, Event)]

    def persons(self) -> set[str]:
        """Return whom the identifiers of all events lead to."""
        identifiers = {one for event in self.events() for one in event.identifiers}
        with self.house.plan.store.reading() as reading:
            return {str(reading.people.find(one)) for one in identifiers}

    def rejected(self) -> list[Rejected]:
        with self.house.plan.store.reading() as reading:
            return list(reading.registers.sources()[1])

    def duplicate_count(self) -> int:
        with self.house.plan.store.reading() as reading:
            return sum(row.duplicate_count for row in reading.registers.sources()[0])

    def stop(self) -> None:
        """End the loop and let everything follow from what came in."""
        self.house.engine.stop()
        while self.house.ledger.advance():
            pass

    async def heard(self, count: int) -> None:
        """Return as soon as `count` events have come, and whatever got no answer came again."""
        while len(self.events()) < count or self.duplicate_count() < self.line.lost_count:
            await self.house.engine.wait()
