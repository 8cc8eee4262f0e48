"""A mail server in its own process that takes everything and remembers when each token arrived.

`lean` is the server of `benchmarks.mail_server`, whose own cost is small; else it is aiosmtpd, at
some 1.5 CPU-ms a mail. A token is the last word of a subject. Times are monotonic seconds,
comparable between the processes of one machine.
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

import uvloop
from aiosmtpd.smtp import SMTP, Envelope, Session

from benchmarks.mail_server import Mail, MailServer
from benchmarks.serving import cpu_s_of

WITHIN_S = 120.0
_PARSER = BytesHeaderParser(policy=policy)


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
def sink(*, is_lean: bool = True) -> Iterator[Sink]:
    """Run a mail server until the block ends."""
    context = multiprocessing.get_context("spawn")
    ours, theirs = context.Pipe()
    process = context.Process(target=_serve, args=(theirs, is_lean), daemon=True)
    process.start()
    try:
        yield Sink(ours, process.pid or 0)
    finally:
        ours.send("end")
        process.join(timeout=10)


class _Keeper:
    """Notes tokens; the handler of both servers."""

    def __init__(self) -> None:
        self.found: dict[str, list[float]] = {}
        self.count = 0

    async def handle_DATA(  # noqa: N802 - the name that aiosmtpd calls
        self, _server: SMTP, _session: Session, envelope: Envelope
    ) -> str:
        content = envelope.content or b""
        return self.note(content if isinstance(content, bytes) else content.encode())

    def take(self, mail: Mail) -> str:
        """Take a mail of the lean server."""
        return self.note(mail.content)

    def note(self, content: bytes) -> str:
        """Note the token of one mail; return the answer to it."""
        token = _subject(content).rsplit(maxsplit=1)[-1]
        self.found.setdefault(token, []).append(time.monotonic())
        self.count += 1
        return "250 2.0.0 taken"


def _subject(content: bytes) -> str:
    """Return the subject; only one in encoded words costs the parser of the standard library."""
    head = b"\r\n" + content.partition(b"\r\n\r\n")[0] + b"\r\n"
    line, _, after = head.partition(b"\r\nSubject: ")[2].partition(b"\r\n")
    if b"=?" in line or after[:1] in (b" ", b"\t"):
        return str(_PARSER.parsebytes(head[2:] + b"\r\n")["Subject"])
    return line.decode("utf-8", "replace")


def _serve(line: Connection, is_lean: bool) -> None:  # noqa: FBT001 - given by position
    with asyncio.Runner(loop_factory=uvloop.new_event_loop) as runner:
        runner.run(_run(line, is_lean=is_lean))


async def _run(line: Connection, *, is_lean: bool) -> None:
    keeper = _Keeper()
    loop = asyncio.get_running_loop()
    ended = asyncio.Event()

    def connection() -> asyncio.Protocol:
        return MailServer(keeper.take) if is_lean else SMTP(keeper, hostname="sink")

    server = await loop.create_server(connection, "127.0.0.1", 0)
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
