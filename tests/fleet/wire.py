"""A network between a process and its database that can fall silent, be cut, or lose one answer.

A TCP proxy on loopback in a thread of its own. What is sent while it is silent comes when it speaks
again, as after a router's outage; what was under way when it was cut never comes.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from threading import Thread

CHUNK = 65_536


class Wire:
    """From `port`, on loopback, to the port of a server."""

    def __init__(self, to_port: int) -> None:
        self.port = 0
        self._to_port = to_port
        self._loop = asyncio.new_event_loop()
        self._flowing = asyncio.Event()
        self._flowing.set()
        self._is_cut = False
        self._word = b""
        self._writers: set[asyncio.StreamWriter] = set()

    @contextmanager
    def open(self) -> Iterator[Wire]:
        """Let connections through while the block runs."""
        thread = Thread(target=self._loop.run_forever, name="wire")
        thread.start()
        try:
            making = asyncio.start_server(self._connect, "127.0.0.1", 0)
            server = asyncio.run_coroutine_threadsafe(making, self._loop).result()
            self.port = server.sockets[0].getsockname()[1]
            yield self
            asyncio.run_coroutine_threadsafe(self._close(server), self._loop).result()
        finally:
            self._loop.call_soon_threadsafe(self._loop.stop)
            thread.join()
            self._loop.close()

    def location(self, database: str) -> str:
        """Return the location of a database of the server, through this wire."""
        return f"postgresql://regard@127.0.0.1:{self.port}/{database}"

    def fall_silent(self) -> None:
        """Let nothing through, either way; no connection ends by it."""
        self._do(self._flowing.clear)

    def cut(self) -> None:
        """End all connections, and every new one at once."""

        def work() -> None:
            self._is_cut = True
            for writer in list(self._writers):
                writer.transport.abort()

        self._do(work)

    def mend(self) -> None:
        """Let everything through again."""

        def work() -> None:
            self._is_cut = False
            self._flowing.set()

        self._do(work)

    def lose_answer(self, word: bytes) -> None:
        """Cut the first connection on which the server answers a word, before it is heard."""

        def work() -> None:
            self._word = word

        self._do(work)

    def _do(self, work: Callable[[], None]) -> None:
        async def done() -> None:
            work()

        asyncio.run_coroutine_threadsafe(done(), self._loop).result()

    async def _connect(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        ends = [writer]
        try:
            if not self._is_cut:
                there_reader, there = await asyncio.open_connection("127.0.0.1", self._to_port)
                ends.append(there)
                self._writers |= set(ends)
                await asyncio.gather(
                    self._pump(reader, there, is_answer=False),
                    self._pump(there_reader, writer, is_answer=True),
                )
        except OSError:
            pass  # one end is gone, and so is the connection
        finally:
            self._writers -= set(ends)
            for end in ends:
                end.transport.abort()

    async def _pump(
        self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter, *, is_answer: bool
    ) -> None:
        while data := await reader.read(CHUNK):
            await self._flowing.wait()
            if is_answer and self._word and self._word in data:
                self._word = b""
                break
            writer.write(data)
            await writer.drain()
        raise ConnectionResetError

    async def _close(self, server: asyncio.Server) -> None:
        server.close()
        self._flowing.set()
        for writer in list(self._writers):
            writer.transport.abort()
        others = [task for task in asyncio.all_tasks() if task is not asyncio.current_task()]
        await asyncio.gather(*others, return_exceptions=True)
        await asyncio.sleep(0)  # transports that were aborted close in the next turn
