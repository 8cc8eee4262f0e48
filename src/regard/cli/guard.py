"""The HTTP protocol of `regard serve`: uvicorn's, made deaf to who is endless or too slow.

uvicorn's parser takes headers of any length and waits for ever for a request to end. Here a
request has a size for its head and a time to arrive; who exceeds one is told, if a reply can still
be understood, and hung up on. A proxy in front may be stricter; without one this is the limit.
"""

from __future__ import annotations

from asyncio import BaseTransport, TimerHandle

from uvicorn.protocols.http.httptools_impl import HttpToolsProtocol

BARREN_BYTES_MAX = 64 * 1024
"""Bytes in a row that bring no body and end no request: a head (browsers send some kilobytes,
proxies allow 8 to 32), trailers, the extensions of chunks. What one read brings may come on top."""

ARRIVAL_S = 60.0
"""From the first byte of a connection or a request to its last: 4 MiB at 70 kB a second."""

_TOO_LARGE = b'{"code":"too_large","message":"The head of the request is larger than 64 KiB."}'
_REFUSAL = (
    b"HTTP/1.1 431 Request Header Fields Too Large\r\ncontent-type: application/json\r\n"
    b"content-length: %d\r\nconnection: close\r\n\r\n%b"
) % (len(_TOO_LARGE), _TOO_LARGE)


class GuardedHttp(HttpToolsProtocol):
    """One connection: what leads nowhere is counted, and every request is timed until it ends."""

    arrival_s = ARRIVAL_S
    _barren_bytes = 0
    _deadline: TimerHandle | None = None

    def connection_made(self, transport: BaseTransport) -> None:
        """Begin to wait for the first request."""
        super().connection_made(transport)  # type: ignore[arg-type]
        self._expect()

    def connection_lost(self, exc: Exception | None) -> None:
        """Forget the deadline."""
        self._relax()
        super().connection_lost(exc)

    def data_received(self, data: bytes) -> None:
        """Take bytes; hang up when too many in a row led nowhere."""
        self._barren_bytes += len(data)
        if self._deadline is None:
            self._expect()
        super().data_received(data)
        if self._barren_bytes > BARREN_BYTES_MAX and not self.transport.is_closing():
            self.transport.write(_REFUSAL)
            self.transport.close()

    def on_body(self, body: bytes) -> None:
        """Take a part of a body."""
        self._barren_bytes = 0
        super().on_body(body)

    def on_message_complete(self) -> None:
        """End a request: the time until its reply is ours, not the sender's."""
        self._barren_bytes = 0
        self._relax()
        super().on_message_complete()

    def _expect(self) -> None:
        self._deadline = self.loop.call_later(self.arrival_s, self._hang_up)

    def _relax(self) -> None:
        if self._deadline is not None:
            self._deadline.cancel()
            self._deadline = None

    def _hang_up(self) -> None:
        self._deadline = None
        if not self.transport.is_closing():
            self.transport.close()
