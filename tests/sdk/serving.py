"""A real uvicorn on a real socket, in a thread of the test process."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any

import uvicorn

from regard.cli.guard import GuardedHttp


@contextmanager
def served(app: Any, http: type[GuardedHttp] = GuardedHttp) -> Iterator[str]:
    """Serve `app` on a free port of loopback and yield its address.

    The socket listens before the server runs, so nobody has to wait for it to come up.
    """
    listener = socket.create_server(("127.0.0.1", 0), backlog=128)
    config = uvicorn.Config(
        app,
        http=http,
        loop="asyncio",
        log_level="error",
        ws="none",
        timeout_graceful_shutdown=1,  # a browser keeps its connections open
    )
    server = uvicorn.Server(config)
    thread = threading.Thread(target=server.run, kwargs={"sockets": [listener]}, daemon=True)
    thread.start()
    try:
        yield f"http://127.0.0.1:{listener.getsockname()[1]}"
    finally:
        server.should_exit = True
        thread.join(timeout=60)
        listener.close()
        assert not thread.is_alive(), "the server did not stop"
