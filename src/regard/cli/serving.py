"""`regard serve`: the whole house in one process, until Ctrl-C."""

from __future__ import annotations

import asyncio
import os
import signal
import socket
from contextlib import ExitStack
from pathlib import Path
from types import FrameType

import click
import uvicorn

from regard.assembly.house import House
from regard.cli.guard import GuardedHttp
from regard.cli.lake_beside import lake_beside
from regard.cli.logs import LOG, Form, write_log
from regard.cli.options import FOLDER
from regard.cli.place import data_folder, read_keys, store_path, writer_lock
from regard.cli.process import Wanted, house_of, loop_factory, tune_memory
from regard.cli.running import told_address
from regard.core.errors import Refused
from regard.project import edition_of

BACKLOG = 2_048
"""Connections that may wait to be accepted; a burst of SDKs must not see a refused one."""

GRACE_S = 5
"""How long requests under way may still take when the server ends."""

WATCH_S = 0.5


@click.command(short_help="Run the whole house in one process, until Ctrl-C.")
@click.argument("folder", type=FOLDER, default=".")
@click.option("--host", default="127.0.0.1", show_default=True, help="Address to listen on.")
@click.option(
    "--port",
    default=8600,
    show_default=True,
    type=click.IntRange(0, 65_535),
    help="Port; 0 takes a free one.",
)
@click.option(
    "--store",
    default="",
    help="The store's file or postgresql:// address (default: as in regard.toml, else"
    " FOLDER/.regard/regard.db).",
)
@click.option(
    "--public-url",
    default="",
    help="How customers reach this server, for the links in messages (default: its address).",
)
@click.option(
    "--show-secret", is_flag=True, help="Print the console's secret and the API token again."
)
@click.option(
    "--sdk-assets", type=FOLDER, help="A node_modules folder with the browser SDKs to serve."
)
@click.option("--adopt", is_flag=True, help="Take over a copied or restored store.")
@click.option(
    "--all/--no-work",
    "works",
    default=True,
    show_default=True,
    help="Also step, fire timers and hand over messages, or leave that to `regard work`.",
)
@LOG
def serve(
    folder: Path,
    host: str,
    port: int,
    store: str,
    public_url: str,
    show_secret: bool,
    sdk_assets: Path | None,
    adopt: bool,
    works: bool,
    log: Form,
) -> None:
    """Run intake, loop, delivery and console for the project in FOLDER.

    Over PostgreSQL any number of them, and of `regard work`, share one store.
    """
    write_log(log)
    location = store_path(folder, store)
    own = edition_of(folder, os.environ)
    keys, is_new = read_keys(data_folder(folder))
    with ExitStack() as stack:
        stack.enter_context(writer_lock(location, shares=True))
        listener = stack.enter_context(listening(host, port))
        url = f"http://{host}:{listener.getsockname()[1]}"
        wanted = Wanted(
            folder=folder,
            own=own,
            store=store,
            public_url=public_url or url,
            keys=keys,
            adopt=adopt,
            works=works,
            sdk_assets=sdk_assets,
        )
        house = house_of(wanted, stack)
        stack.enter_context(told_address(folder, url, location))
        stack.enter_context(lake_beside(folder, store, house.program().lake))
        tell_address(url, house.program().company.name)
        if is_new or show_secret:
            click.echo(f"Sign in to the console with: {keys.console_secret}")
            click.echo(f"Read people with the token:  {keys.api_token}")
        tune_memory()
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(Server(house, listener).run())


def listening(host: str, port: int) -> socket.socket:
    """Return a socket that listens; raise `Refused` when the address is taken."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    listener = socket.socket(family)
    listener.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listener.bind((host, port))
    except OSError as error:
        listener.close()
        raise Refused(
            f"Cannot listen on {host}:{port}: {error.strerror}.", hint="Choose another --port."
        ) from error
    listener.listen(BACKLOG)
    return listener


def tell_address(url: str, name: str) -> None:
    """Print where the house is."""
    click.secho(f"Regard for {name} is at {url}", bold=True)


class _Uvicorn(uvicorn.Server):
    """A uvicorn that ends on a signal and leaves it at that.

    The original raises the signal again when it has shut down, which would end the process before
    the store is closed, and as if it had been shot.
    """

    def handle_exit(self, sig: int, frame: FrameType | None) -> None:  # noqa: ARG002
        """Ask the server to end; a second Ctrl-C does not wait for requests under way."""
        self.force_exit = self.should_exit and sig == signal.SIGINT
        self.should_exit = True


class Server:
    """One house on one listening socket: run it, wait until it answers, stop it."""

    def __init__(self, house: House, listener: socket.socket) -> None:
        self._house = house
        self._listener = listener
        config = uvicorn.Config(
            house.app,
            http=GuardedHttp,
            lifespan="on",
            log_config=None,  # its lines go where ours go
            log_level="warning",
            access_log=False,
            timeout_graceful_shutdown=GRACE_S,
        )
        self._server = _Uvicorn(config)

    async def run(self) -> None:
        """Serve until a signal or `stop`; raise why the house could not begin or go on, if so."""
        watching = asyncio.create_task(self._watch())
        try:
            await self._server.serve(sockets=[self._listener])
        finally:
            watching.cancel()
        if self._house.engine.failure is not None:
            raise self._house.engine.failure

    async def started(self) -> None:
        """Return when requests are answered."""
        while not self._server.started and self._house.engine.failure is None:
            await asyncio.sleep(WATCH_S / 10)

    def stop(self) -> None:
        """Ask the server to end."""
        self._server.should_exit = True

    async def _watch(self) -> None:
        """Stop when the loop stopped: nobody must get a 200 from a house that does not turn."""
        while self._house.engine.failure is None:
            await asyncio.sleep(WATCH_S)
        self.stop()
