"""Commands over a project folder: `init`, `check`, `test`."""

from __future__ import annotations

import os
import time
from pathlib import Path

import click

from regard.assembly import build_ledger
from regard.cli.telling import tell_problems
from regard.core.program import Program
from regard.project import check, init, load
from regard.runtime.ledger import Ledger
from regard.store import MemoryStore
from regard.testing.stories import play, read_stories

FOLDER = click.Path(path_type=Path, file_okay=False)


@click.command("init")
@click.argument("folder", type=FOLDER)
@click.option("--name", default="", help="Name of the company (default: the folder's name).")
def init_command(folder: Path, name: str) -> None:
    """Write a small working project into FOLDER (which must be empty or new)."""
    for path in init(folder, name or folder.name.replace("-", " ").title()):
        click.echo(f"  {path}")
    click.echo(f"Now: regard check {folder} && regard test {folder} && regard serve {folder}")


@click.command("check")
@click.argument("folder", type=FOLDER, default=".")
@click.pass_context
def check_command(ctx: click.Context, folder: Path) -> None:
    """Report every problem of a project, with file, line and path."""
    if tell_problems(check(folder, os.environ)):
        ctx.exit(1)
    read_stories(folder)
    program = load(folder, os.environ)
    click.echo(
        f"{program.company.name}: {len(program.promises)} promises, {len(program.journeys)} "
        f"journeys, {len(program.engagements)} engagements, {len(program.events)} events. "
        f"Program {program.hash[:12]} is fine."
    )


@click.command()
@click.argument("folder", type=FOLDER, default=".")
@click.option("--only", default="", help="Run only stories whose name contains this.")
@click.pass_context
def test(ctx: click.Context, folder: Path, only: str) -> None:
    """Run the project's stories in virtual time."""
    program = load(folder, os.environ)
    stories = [s for s in read_stories(folder) if only.lower() in s.name.lower()]
    failed_count = 0
    began = time.perf_counter()
    for story in stories:
        result = play(story, program, _ledger)
        mark, color = ("fails", "red") if result.failures else ("holds", "green")
        click.secho(f"{mark}  ", fg=color, nl=False)
        click.echo(story.name)
        for failure in result.failures:
            click.echo(f"       {failure}")
        failed_count += bool(result.failures)
    seconds = time.perf_counter() - began
    click.echo(f"{len(stories) - failed_count} hold, {failed_count} fail, in {seconds:.1f} s")
    if failed_count or not stories:
        ctx.exit(1)


def _ledger(program: Program) -> Ledger:
    return build_ledger(MemoryStore(), lambda: program)
