"""`regard messages`: what could not be handed over; replay it after mending, or discard it."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from typing import get_args

import click
import msgspec

from regard.cli.options import Command, with_place
from regard.cli.place import store_path
from regard.cli.running import house_of
from regard.core.errors import Refused
from regard.core.event import MessageOutcome
from regard.core.ports import Reading
from regard.core.rows import Mended, MessageRow, MessageState, Replay
from regard.store import is_there, open_library

NOT_DONE = {
    "not_dead": "it is neither dead nor unknown",
    "may_have_arrived": "an attempt may have arrived: look at the provider, then --force WORDS",
}
"""Why nothing came of it for a message, in words."""

TIMELINE_MAX = 1_000


@click.group(short_help="Dead letters and unknown messages: list, replay, discard.")
def messages() -> None:
    """Mend what could not be handed over.

    Acts reach a running `regard serve`; without one they are journaled, and done when it starts.
    """


def _with_letters(command: Command) -> Command:
    """Give a command what says which dead letters it is about, and of which project."""
    engagement = click.option("--engagement", default="", help="Whose dead letters.")
    every = click.option("--all", "is_all", is_flag=True, help="All dead letters of --engagement.")
    given = click.argument("message_ids", metavar="ID...", nargs=-1)
    return given(with_place(every(engagement(command))))


@messages.command("list", short_help="Dead letters, or messages of another state.")
@with_place
@click.option(
    "--state",
    type=click.Choice(get_args(MessageState)),
    default="dead",
    show_default=True,
    help="Which messages.",
)
@click.option("--limit", type=click.IntRange(1, 10_000), default=100, help="How many, the newest.")
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def list_command(folder: Path, store: str, state: str, limit: int, as_json: bool) -> None:
    """List messages of one state with what went wrong; dead letters unless another is named."""
    location = store_path(folder, store)
    if not is_there(location):
        raise Refused(f"There is no store at {location}.", hint="Start `regard serve` once.")
    with open_library(location).reading() as reading:
        found = [row for row, _ in reading.registers.messages(state=state, limit=limit)]
        told = [(row, _error_of(row, reading)) for row in found]
    if as_json:
        plain = [{"message": row, "error": error} for row, error in told]
        click.echo(msgspec.json.format(msgspec.json.encode(plain)).decode())
        return
    for row, error in told:
        click.echo(f"{row.message_id}  {row.engagement} by {row.channel}, {row.reason}: {error}")
    click.echo(f"{len(told)} messages are {state}.")


@messages.command(short_help="Let messages come again, through the gate.")
@_with_letters
@click.option("--force", default="", metavar="WORDS", help="How you know that it did not arrive.")
@click.pass_context
def replay(
    ctx: click.Context,
    message_ids: Sequence[str],
    folder: Path,
    store: str,
    is_all: bool,
    engagement: str,
    force: str,
) -> None:
    """Let dead letters ID... come again under the same message id, checked by the gate anew.

    One that may have arrived is left alone unless --force says how you know that it did not.
    """
    _check(message_ids, engagement, is_all=is_all)
    wanted = Replay(
        messages=tuple(message_ids), engagement=engagement, words=force, is_forced=bool(force)
    )
    with house_of(folder, store) as house:
        done = house.replay(wanted)
    ctx.exit(_tell(done, "replayed"))


@messages.command(short_help="End dead letters for good.")
@_with_letters
@click.option("--why", required=True, metavar="WORDS", help="Why; kept in the journal.")
@click.pass_context
def discard(
    ctx: click.Context,
    message_ids: Sequence[str],
    folder: Path,
    store: str,
    is_all: bool,
    engagement: str,
    why: str,
) -> None:
    """End dead letters ID... without sending them."""
    _check(message_ids, engagement, is_all=is_all)
    wanted = Replay(messages=tuple(message_ids), engagement=engagement, words=why)
    with house_of(folder, store) as house:
        done = house.discard(wanted)
    ctx.exit(_tell(done, "discarded"))


def _check(message_ids: Sequence[str], engagement: str, *, is_all: bool) -> None:
    if is_all and not engagement:
        raise click.UsageError("--all asks for --engagement.")
    if is_all == bool(message_ids):
        raise click.UsageError("Name message ids, or --all --engagement ID.")


def _tell(done: Sequence[Mended], verb: str) -> int:
    """Say what came of it; return the exit code."""
    for one in done:
        if not one.is_done:
            click.secho(f"{one.message_id}: {NOT_DONE.get(one.reason, one.reason)}", fg="yellow")
    count = sum(one.is_done for one in done)
    click.echo(f"{count} of {len(done)} {verb}.")
    return 0 if count == len(done) else 1


def _error_of(row: MessageRow, reading: Reading) -> str:
    """Return the detail of the last outcome of a message: it stands in the person's timeline."""
    for entry in reading.people.timeline(row.person_id, limit=TIMELINE_MAX):
        if isinstance(entry.body, MessageOutcome) and entry.body.message_id == row.message_id:
            return entry.body.detail
    return ""
