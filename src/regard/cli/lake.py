"""`regard lake` and `regard sql`: the journal as Parquet files by day, and questions to them.

The work is in `regard.lake`, loaded when it is asked for: it needs ``regard[lake]``.
"""

from __future__ import annotations

import sys
import time
import tomllib
from collections.abc import Mapping
from contextlib import closing
from datetime import timedelta
from pathlib import Path
from types import ModuleType
from typing import Any

import click
import msgspec

from regard.cli.asking import Writer, converse, write_csv, write_json, write_table
from regard.cli.extras import room_of
from regard.cli.options import FOLDER
from regard.cli.place import FOLDER as DATA
from regard.cli.place import store_path
from regard.cli.telling import told_progress
from regard.core.errors import Unavailable
from regard.core.ports import Library
from regard.project import duration_of
from regard.store import open_library

LAKE = "lake"
WRITERS: Mapping[str, Writer] = {"table": write_table, "csv": write_csv, "json": write_json}
EVERY_MIN = timedelta(seconds=10)


@click.command("lake", short_help="Bring the lake up to the journal: Parquet files by day.")
@click.argument("folder", type=FOLDER, default=".")
@click.option("--store", default="", help="The store (default: FOLDER/.regard/regard.db).")
@click.option(
    "--to", type=click.Path(path_type=Path), help="Where to (default: [lake] or .regard)."
)
@click.option("--now", "is_open", is_flag=True, help="Also what is there of the day under way.")
@click.option("--every", default="", metavar="TIME", help="Go on, that often ('1 hour').")
@click.option("--json", "as_json", is_flag=True, help="What was done as JSON.")
def lake_command(
    folder: Path, store: str, to: Path | None, is_open: bool, every: str, as_json: bool
) -> None:
    """Write what the journal of FOLDER holds beyond its lake as Parquet files by day.

    Days that are closed, each once; beside a running server, and without burdening it. It may be
    killed at any moment: the next run goes on where it was.
    """
    room = room_of("regard.lake", "lake", what="The lake")
    pause = _pause(every)
    place = to or lake_place(folder)
    library = open_library(store_path(folder, store))
    while True:
        try:
            _fill(room, library, place, is_open=is_open, as_json=as_json)
        except Unavailable as error:
            if pause is None:
                raise
            click.secho(str(error), fg="yellow", err=True)
        if pause is None:
            return
        try:
            time.sleep(pause.total_seconds())
        except KeyboardInterrupt:
            return


@click.command("sql", short_help="Ask the lake in SQL; nothing can be changed by it.")
@click.argument("query", default="")
@click.option("--folder", type=FOLDER, default=".", show_default=True, help="The project.")
@click.option("--lake", type=FOLDER, help="The lake itself (default: that of the project).")
@click.option("--csv", "form", flag_value="csv", help="The answer as CSV.")
@click.option("--json", "form", flag_value="json", help="The answer as JSON.")
@click.pass_context
def sql_command(
    context: click.Context, query: str, folder: Path, lake: Path | None, form: str | None
) -> None:
    """Ask the lake QUERY (DuckDB's SQL), or standard input; on a terminal it is a conversation.

    There is one view for each table (docs/lake.md), with the persons as they are known now.
    """
    room = room_of("regard.lake", "lake", what="The lake")
    place = lake or lake_place(folder)
    asked: Any = room.Lake(place)
    with closing(asked):
        if not query and sys.stdin.isatty():
            converse(asked)
            context.exit(0)
        answer = asked.ask(query or sys.stdin.read())
        WRITERS[form or "table"](answer.names, answer.types, answer.rows())


def lake_place(folder: Path) -> Path:
    """Return where the lake of a project is: as its regard.toml says, else in ``.regard``."""
    try:
        said = tomllib.loads((folder / "regard.toml").read_text(encoding="utf-8")).get("lake", {})
    except (OSError, ValueError):
        said = {}  # `regard check` tells what is wrong with it; the lake needs no definitions
    told = said.get("folder") if isinstance(said, dict) else None
    return folder / told if isinstance(told, str) and told else folder / DATA / LAKE


def _pause(every: str) -> timedelta | None:
    if not every:
        return None
    try:
        pause = duration_of(every)
    except ValueError as error:
        raise click.UsageError(f"--every: {error}") from error
    if pause < EVERY_MIN:
        raise click.UsageError(f"--every is at least {EVERY_MIN.seconds} seconds.")
    return pause


def _fill(room: ModuleType, library: Library, place: Path, *, is_open: bool, as_json: bool) -> None:
    with told_progress("filling the lake") as progress:
        done = room.fill(library, place, is_open=is_open, tell=progress)
    told = _summary(done, place)
    if as_json:
        click.echo(msgspec.json.encode(told).decode())
        return
    click.secho(f"{told['new_entries']:,} entries are new in {place}", bold=True)
    click.echo(
        f"  closed days up to {told['closed_day'] or 'none yet'}, entry {told['closed_to']:,}"
    )
    if told["open_to"]:
        click.echo(f"  the day under way up to entry {told['open_to']:,}")
    click.echo(f"  {told['files']:,} files, {told['rows']:,} rows, {told['bytes'] / 1e6:,.1f} MB")


def _summary(done: Any, place: Path) -> dict[str, Any]:
    manifest = done.manifest
    parts = (*manifest.parts, *manifest.open_parts)
    return {
        "lake": str(place),
        "new_entries": done.entry_count,
        "closed_day": manifest.day and manifest.day.isoformat(),
        "closed_to": manifest.closed_to,
        "open_to": manifest.open_to,
        "files": len(parts),
        "rows": sum(part.row_count for part in parts),
        "bytes": sum(part.byte_count for part in parts),
    }
