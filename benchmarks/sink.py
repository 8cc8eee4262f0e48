"""A mail server in its own process that takes everything and remembers when each token arrived.

A token is the last word of a subject. Times are monotonic seconds, comparable between the
processes of one machine.
"""

from __future__ import annotations

import asyncio
import multiprocessing
import time
from collections.abc import Iterator
from contextlib import contextmanager
from email.parser import BytesHeaderParser
from email.policy import default as policy
from multiprocessing.connection import Connection

from aiosmtpd.smtp import SMTP, Envelope, Session

from benchmarks.serving import cpu_s_of

WITHIN_S = 120.0


class Sink:
    """The running mail server as its benchmark sees it."""

    def __init__(self, line: Connection, pid: int) -> None:
        self._line = line
        self._pid = pid
        self.port: int = line.recv()

    def arrivals(self) -> dict[str, list[float]]:
        """Return when each token arrived since the last call."""
        self._line.send("take")
        found: dict[str, list[float]] = self._line.recv()
        return found

    def until(self, count: int) -> None:
        """Return when `count` messages have come since the last `arrivals`."""
        deadline = time.monotonic() + WITHIN_S
        while self._count() < count:
            if time.monotonic() > deadline:
                raise TimeoutError(f"{self._count()} of {count} messages arrived")
            time.sleep(0.01)

    def cpu_s(self) -> float:
        """Return the CPU seconds used by the mail server."""
        return cpu_s_of(self._pid)

    def _count(self) -> int:
        self._line.send("count")
        count: int = self._line.recv()
        return count


@contextmanager
def sink() -> Iterator[Sink]:
    """Run a mail server until the block ends."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs,), daemon=True)
    process.start()
    try:
        yield Sink(ours, process.pid or 0)
    finally:
        ours.send("end")
        process.join(timeout=10)


class _Keeper:
    """aiosmtpd's handler: notes tokens."""

    def __init__(self) -> None:
        self.found: dict[str, list[float]] = {}
        self.count = 0
        self._parse = BytesHeaderParser(policy=policy).parsebytes

    async def handle_DATA(  # noqa: N802 - the name that aiosmtpd calls
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        content = envelope.content or b""
        head = content if isinstance(content, bytes) else content.encode()
        subject = str(self._parse(head.partition(b"\r\n\r\n")[0] + b"\r\n\r\n")["Subject"])
        self.found.setdefault(subject.rsplit(maxsplit=1)[-1], []).append(time.monotonic())
        self.count += 1
        return "250 taken"


def _serve(line: Connection) -> None:
    asyncio.run(_run(line))


async def _run(line: Connection) -> None:
    keeper = _Keeper()
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()
    server = await loop.create_server(lambda: SMTP(keeper, hostname="sink"), "127.0.0.1", 0)
    line.send(server.sockets[0].getsockname()[1])

    def answer() -> None:
        match line.recv():
            case "count":
                line.send(keeper.count)
            case "take":
                line.send(keeper.found)
                keeper.found, keeper.count = {}, 0
            case _:
                ended.set()

    loop.add_reader(line.fileno(), answer)
    await ended.wait()
    server.close()
