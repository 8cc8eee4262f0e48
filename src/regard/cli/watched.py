"""A port for monitoring beside a process that has no doors: health and metrics, nothing else."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager, contextmanager

import click
import uvicorn

from regard.assembly.house import House
from regard.cli.guard import GuardedHttp
from regard.cli.serving import listening
from regard.core.errors import Refused


class _Beside(uvicorn.Server):
    """A uvicorn that leaves signals to the process beside which it serves."""

    @contextmanager
    def capture_signals(self) -> Iterator[None]:
        """Capture none."""
        yield


@asynccontextmanager
async def watched(house: House, address: str) -> AsyncIterator[None]:
    """Answer monitoring at ``host:port`` while the block runs (empty: nowhere); tell the address.

    Raise `Refused` when the address is none or is taken.
    """
    if not address:
        yield
        return
    host, colon, port = address.rpartition(":")
    if not colon or not port.isdecimal() or int(port) > 65_535:
        raise Refused(f"{address!r} is no address.", hint="Say --watch 127.0.0.1:8601.")
    listener = listening(host.strip("[]"), int(port))
    click.echo(f"Monitoring may ask at http://{host}:{listener.getsockname()[1]}")
    config = uvicorn.Config(
        house.watch_app(), http=GuardedHttp, lifespan="off", log_config=None, access_log=False
    )
    server = _Beside(config)
    serving = asyncio.create_task(server.serve(sockets=[listener]))
    try:
        yield
    finally:
        server.should_exit = True
        await serving
