"""`regard link`: who may be one person though nothing says so, asked in the review queue.

The work is in `regard.cli.proposing`, loaded when it is asked for: it needs ``regard[link]``.
"""

from __future__ import annotations

from pathlib import Path

import click
from msgspec import Struct

from regard.cli.extras import room_of
from regard.cli.options import FOLDER

PROPOSALS_MAX = 500
"""Questions that one run asks: more than a week of a human who answers them."""


class Wanted(Struct, frozen=True, kw_only=True):
    """What the command was asked for; `columns` maps traits to roles."""

    columns: dict[str, str]
    is_applied: bool
    is_dry: bool
    limit: int
    as_json: bool


@click.command("link", short_help="Propose who may be one person, by probability.")
@click.argument("folder", type=FOLDER, default=".")
@click.option("--store", default="", help="The store (default: FOLDER/.regard/regard.db).")
@click.option(
    "--column",
    "columns",
    multiple=True,
    metavar="TRAIT=ROLE",
    help="What a trait means (tel=phone, born=date_of_birth; ignore leaves it out).",
)
@click.option(
    "--apply", "is_applied", is_flag=True, help="Link what is nearly certain, ask the rest."
)
@click.option("--dry-run", is_flag=True, help="Only tell; write nothing.")
@click.option(
    "--limit",
    type=click.IntRange(1, 10_000),
    default=PROPOSALS_MAX,
    show_default=True,
    help="How many pairs of persons at most, the most probable first.",
)
@click.option("--json", "as_json", is_flag=True, help="The proposals as JSON.")
def link_command(
    folder: Path,
    store: str,
    columns: tuple[str, ...],
    is_applied: bool,
    dry_run: bool,
    limit: int,
    as_json: bool,
) -> None:
    """Propose who may be one person in the project FOLDER: typos, nicknames, moves, old numbers.

    It learns from those who logged in at more than one source. Proposals go to the review queue of
    the console, each with its reasons, and change nothing until somebody answers.
    """
    proposing = room_of("regard.cli.proposing", "link", what="Linking")
    wanted = Wanted(
        columns=_mapping(columns),
        is_applied=is_applied,
        is_dry=dry_run,
        limit=limit,
        as_json=as_json,
    )
    proposing.propose(folder, store, wanted)


def _mapping(columns: tuple[str, ...]) -> dict[str, str]:
    pairs = [column.partition("=") for column in columns]
    unclear = [trait for trait, _, role in pairs if not trait or not role]
    if unclear:
        raise click.UsageError("--column is TRAIT=ROLE, as in tel=phone.")
    return {trait: role for trait, _, role in pairs}
