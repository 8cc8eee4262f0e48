"""A load generator in a process of its own: keep-alive HTTP over plain asyncio streams.

As lean as possible, so that the two cores are left to what is measured. It reports when each
request was answered, on the monotonic clock that all processes of a machine share.
"""

from __future__ import annotations

import asyncio
import base64
import multiprocessing
import time
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from typing import NamedTuple


class Sent(NamedTuple):
    """When requests began and were answered (monotonic seconds), in the order of the bodies."""

    began_at: float
    ended_at: float
    asked_at: list[float]
    answered_at: list[float]

    @property
    def seconds(self) -> float:
        return self.ended_at - self.began_at


class Plan(NamedTuple):
    """Requests to one server; `per_s` paces them evenly over all connections (0: no pace)."""

    port: int
    method: str
    paths: Sequence[str]
    bodies: Sequence[bytes]
    credentials: str
    connections: int
    per_s: float = 0.0


def post(
    port: int,
    path: str,
    bodies: Sequence[bytes],
    *,
    connections: int,
    credentials: str,
    per_s: float = 0.0,
) -> Sent:
    """Post bodies from another process; raise `RuntimeError` for any answer but 2xx."""
    plan = Plan(port, "POST", [path] * len(bodies), bodies, credentials, connections, per_s)
    return _elsewhere(plan)


def get(port: int, paths: Sequence[str], *, connections: int, credentials: str = "") -> Sent:
    """Ask for paths from another process."""
    return _elsewhere(Plan(port, "GET", paths, [b""] * len(paths), credentials, connections))


def basic(key: str) -> str:
    """Return Basic credentials with a write key as the user."""
    return f"Basic {base64.b64encode(f'{key}:'.encode()).decode()}"


def _elsewhere(plan: Plan) -> Sent:
    context = multiprocessing.get_context("spawn")
    with ProcessPoolExecutor(1, mp_context=context) as pool:
        return pool.submit(_run, plan).result()


def _run(plan: Plan) -> Sent:
    return asyncio.run(_send_all(plan))


async def _send_all(plan: Plan) -> Sent:
    requests = [
        _request(plan, path, body) for path, body in zip(plan.paths, plan.bodies, strict=True)
    ]
    asked_at, answered_at = [0.0] * len(requests), [0.0] * len(requests)
    numbers = iter(range(len(requests)))
    wires = [await asyncio.open_connection("127.0.0.1", plan.port) for _ in range(plan.connections)]
    began_at = time.monotonic()

    async def work(reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        for number in numbers:
            if plan.per_s:
                due_at = began_at + number / plan.per_s
                await asyncio.sleep(max(0.0, due_at - time.monotonic()))
            asked_at[number] = time.monotonic()
            writer.write(requests[number])
            await _answer(reader)
            answered_at[number] = time.monotonic()
        writer.close()

    await asyncio.gather(*(work(*wire) for wire in wires))
    return Sent(began_at, time.monotonic(), asked_at, answered_at)


def _request(plan: Plan, path: str, body: bytes) -> bytes:
    head = f"{plan.method} {path} HTTP/1.1\r\nHost: localhost\r\n"
    if plan.credentials:
        head += f"Authorization: {plan.credentials}\r\n"
    if body:
        head += f"Content-Type: application/json\r\nContent-Length: {len(body)}\r\n"
    return head.encode() + b"\r\n" + body


async def _answer(reader: asyncio.StreamReader) -> None:
    head = await reader.readuntil(b"\r\n\r\n")
    length = 0
    for line in head.split(b"\r\n"):
        if line.lower().startswith(b"content-length:"):
            length = int(line.partition(b":")[2])
    body = await reader.readexactly(length) if length else b""
    if not head.startswith(b"HTTP/1.1 2"):
        raise RuntimeError(f"{head.split(chr(13).encode())[0]!r}: {body[:300]!r}")
