"""`regard test`: the stories of a project, lived in virtual time over the loop itself."""

from __future__ import annotations

import os
import time
from pathlib import Path

import click

from regard.assembly import build_ledger
from regard.cli.options import FOLDER
from regard.core.errors import Refused
from regard.core.program import Program
from regard.project import load
from regard.runtime.ledger import Ledger
from regard.store import MemoryStore
from regard.testing.stories import play, read_stories


@click.command("test", short_help="Run the project's stories in virtual time.")
@click.argument("folder", type=FOLDER, default=".")
@click.option("--only", default="", help="Run only stories whose name contains this.")
@click.pass_context
def test_command(ctx: click.Context, folder: Path, only: str) -> None:
    """Run the stories of the project in FOLDER in virtual time, and tell what does not hold."""
    program = load(folder, os.environ)
    stories = [s for s in read_stories(folder) if only.lower() in s.name.lower()]
    if not stories:
        named = f" whose name contains {only!r}" if only else ""
        raise Refused(
            f"There is no story{named} in {folder}/stories.",
            code="no_story",
            hint="docs/stories.md tells how to write one.",
        )
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
    if failed_count:
        ctx.exit(1)


def _ledger(program: Program) -> Ledger:
    return build_ledger(MemoryStore(), lambda: program)
