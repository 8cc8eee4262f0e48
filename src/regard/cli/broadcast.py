"""`regard broadcast`: preview, test, start, pause, resume, cancel, list one-offs to many."""

from __future__ import annotations

from pathlib import Path

import click
import msgspec

from regard.cli.options import with_place
from regard.cli.running import (
    QuietHouse,
    house_of,
    program_in_force,
    read_broadcasts,
)
from regard.cli.telling import tell_counts, told_progress
from regard.core.rows import Outlook, RolloutProgress


@click.group(short_help="One-offs to many: preview, test, start, pause, resume, cancel.")
def broadcast() -> None:
    """Lead a broadcast of the project's broadcasts/ folder.

    Acts reach a running `regard serve`; without one they are journaled, and done when it starts.
    """


@broadcast.command("list", short_help="Broadcasts, and how far they have come.")
@with_place
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def list_command(folder: Path, store: str, as_json: bool) -> None:
    """List the broadcasts of the published folder and those that were started."""
    started = read_broadcasts(folder, store)
    if as_json:
        found = [{"rollout": row, "progress": progress} for row, progress in started]
        click.echo(msgspec.json.format(msgspec.json.encode(found)).decode())
        return
    for row, progress in started:
        click.echo(f"{row.change.rollout_id}: {row.change.status}. {_told(progress)}")
    known = {row.change.rollout_id for row, _ in started}
    for name, found_ in program_in_force(folder, store).broadcasts.items():
        if name not in known:
            click.echo(f"{name}: not started. {found_.title}")


@broadcast.command(short_help="Tell exactly what it would come to now.")
@click.argument("broadcast_id", metavar="ID")
@with_place
@click.option("--json", "as_json", is_flag=True, help="As JSON.")
def preview(broadcast_id: str, folder: Path, store: str, as_json: bool) -> None:
    """Pass every recipient through the real gate, now, and tell what would become of it."""
    with house_of(folder, store) as house, told_progress("asking the gate") as progress:
        outlook = house.preview(broadcast_id, progress)
    if as_json:
        click.echo(msgspec.json.format(msgspec.json.encode(outlook)).decode())
    else:
        _tell(outlook)


@broadcast.command("test", short_help="Send it to its seed list, marked [test].")
@click.argument("broadcast_id", metavar="ID")
@with_place
def test_command(broadcast_id: str, folder: Path, store: str) -> None:
    """Send a broadcast to the people of its seed list, marked as a test."""
    with house_of(folder, store) as house:
        missing = house.test(broadcast_id)
    click.echo("The test is on its way to everybody of the seed list who is known.")
    for seed in missing:
        click.secho(f"  nobody is known as {seed}", fg="yellow")


def _act(act: str, short: str, told: str) -> click.Command:
    """Return the command of one act."""

    @click.argument("broadcast_id", metavar="ID")
    @with_place
    def command(broadcast_id: str, folder: Path, store: str) -> None:
        with house_of(folder, store) as house:
            change = house.broadcast(broadcast_id, act)
            is_quiet = isinstance(house, QuietHouse)
        click.echo(f"Broadcast {change.rollout_id} is {change.status}.")
        if is_quiet:
            click.echo("No house is running: it goes on when `regard serve` starts.")

    return click.command(act, short_help=short, help=told)(command)


for _command in (
    _act("start", "Start it, at its pace.", "Start a broadcast; it goes once."),
    _act("pause", "Pause it; what is queued waits.", "Pause a broadcast."),
    _act("resume", "Go on where it stood.", "Resume a broadcast; nobody gets it twice."),
    _act("cancel", "End it; withdraw what has not gone.", "Cancel a broadcast for good."),
):
    broadcast.add_command(_command)


def _told(progress: RolloutProgress) -> str:
    sent = sum(progress.messages.get(state, 0) for state in ("sent", "delivered"))
    silent, failed = sum(progress.silences.values()), sum(progress.failures.values())
    return (
        f"{progress.reached:,} reached, {sent:,} sent, {silent:,} silent, "
        f"{progress.held:,} held, {failed:,} not sent"
    )


def _tell(outlook: Outlook) -> None:
    click.secho(f"{outlook.recipients:,} recipients, {outlook.sent:,} messages now", bold=True)
    for title, counts in (
        ("Sent by channel", outlook.channels),
        ("Held", outlook.holds),
        ("Silent", outlook.silences),
    ):
        if counts:
            tell_counts(title, counts)
    if outlook.same_address:
        click.echo(f"{outlook.same_address:,} share the address of somebody who gets it")
    if outlook.unmoved:
        click.echo(f"{outlook.unmoved:,} were offered it before")
