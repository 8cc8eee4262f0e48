"""A process of a house: its store opened, its program chosen, its secrets read, its memory tuned.

`regard serve` and `regard work` begin alike and differ in what they let in.
"""

from __future__ import annotations

import asyncio
import gc
import os
from contextlib import ExitStack
from dataclasses import dataclass
from pathlib import Path

import click
import uvicorn

from regard.assembly.house import House, Plan
from regard.assembly.keys import Keys
from regard.cli.place import data_folder, store_path
from regard.core.clock import SystemClock
from regard.core.ports import Library
from regard.project import Edition, edition_in
from regard.steering.publishing import VERSIONS_MAX, undone
from regard.store import open_store

UNREAD = "unread"
"""The folder in ``.regard`` for mails that nobody could read."""

COLLECT_AFTER = 100_000
"""New objects before Python looks for cycles. Events make very many and no cycle: with Python's own
700 a fifth of all CPU goes into looking."""


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What a process is to be; `own` is what its folder says, `store` as told (may be empty)."""

    folder: Path
    own: Edition
    store: str
    public_url: str
    keys: Keys
    adopt: bool = False
    works: bool = True
    is_open: bool = True
    sdk_assets: Path | None = None


def house_of(wanted: Wanted, stack: ExitStack) -> House:
    """Return the house of a process that has the lock; its store is closed with `stack`.

    Raises `Refused` when the folder cannot be used, or the store is not to be had.
    """
    location = store_path(wanted.folder, wanted.store)
    opened = open_store(location, adopt=wanted.adopt, shares=True, works=wanted.works)
    stack.callback(opened.close)
    edition = chosen_edition(wanted.own, opened)
    return House(
        Plan(
            program=edition.program,
            store=opened,
            clock=SystemClock(),
            keys=wanted.keys,
            public_url=wanted.public_url,
            environ=os.environ,
            sdk_assets=wanted.sdk_assets,
            archive=edition.archive,
            unread=data_folder(wanted.folder) / UNREAD,
            is_open=wanted.is_open,
        )
    )


def chosen_edition(own: Edition, store: Library) -> Edition:
    """Return what a house starts with: its folder, unless that very folder was withdrawn."""
    with store.reading() as reading:
        versions = reading.rollouts.versions(VERSIONS_MAX)
        archive = reading.rollouts.program(versions[0].published.hash) if versions else None
    if archive is None or not undone(versions, own.program.hash):
        return own
    click.secho(
        f"This folder is version {own.program.hash[:12]}, which was withdrawn. Version "
        f"{versions[0].published.hash[:12]} stays in force; `regard publish` brings the folder "
        "back.",
        fg="yellow",
    )
    return edition_in(archive, os.environ)


def tune_memory() -> None:
    """Leave what was loaded so far out of every search for cycles, and search seldom."""
    gc.freeze()
    gc.set_threshold(COLLECT_AFTER, 20, 20)


def loop_factory() -> type[asyncio.AbstractEventLoop] | None:
    """Return uvloop's loop where it is installed: about twice the requests of the standard one."""
    config = uvicorn.Config("regard:none", loop="auto")
    return config.get_loop_factory()  # type: ignore[return-value]
