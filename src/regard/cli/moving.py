"""`regard move`: a store into another database or file, from where the house then goes on."""

from __future__ import annotations

import os
import secrets
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import click

from regard.assembly import build_ledger
from regard.cli.options import FOLDER
from regard.cli.place import writer_lock
from regard.cli.telling import tell_counts, told_progress
from regard.core.errors import Refused
from regard.project import load
from regard.runtime.moving import Moving, begin, carry, finish
from regard.store import is_address, is_there, open_store, shown

FILE = "sqlite:"
"""How a location may say that it is a file."""


@click.command("move", short_help="Move a store into another file or database.")
@click.argument("source", metavar="FROM")
@click.argument("target", metavar="TO")
@click.option("--folder", type=FOLDER, default=".", show_default=True, help="The project.")
def move_command(source: str, target: str, folder: Path) -> None:
    """Move the store FROM one place TO another: sqlite:PATH, PATH or postgresql://…

    Nobody may run over either of them meanwhile. All of it is copied, the views are made anew and
    compared byte for byte, and only then FROM is marked: it never opens for writing again. What
    was cut off goes on where it stopped when the same command is run again.
    """
    origin, destination = _place(source), _place(target)
    if origin == destination:
        raise Refused(f"{shown(origin)} cannot move into itself.", hint="Name another place.")
    if not is_there(origin):
        raise Refused(f"There is no store at {origin}.", code="no_store")
    program = load(folder, os.environ)
    moving = Moving(name=secrets.token_hex(8), target=shown(destination))
    with (
        writer_lock(origin),
        writer_lock(destination),
        closing(open_store(origin, moves=True)) as old,
        closing(open_store(destination, moves=True)) as new,
    ):
        if not begin(old, new, moving):
            ledger = build_ledger(old, lambda: program)
            ledger.settle_abandoned(datetime.now(UTC))  # nobody is left who could tell
            while ledger.advance():
                pass
            moved = carry(old, new, ledger.kernel, program.identity, told_progress)
            tell_counts("Moved", moved.counts)
            click.echo("Every view is the same to the byte on both sides.")
        finish(old, new, moving)
    click.secho(f"{moving.target} goes on from here.", fg="green", bold=True)
    click.echo(f"{shown(origin)} is as it was and never opens for writing again.")
    click.echo(f'Say store = "{moving.target}" in {folder / "regard.toml"}, or --store.')


def _place(location: str) -> str:
    if is_address(location):
        return location
    return str(Path(location.removeprefix(FILE)).expanduser().resolve())
