"""Reads SMTP replies off a connection that `aiosmtplib` has opened, encrypted and logged in.

In: bytes of the server. Out: replies in order, so that several commands may be under way
(RFC 2920), which `aiosmtplib` cannot do: it drops a reply that nobody awaits yet. Anything that is
not SMTP, or too long, ends the connection.
"""

from __future__ import annotations

import asyncio
from collections import deque
from typing import NamedTuple, cast

REPLY_MAX = 65_536
"""Bytes of one reply; a server that sends more without an end is not speaking SMTP."""


class Reply(NamedTuple):
    """One reply: its code and its lines joined by a space."""

    code: int
    text: str


class Wire(asyncio.Protocol):
    """One connection after the handshake. One reader at a time."""

    def __init__(self) -> None:
        self._transport: asyncio.Transport | None = None
        self._buffer = bytearray()
        self._lines: list[str] = []
        self._replies: deque[Reply] = deque()
        self._waiter: asyncio.Future[None] | None = None
        self._lost_because = ""
        self._until = 0.0
        self._alarm: asyncio.TimerHandle | None = None

    @property
    def is_open(self) -> bool:
        """Whether commands may still be written."""
        transport = self._transport
        return transport is not None and not transport.is_closing() and not self._lost_because

    @property
    def is_quiet(self) -> bool:
        """Whether no reply waits unread; one that nobody asked for would shift all that follow."""
        return not self._replies and not self._buffer

    def write(self, data: bytes) -> None:
        """Send bytes; raise `ConnectionError` when the connection is gone."""
        if not self.is_open:
            raise ConnectionError(self._lost_because or "connection closed")
        cast(asyncio.Transport, self._transport).write(data)

    async def read(self, until: float) -> Reply:
        """Return the next reply; raise `ConnectionError` when none can come any more.

        Raise `TimeoutError` when none has come `until` a moment of the loop's clock.
        """
        while not self._replies:
            if not self.is_open:
                raise ConnectionError(self._lost_because or "connection closed")
            loop = asyncio.get_running_loop()
            self._waiter = loop.create_future()
            self._watch(loop, until)
            try:
                await self._waiter
            finally:
                self._waiter = None
        return self._replies.popleft()

    def _watch(self, loop: asyncio.AbstractEventLoop, until: float) -> None:
        """See to it that a reader waits no longer than `until`.

        One alarm outlasts many replies: setting one for each cost 20 µs a mail.
        """
        self._until = until
        if self._alarm is not None:
            if self._alarm.when() <= until:
                return
            self._alarm.cancel()
        self._alarm = loop.call_at(until, self._ring, loop)

    def _ring(self, loop: asyncio.AbstractEventLoop) -> None:
        self._alarm = None
        if self._waiter is None or self._waiter.done():
            return
        if loop.time() < self._until:
            self._alarm = loop.call_at(self._until, self._ring, loop)
        else:
            self._waiter.set_exception(TimeoutError())

    def close(self) -> None:
        """Close at once; whoever still reads gets a `ConnectionError`."""
        self._end("closed by us")

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        self._transport = cast(asyncio.Transport, transport)

    def data_received(self, data: bytes) -> None:
        if not self._buffer and data.find(b"\n") == len(data) - 1:
            self._take_line(data[:-1])  # one whole line: nearly always
        else:
            self._take_lines(data)
        if len(self._buffer) > REPLY_MAX or len(self._lines) > REPLY_MAX // 64:
            self._end("the reply is too long")
        if self._replies:
            self._wake()

    def _take_lines(self, data: bytes) -> None:
        self._buffer += data
        start = 0
        while (end := self._buffer.find(b"\n", start)) >= 0:
            self._take_line(bytes(self._buffer[start:end]))
            start = end + 1
        del self._buffer[:start]

    def eof_received(self) -> bool:
        self._end("closed by the server")
        return False

    def connection_lost(self, exc: Exception | None) -> None:
        self._end(str(exc) if exc else "closed by the server")

    def _take_line(self, line: bytes) -> None:
        code, mark = line[:3], line[3:4]
        if not code.isdigit() or mark not in (b"", b" ", b"-", b"\r"):
            self._end("the server does not speak SMTP")
            return
        text = line[4:].decode("utf-8", "replace").strip()
        if mark == b"-":
            self._lines.append(text)
        elif self._lines:
            self._replies.append(Reply(int(code), " ".join((*self._lines, text))))
            self._lines = []
        else:
            self._replies.append(Reply(int(code), text))

    def _end(self, reason: str) -> None:
        if not self._lost_because:
            self._lost_because = reason
        if self._alarm is not None:
            self._alarm.cancel()
            self._alarm = None
        if self._transport is not None and not self._transport.is_closing():
            self._transport.close()
        self._wake()

    def _wake(self) -> None:
        if self._waiter is not None and not self._waiter.done():
            self._waiter.set_result(None)
