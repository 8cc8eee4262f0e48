"""`regard work`: one of the processes that step people and hand messages over, until a signal."""

from __future__ import annotations

import asyncio
import os
import signal
from contextlib import ExitStack
from pathlib import Path

import click

from regard.assembly.house import House
from regard.cli.logs import LOG, Form, write_log
from regard.cli.options import FOLDER
from regard.cli.place import data_folder, read_keys, store_path, writer_lock
from regard.cli.process import Wanted, house_of, loop_factory, tune_memory
from regard.cli.watched import watched
from regard.project import edition_of

WATCH_S = 0.5


@click.command(short_help="Step people and hand messages over, beside other processes.")
@click.argument("folder", type=FOLDER, default=".")
@click.option("--store", default="", help="The store's postgresql:// address.")
@click.option(
    "--public-url",
    default="http://127.0.0.1:8600",
    show_default=True,
    help="How customers reach `regard serve`, for the links in messages.",
)
@click.option("--adopt", is_flag=True, help="Take over a copied or restored store.")
@click.option(
    "--watch",
    default="",
    metavar="HOST:PORT",
    help="Where monitoring may ask for health and metrics (default: nowhere).",
)
@LOG
def work(folder: Path, store: str, public_url: str, adopt: bool, watch: str, log: Form) -> None:
    """Run a share of the loop, of timers and of delivery for the project in FOLDER.

    Takes nothing in and shows nothing: that is what `regard serve --no-work` does. Any number of
    both share one store in PostgreSQL; what a process had that died, the others take over.
    """
    write_log(log)
    own = edition_of(folder, os.environ)
    keys, _ = read_keys(data_folder(folder))
    wanted = Wanted(
        folder=folder,
        own=own,
        store=store,
        public_url=public_url,
        keys=keys,
        adopt=adopt,
        is_open=False,
    )
    with ExitStack() as stack:
        stack.enter_context(writer_lock(store_path(folder, store), shares=True))
        house = house_of(wanted, stack)
        click.secho(f"Working for {house.program().company.name}", bold=True)
        tune_memory()
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            runner.run(_worked(house, watch))


async def _worked(house: House, watch: str) -> None:
    """Work until a signal; raise why the house could not begin or go on, if so."""
    ending = asyncio.Event()
    loop = asyncio.get_running_loop()
    for sign in (signal.SIGINT, signal.SIGTERM):
        loop.add_signal_handler(sign, ending.set)
    async with house.running(), watched(house, watch):
        while not ending.is_set() and house.engine.failure is None:
            try:
                await asyncio.wait_for(ending.wait(), timeout=WATCH_S)
            except TimeoutError:
                continue
    if house.engine.failure is not None:
        raise house.engine.failure
