"""`regard publish`: let a checked folder take over, or bring back the version before."""

from __future__ import annotations

import os
from pathlib import Path

import click

from regard.cli.options import FOLDER
from regard.cli.running import QuietHouse, house_of
from regard.project import edition_of


@click.command(short_help="Let a checked folder take over, without a restart.")
@click.argument("folder", type=FOLDER, default=".")
@click.option("--undo", is_flag=True, help="Bring back the version before the one in force.")
@click.option("--store", default="", help="The store (default: FOLDER/.regard/regard.db).")
def publish(folder: Path, undo: bool, store: str) -> None:
    """Make the project in FOLDER the published version of the house.

    The running server switches at once; people in flight follow at the pace of `[publishing]`.
    Without a server the version waits in the store until one starts.
    """
    edition = None if undo else edition_of(folder, os.environ)
    with house_of(folder, store) as house:
        published = house.undo() if edition is None else house.publish(edition)
        is_quiet = isinstance(house, QuietHouse)
    if published.previous == published.hash:
        click.echo(f"Version {published.hash[:12]} is in force already.")
        return
    told = f", version {published.undoes[:12]} was withdrawn" if published.undoes else ""
    click.echo(f"Version {published.hash[:12]} of {published.name} is published{told}.")
    if is_quiet:
        click.echo("No house is running: it decides from the next `regard serve` on.")
