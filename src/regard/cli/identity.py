"""`regard identity`: say who is one person and who is not, take it back, see what is asked."""

from __future__ import annotations

from pathlib import Path
from typing import Any
from uuid import uuid4

import click
import msgspec

from regard.cli.options import with_place
from regard.cli.place import store_path
from regard.cli.running import house_of
from regard.core.event import IdentityVerb
from regard.core.rows import ReviewRow
from regard.store import open_library

REVIEWS_MAX = 1_000


@click.group(short_help="Who is one person: link, never, split, undo; what is asked.")
def identity() -> None:
    """Say who is one person and who is not. Identifiers are KIND:VALUE, as in email:ada@x.example.

    Acts reach a running `regard serve`; without one they are journaled by this command.
    """


def _verb(verb: IdentityVerb, short: str, told: str, least: int) -> click.Command:
    """Return the command of an act about identifiers."""

    @click.argument("names", metavar="IDENTIFIER...", nargs=-1, required=True)
    @click.option("--why", default="", help="Why, in your words.")
    @click.option("--answers", default="", help="The question that it answers (its id).")
    @with_place
    def command(names: tuple[str, ...], why: str, answers: str, folder: Path, store: str) -> None:
        if len(names) < least:
            raise click.UsageError(f"{verb} needs at least {least} identifiers.")
        left, right = (names, ()) if verb == "split" else (names[:1], names[1:])
        wish = {"left": left, "right": right, "why": why, "answers": answers}
        _say(verb, wish, folder, store)

    return click.command(verb, short_help=short, help=told)(command)


for _command in (
    _verb("link", "Two identifiers are one person.", "All that are named are one person.", 2),
    _verb("never", "The first is never one with the others.", "Keep the first apart for good.", 2),
    _verb("split", "Identifiers leave their person.", "Let what is named leave the person.", 1),
):
    identity.add_command(_command)


@identity.command(short_help="Take back an act, or a merge that evidence made.")
@click.argument("act_id", metavar="[ACT]", default="")
@click.option("--merge", default=0, help="The journal offset of the merge.")
@click.option("--why", default="", help="Why, in your words.")
@with_place
def undo(act_id: str, merge: int, why: str, folder: Path, store: str) -> None:
    """Take back what was said; all is then as if it had never been."""
    _say("undo", {"undoes": act_id, "merge": merge, "why": why}, folder, store)


@identity.command(short_help="Answer a question by doing nothing.")
@click.argument("review_id", metavar="QUESTION")
@with_place
def dismiss(review_id: str, folder: Path, store: str) -> None:
    """Close a question: nothing is to be done about it."""
    _say("dismiss", {"answers": review_id}, folder, store)


@identity.command(short_help="Questions that wait for a human.")
@click.option("--kind", default="", help="shared, limit, refused or proposed (default: all).")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
@with_place
def reviews(kind: str, folder: Path, store: str, as_json: bool) -> None:
    """List what identity could not, or would not, decide by itself."""
    with open_library(store_path(folder, store)).reading() as reading:
        rows = reading.identities.reviews(kind, REVIEWS_MAX)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(rows)).decode())
        return
    for row in rows:
        click.echo(_told(row))
    click.secho(f"{len(rows)} questions", bold=True)


def _say(verb: IdentityVerb, wish: dict[str, Any], folder: Path, store: str) -> None:
    fields = {name: value for name, value in wish.items() if value} | {"messageId": uuid4().hex}
    with house_of(folder, store) as house:
        act = house.say(verb, fields)
    sides = " | ".join(", ".join(map(str, side)) for side in (act.left, act.right) if side)
    click.echo(f"{act.act} {act.act_id}: {sides}")


def _told(row: ReviewRow) -> str:
    review = row.review
    sides = " and ".join(", ".join(map(str, side)) for side in (review.left, review.right) if side)
    persons = ", ".join(label or person_id for person_id, label in row.persons)
    certainty = f" {review.confidence:.0%}" if review.kind == "proposed" else ""
    return f"{review.review_id}  {review.kind}{certainty}  {sides}  ({review.rule})  {persons}"
