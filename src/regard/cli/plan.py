"""`regard plan`: what a change of the project would do, before anybody lives it.

Takes two versions, reads the last days of the journal and what waits now, lives both and tells the
difference: in the terminal, as one HTML page, or as JSON. Nothing is written and nothing is sent.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import click
import msgspec

from regard.assembly import build_kernel
from regard.cli.options import FOLDER
from regard.cli.place import store_path, was_served
from regard.cli.plan_page import page_of
from regard.cli.plan_telling import tell
from regard.cli.telling import told_progress
from regard.cli.versions import version
from regard.core.errors import Refused
from regard.core.ports import Reading
from regard.planning import Plan, Versions, draw_plan, in_flight, looks_at_everybody, read_lives
from regard.store import MemoryStore, open_library

DAYS = click.FloatRange(0, 3_650)
ROWS = click.IntRange(0, 100_000)


@click.command(short_help="Tell what a change would do, before anybody lives it.")
@click.argument("old")
@click.argument("new")
@click.option(
    "--folder", type=FOLDER, help="Whose journal (default: NEW where it has a store, else .)."
)
@click.option("--store", default="", help="The store (default: FOLDER/.regard/regard.db).")
@click.option("--days", type=DAYS, default=7.0, show_default=True, help="How far back to replay.")
@click.option(
    "--ahead", type=DAYS, default=0.0, show_default=True, help="Days to run on what is parked."
)
@click.option("--rows", type=ROWS, default=12, show_default=True, help="Rows of each list shown.")
@click.option("--json", "as_json", is_flag=True, help="The whole difference as JSON.")
@click.option(
    "--html", type=click.Path(path_type=Path, dir_okay=False), help="Write it as one page."
)
def plan(
    old: str,
    new: str,
    folder: Path | None,
    store: str,
    days: float,
    ahead: float,
    rows: int,
    as_json: bool,
    html: Path | None,
) -> None:
    """Live the last days again under versions OLD and NEW, and tell what would change.

    A version is a folder, a git revision of the project, or `published`: what the store runs now.
    `regard plan HEAD .` tells what the edits in this folder would do.
    """
    folder = folder or (Path(new) if was_served(Path(new)) else Path())
    with open_library(store_path(folder, store)).reading() as reading:
        versions = Versions(
            old=version(old, folder, reading),
            new=version(new, folder, reading),
            old_name=old,
            new_name=new,
        )
        found = _drawn(reading, versions, timedelta(days=days), timedelta(days=ahead))
    if html is not None:
        html.write_text(page_of(found, versions), encoding="utf-8")
        click.echo(f"Written to {html}.", err=True)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(found)).decode())
    else:
        tell(found, rows)


def _drawn(reading: Reading, versions: Versions, past: timedelta, ahead: timedelta) -> Plan:
    """Return the plan over a session, with a bar for the reading and one for the living."""
    kernel, now = build_kernel(), _now(reading)
    edits = in_flight(reading, versions, now)
    with told_progress("reading") as progress:
        lived = read_lives(
            reading,
            kernel,
            now - past,
            now + ahead,
            progress,
            everybody=looks_at_everybody(versions.old, versions.new),
        )
    with told_progress("living ") as progress:
        return draw_plan(lived, versions, kernel, MemoryStore, edits=edits, progress=progress)


def _now(reading: Reading) -> datetime:
    """Return the present of the journal: a demo's world runs ahead of the wall clock."""
    last = reading.tail.last()
    if not last:
        raise Refused(
            "The journal is empty, so there are no days to live again.",
            code="no_journal",
            hint="Send events, or import some with `regard import`.",
        )
    return max(datetime.now(UTC), reading.tail.after(last - 1, 1)[0][0].received_at)
