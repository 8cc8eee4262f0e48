"""Commands over a project folder: `init`, `check`, `test`."""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import Any

import click
import msgspec

from regard.assembly import build_ledger, make_adapters, standard_adapters
from regard.cli.telling import tell_problems
from regard.core.clock import SystemClock
from regard.core.errors import Problem, Refused
from regard.core.program import Program
from regard.project import check, init, load, load_text, parse_toml
from regard.project.model import load_models
from regard.runtime.ledger import Ledger
from regard.store import MemoryStore
from regard.testing.stories import play, read_stories

FOLDER = click.Path(path_type=Path, file_okay=False)
Command = Callable[..., Any]


def with_place(command: Command) -> Command:
    """Give a command the options that say which project and store."""
    store = click.option("--store", default="", help="The store (default: .regard/regard.db).")
    folder = click.option("--folder", type=FOLDER, default=".", help="The project.")
    return folder(store(command))


@click.command("init", short_help="Write a small working project into a new folder.")
@click.argument("folder", type=FOLDER)
@click.option("--name", default="", help="Name of the company (default: the folder's name).")
def init_command(folder: Path, name: str) -> None:
    """Write a small working project into FOLDER (which must be empty or new)."""
    for path in init(folder, name or folder.name.replace("-", " ").title()):
        click.echo(f"  {path}")
    click.echo(f"Now: regard check {folder} && regard test {folder} && regard serve {folder}")


@click.command("check", short_help="Report every problem of a project.")
@click.argument("folder", type=FOLDER, default=".")
@click.pass_context
def check_command(ctx: click.Context, folder: Path) -> None:
    """Report every problem of the project in FOLDER at once, with file, line and path.

    Reads the definitions, the templates, the settings of every channel and the stories. Exits 1
    when there is a problem; a warning refuses nothing.
    """
    problems = [*check(folder, os.environ), *_of_channels(folder), *_of_stories(folder)]
    problems += load_models(folder)[1]
    if tell_problems(problems):
        ctx.exit(1)
    program = load(folder, os.environ)
    click.echo(
        f"{program.company.name}: {len(program.promises)} promises, {len(program.journeys)} "
        f"journeys, {len(program.engagements)} engagements, {len(program.events)} events. "
        f"Program {program.hash[:12]} is fine."
    )


def _of_channels(folder: Path) -> list[Problem]:
    """Return what the adapters say about their settings; nothing while regard.toml is refused."""
    try:
        text = (folder / "regard.toml").read_text(encoding="utf-8-sig")
        program = load_text({"regard.toml": text}, os.environ)
    except (OSError, UnicodeDecodeError, Refused):
        return []  # `check` tells it
    try:
        make_adapters(program, standard_adapters(os.environ, SystemClock()))
    except Refused as error:
        document, _ = parse_toml(text)
        return [_placed(problem, document.line) for problem in error.problems]
    return []


def _placed(problem: Problem, line_of: Callable[[tuple[str, ...]], int]) -> Problem:
    """Give a problem of ``channels.<id>.<key>`` its file and line; an id may hold dots."""
    channel, _, key = problem.path.removeprefix("channels.").rpartition(".")
    line = line_of(("channels", channel, key))
    return msgspec.structs.replace(problem, file="regard.toml", line=line)


def _of_stories(folder: Path) -> Sequence[Problem]:
    try:
        read_stories(folder)
    except Refused as error:
        return error.problems
    return ()


@click.command(short_help="Run the project's stories in virtual time.")
@click.argument("folder", type=FOLDER, default=".")
@click.option("--only", default="", help="Run only stories whose name contains this.")
@click.pass_context
def test(ctx: click.Context, folder: Path, only: str) -> None:
    """Run the stories of the project in FOLDER in virtual time, and tell what does not hold."""
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
