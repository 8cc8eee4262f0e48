"""A small real HTTP server that keeps what it got, and a clock that leaps to the next moment."""

from __future__ import annotations

import asyncio
import threading
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

START = datetime(2026, 3, 2, 6, tzinfo=UTC)


class LeapingTempo:
    """World time that passes only by waiting, and then at once."""

    def __init__(self) -> None:
        self._now = START
        self.tethers: dict[str, datetime] = {}
        self.tied: set[str] = set()

    def now(self) -> datetime:
        return self._now

    async def sleep_until(self, moment: datetime) -> None:
        self._now = max(self._now, moment)
        await asyncio.sleep(0)

    def tether(self, who: str, at: datetime | None) -> None:
        if at is None:
            self.tethers.pop(who, None)
        else:
            self.tethers[who] = at
            self.tied.add(who)


class Recorder(ThreadingHTTPServer):
    """Answers 200 to everything, after the odd replies that a test laid out in `odd_replies`."""

    daemon_threads = True

    def __init__(self) -> None:
        super().__init__(("127.0.0.1", 0), _Handler)
        self.requests: list[tuple[str, dict[str, str], bytes]] = []
        self.odd_replies: list[int] = []
        self.lock = threading.Lock()

    @property
    def base_url(self) -> str:
        return f"http://127.0.0.1:{self.server_address[1]}"

    def paths(self) -> Counter[str]:
        return Counter(path for path, _, _ in self.requests)


class _Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    server: Recorder

    def do_POST(self) -> None:
        body = self.rfile.read(int(self.headers["Content-Length"]))
        headers = {name.lower(): value for name, value in self.headers.items()}
        with self.server.lock:
            self.server.requests.append((self.path, headers, body))
            status = self.server.odd_replies.pop(0) if self.server.odd_replies else 200
        answer = b'{"success": true}'
        self.send_response(status)
        if status == 429:
            self.send_header("Retry-After", "0")
        self.send_header("Content-Length", str(len(answer)))
        self.end_headers()
        self.wfile.write(answer)

    def log_message(self, *_: object) -> None:
        """Stay quiet."""


@pytest.fixture
def recorder() -> Iterator[Recorder]:
    server = Recorder()
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.01})
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def tempo() -> LeapingTempo:
    return LeapingTempo()
