"""Commands over a project folder: `init`, `check`."""

from __future__ import annotations

import os
from collections.abc import Callable, Sequence
from pathlib import Path

import click
import msgspec

from regard.assembly.adapters import make_adapters, standard_adapters
from regard.cli.options import FOLDER
from regard.cli.telling import tell_problems
from regard.core.clock import SystemClock
from regard.core.errors import Problem, Refused
from regard.project import check, init, load, load_text, parse_toml
from regard.project.model import load_models
from regard.testing.stories import read_stories


@click.command("init", short_help="Write a small working project into a new folder.")
@click.argument("folder", type=FOLDER)
@click.option("--name", default="", help="Name of the company (default: the folder's name).")
@click.option("--example", default="", help="Copy an example company instead: airline or lamps.")
def init_command(folder: Path, name: str, example: str) -> None:
    """Write a small working project into FOLDER (which must be empty or new)."""
    own_name = folder.resolve().name.replace("-", " ").replace("_", " ").title()
    if name and example:
        raise Refused(
            "An example has its own name.",
            hint=f"Leave out --name; change it in {folder}/regard.toml.",
        )
    files = init(folder, name or own_name, example)
    for path in files if not example else ():
        click.echo(f"  {path}")
    click.echo(f"{len(files)} files written.")
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
