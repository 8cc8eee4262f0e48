"""Serve the console over the cast, to look at it: ``python -m tests.console.serve [port]``."""

from __future__ import annotations

import socket
import sys
import threading
from collections.abc import Iterator
from contextlib import contextmanager

import uvicorn
from starlette.applications import Starlette

from regard.assembly import build_kernel
from regard.console import routes
from regard.testing.clock import VirtualClock
from tests.console.airline import airline
from tests.console.cast import NOW, Cast, full_house
from tests.console.shelf import Shelf

SECRET = "the-first-run-secret"
HEALTH = {"journal": "61 entries", "loop": "0 behind", "outbox": "1 waiting", "disk_free": "41 GB"}


def app(shelf: Shelf, clock: VirtualClock) -> Starlette:
    """Return the console as an application."""
    program = airline()
    return Starlette(
        routes=routes(
            *(shelf, lambda: program, clock, shelf, SECRET, lambda: (True, HEALTH)),
            kernel=build_kernel(),
        )
    )


@contextmanager
def listening(site: Starlette) -> Iterator[str]:
    """Serve a site on a real socket while the block runs; yields its address."""
    listener = socket.create_server(("127.0.0.1", 0))
    config = uvicorn.Config(site, log_level="error", timeout_graceful_shutdown=1)
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]})
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join()
        listener.close()


if __name__ == "__main__":
    shelf = Cast().shelf if "--empty" in sys.argv else full_house().shelf
    uvicorn.run(app(shelf, VirtualClock(NOW)), port=int(sys.argv[1]), log_level="warning")
