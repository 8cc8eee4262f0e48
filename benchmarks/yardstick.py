"""A bare machine that does the same with nothing in it: HTTP, SQLite, SMTP; the measure of cost.

Two processes: one takes events (unique message id, one synced transaction for all requests that
wait) and answers; the other sends one mail for each, eight at a time, and marks it sent. No
profiles, promises, gate or templates. ``python -m benchmarks.yardstick take|send …`` runs one.
Batches of Segment's shape it keeps as they are and checks nothing but that each has an id.
"""

from __future__ import annotations

import asyncio
import sqlite3
import sys
from email.message import EmailMessage

import aiosmtplib
import msgspec
import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

SENDERS = 8
SCHEMA = """CREATE TABLE IF NOT EXISTS event (
    id INTEGER PRIMARY KEY, key TEXT UNIQUE, address TEXT, token TEXT, is_sent INTEGER DEFAULT 0)"""
INSERT = "INSERT INTO event (key, address, token) VALUES (?, ?, ?) ON CONFLICT DO NOTHING"
NEXT = "SELECT id, address, token FROM event WHERE is_sent = 0 AND id > ? ORDER BY id LIMIT 200"

Row = tuple[str, str, str]
Waiting = list[tuple[list[Row], "asyncio.Future[None]"]]


def opened(path: str) -> sqlite3.Connection:
    """Return a connection with the same durability as the house."""
    connection = sqlite3.connect(path, isolation_level=None, timeout=30, check_same_thread=False)
    connection.execute("PRAGMA journal_mode = WAL")
    connection.execute("PRAGMA synchronous = FULL")
    connection.execute(SCHEMA)
    connection.execute("CREATE INDEX IF NOT EXISTS unsent ON event (id) WHERE is_sent = 0")
    return connection


class Taker:
    """Takes events; what comes while a transaction is written shares the next one."""

    def __init__(self, path: str) -> None:
        self._connection = opened(path)
        self._waiting: Waiting = []
        self._writing: asyncio.Task[None] | None = None

    async def take(self, request: Request) -> Response:
        """Take one event that asks for a mail."""
        item = msgspec.json.decode(await request.body())
        return await self._kept([(item["messageId"], item["address"], item["token"])])

    async def take_batch(self, request: Request) -> Response:
        """Take a batch of Segment's events, each kept as its bytes; nobody is written to."""
        items = msgspec.json.decode(await request.body())["batch"]
        encode = msgspec.json.encode
        return await self._kept([(item["messageId"], "", encode(item).decode()) for item in items])

    async def _kept(self, rows: list[Row]) -> Response:
        done = asyncio.get_running_loop().create_future()
        self._waiting.append((rows, done))
        if self._writing is None or self._writing.done():
            self._writing = asyncio.create_task(self._write())
        await done
        return Response(status_code=204)

    async def _write(self) -> None:
        while self._waiting:
            batch, self._waiting = self._waiting, []
            await asyncio.to_thread(self._insert, [row for rows, _ in batch for row in rows])
            for _, done in batch:
                done.set_result(None)

    def _insert(self, rows: list[Row]) -> None:
        self._connection.execute("BEGIN IMMEDIATE")
        self._connection.executemany(INSERT, rows)
        self._connection.execute("COMMIT")


async def send_all(path: str, smtp_port: int) -> None:
    """Send a mail for every event, for ever; a failed one is tried again with the next round."""
    connection = opened(path)
    idle: asyncio.Queue[aiosmtplib.SMTP] = asyncio.Queue()
    for _ in range(SENDERS):
        client = aiosmtplib.SMTP(hostname="127.0.0.1", port=smtp_port, start_tls=False)
        await client.connect()
        idle.put_nowait(client)

    async def send(number: int, address: str, token: str) -> int:
        mail = EmailMessage()
        mail["From"], mail["To"], mail["Subject"] = "us@yardstick.example", address, f"go {token}"
        mail.set_content(f"Dear customer,\nyour token is {token}.\n")
        client = await idle.get()
        try:
            await client.send_message(mail)
        except aiosmtplib.SMTPException:
            return 0
        finally:
            idle.put_nowait(client)
        return number

    while True:
        rows = connection.execute(NEXT, (0,)).fetchall()
        sent = await asyncio.gather(*(send(*row) for row in rows))
        if rows:
            connection.execute("BEGIN IMMEDIATE")
            marks = [(number,) for number in sent if number]
            connection.executemany("UPDATE event SET is_sent = 1 WHERE id = ?", marks)
            connection.execute("COMMIT")
        else:
            await asyncio.sleep(0.005)


def main(role: str, path: str, port: int) -> None:
    """Run one of the two processes; `port` is the one to listen on, or the mail server's."""
    if role == "send":
        asyncio.run(send_all(path, port))
        return
    taker = Taker(path)
    single = Route("/go", taker.take, methods=["POST"])
    batch = Route("/v1/batch", taker.take_batch, methods=["POST"])
    app = Starlette(routes=[single, batch])
    uvicorn.run(app, port=port, log_level="warning", access_log=False)


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], int(sys.argv[3]))
