"""`regard retain`: what `[retention]` of the project does not keep any longer goes."""

from __future__ import annotations

import getpass
import os
from contextlib import closing
from datetime import UTC, datetime
from pathlib import Path

import click

from regard.assembly import build_ledger
from regard.cli.options import FOLDER
from regard.cli.place import store_path, writer_lock
from regard.core.errors import Refused
from regard.core.program import Program
from regard.project import load
from regard.runtime.retaining import limits_of, outlook, retain
from regard.store import is_address, open_library, open_store

KINDS = {"content": "messages as they were said", "rejected": "items that intake refused"}


@click.command("retain", short_help="Let go what was kept long enough.")
@click.argument("folder", type=FOLDER, default=".")
@click.option("--store", default="", help="The store (default: FOLDER/.regard/regard.db).")
@click.option("--dry-run", is_flag=True, help="Only say what would go, by kind and day.")
@click.option("--json", "as_json", is_flag=True, help="With --dry-run: as lines of JSON.")
def retain_command(folder: Path, store: str, dry_run: bool, as_json: bool) -> None:
    """Let go what [retention] of the project in FOLDER keeps no longer, and journal that it went.

    Over PostgreSQL it runs beside the house; a file has one writer, so stop the server first. The
    dry run reads, beside anything.
    """
    program = load(folder, os.environ)
    now = datetime.now(UTC)
    if not limits_of(program.retention, now):
        raise Refused(
            "The project keeps everything for ever.",
            hint='Say [retention] contents = "400 days" in regard.toml.',
        )
    location = store_path(folder, store)
    if dry_run:
        _tell_outlook(location, program, now, as_json=as_json)
        return
    is_shared = is_address(location)
    with (
        writer_lock(location, shares=is_shared),
        closing(open_store(location, shares=is_shared, works=not is_shared)) as opened,
    ):
        ledger = build_ledger(opened, lambda: program)
        by = getpass.getuser()
        gone = retain(ledger, program.retention, now, by, lambda _: None)
        while opened.crew.works and ledger.advance():
            pass
    click.secho(f"{gone:,} rows went; the journal tells it.", fg="green")


def _tell_outlook(location: str, program: Program, now: datetime, *, as_json: bool) -> None:
    with closing(open_library(location)) as library:
        found = outlook(library, program.retention, now)
    for kind, before in limits_of(program.retention, now).items():
        if not as_json:
            total = sum(aged.count for aged in found[kind])
            click.secho(f"{total:,} {KINDS[kind]} before {before:%Y-%m-%d %H:%M} UTC", bold=True)
        for aged in found[kind]:
            if as_json:
                click.echo(f'{{"kind":"{kind}","day":"{aged.day}","count":{aged.count}}}')
            else:
                click.echo(f"  {aged.day}  {aged.count:>8,}")
