"""`regard demo`: the example company with a living world of customers.

The world visits the real server over HTTP, on one scaled clock that both share and that waits for
a slow machine. It goes on day after day until Ctrl-C, and then says what was seen; with `--once` it
lives one day (or `--days`), then balances the books of the house against what the world knows, and
exits 1 when they differ.
"""

from __future__ import annotations

import asyncio
import os
from collections.abc import Sequence
from contextlib import ExitStack
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from socket import socket
from tempfile import TemporaryDirectory

import click

from regard.assembly.house import House, Plan
from regard.assembly.keys import Keys
from regard.cli.books import differences, tell_day, tell_seen
from regard.cli.logs import write_log
from regard.cli.options import FOLDER
from regard.cli.pacing import keep_pace, pace_of
from regard.cli.place import read_keys
from regard.cli.process import loop_factory
from regard.cli.serving import Server, listening, tell_address
from regard.core.errors import Refused
from regard.core.event import MessageOutcome
from regard.core.ports import Library, Reading
from regard.core.program import Program
from regard.project import edition_of, example
from regard.runtime.audit import audit
from regard.runtime.pace import ScaledClock
from regard.store import open_store
from regard.world import SOURCES, Letter, WorldSettings, WorldSummary, live

COUNT = click.IntRange(1, 1_000_000)

DEMO_SPEED = 60.0
"""World seconds in a real second when somebody watches: an hour a minute."""

DAY_SPEED = 1_000.0
"""A world day in 86 seconds."""

DAYS_WITHOUT_END = 3_650

SETTLE_S = 1.0
"""Real seconds for the last messages to leave before the books are closed."""

DAY_STARTS = datetime(2026, 3, 2, 4, tzinfo=UTC)
"""When a bounded world begins: before the first people wake in Vienna, on a Monday."""

ENTRIES_MAX = 5_000
"""Journal entries looked through at one look at the post."""


@dataclass(frozen=True, kw_only=True)
class _World:
    """What one run of the living world is."""

    folder: Path
    people: int
    seed: int
    days: int
    speed: float
    port: int
    is_endless: bool
    clock: ScaledClock


@click.command(short_help="Run the example company with simulated customers.")
@click.argument("folder", type=FOLDER, required=False)
@click.option(
    "--people", type=COUNT, default=200, show_default=True, help="Customers who live in the world."
)
@click.option(
    "--speed", default=0.0, help="World seconds a second (default: 60; 1000 with --once)."
)
@click.option("--seed", default=7, show_default=True, help="Which world it is.")
@click.option(
    "--port", default=0, type=click.IntRange(0, 65_535), help="Port (default: a free one)."
)
@click.option("--once", is_flag=True, help="Live one world day, then balance the books.")
@click.option("--days", type=COUNT, default=1, show_default=True, help="World days with --once.")
@click.pass_context
def demo(
    ctx: click.Context,
    folder: Path | None,
    people: int,
    speed: float,
    seed: int,
    port: int,
    once: bool,
    days: int,
) -> None:
    """Run the example company with a living world of simulated customers.

    FOLDER is that company (default: the airline that comes along, examples/airline of the source).
    """
    write_log("text")
    speed = speed or (DAY_SPEED if once else DEMO_SPEED)
    world = _World(
        folder=folder or example("airline"),
        people=people,
        seed=seed,
        days=days if once else DAYS_WITHOUT_END,
        speed=speed,
        port=port,
        is_endless=not once,
        clock=ScaledClock(speed, DAY_STARTS if once else None),
    )
    if not _run(world):
        ctx.exit(1)


def _run(world: _World) -> bool:
    """Run a world over a new store; return whether the books balance."""
    if not world.folder.is_dir():
        raise Refused(
            f"There is no folder {world.folder} here.",
            code="no_folder",
            hint="regard demo without FOLDER runs the airline that comes along; "
            "regard init --example airline FOLDER copies it.",
        )
    edition = edition_of(world.folder, os.environ)
    program = edition.program
    missing = sorted(set(SOURCES) - {source.id for source in program.sources.values()})
    if missing:
        raise Refused(
            f"The world speaks through sources that {world.folder} does not have: "
            f"{', '.join(missing)}.",
            hint="It lives with the airline: regard demo, or a copy by regard init --example "
            "airline.",
        )
    with ExitStack() as stack:
        place = Path(stack.enter_context(TemporaryDirectory(prefix="regard-")))
        listener = stack.enter_context(listening("127.0.0.1", world.port))
        url = f"http://127.0.0.1:{listener.getsockname()[1]}"
        store = open_store(str(place / "demo.db"))
        stack.callback(store.close)
        keys, _ = read_keys(place)
        plan = Plan(
            program=program,
            store=store,
            clock=world.clock,
            keys=keys,
            public_url=url,
            archive=edition.archive,
        )
        house = House(plan)
        _tell_start(url, program, keys, world)
        with asyncio.Runner(loop_factory=loop_factory()) as runner:
            summary = runner.run(_live(house, world, url, listener))
        if summary is None:
            _tell_stop(store, world)
            return True
        books = audit(store, world.clock.now())
        findings = [*books.findings, *differences(store, summary)]
        tell_day(store, summary, books, findings, pace_of(world.clock))
    return not findings


def _tell_start(url: str, program: Program, keys: Keys, world: _World) -> None:
    tell_address(url, program.company.name)
    click.echo(f"Sign in to the console with: {keys.console_secret}")
    length = "until Ctrl-C" if world.is_endless else f"for {world.days} world day(s)"
    click.echo(f"{world.people} people live {length} at {world.speed:g} times the wall clock.")


def _tell_stop(library: Library, world: _World) -> None:
    """Say what was seen of a world that somebody stopped, and where it went."""
    now = world.clock.now()
    books = audit(library, now)
    tell_seen(f"Until {now:%a %d %B, %H:%M} in the world", library, books, {}, {})
    click.echo(pace_of(world.clock))
    click.echo(
        "Its store was a temporary one and is gone. For a house of your own that stays: "
        "regard init my-house, regard serve my-house."
    )


async def _live(house: House, world: _World, url: str, listener: socket) -> WorldSummary | None:
    """Serve and live at once; return what the world knows, None when somebody stopped it."""
    server = Server(house, listener)
    serving = asyncio.create_task(server.run())
    settings = WorldSettings(
        base_url=url,
        keys={source.id: source.key for source in house.plan.program.sources.values()},
        staff={
            address: department.title
            for department in house.plan.program.departments.values()
            for address in department.addresses.values()
        },
        people=world.people,
        days=world.days,
        seed=world.seed,
    )
    await server.started()
    pacing = asyncio.create_task(keep_pace(world.clock, house.plan.store, click.echo))
    living = asyncio.create_task(
        live(settings, click.echo, tempo=world.clock, inbox=PostBag(house.plan.store).read)
    )
    await asyncio.wait((serving, living, pacing), return_when=asyncio.FIRST_COMPLETED)
    is_lived = living.done()
    if is_lived:
        await asyncio.sleep(SETTLE_S)
    living.cancel()
    server.stop()
    await serving
    if pacing.done():  # it goes on until it is cancelled, so it says why it could not
        pacing.result()
    pacing.cancel()
    return living.result() if is_lived else None


class PostBag:
    """What the world's people find in their boxes: messages handed over since the last look."""

    def __init__(self, library: Library) -> None:
        self._library = library
        self._offset = 0

    async def read(self) -> Sequence[Letter]:
        """Return the letters that arrived since the last call."""
        return await asyncio.to_thread(self._read)

    def _read(self) -> Sequence[Letter]:
        letters = []
        with self._library.reading() as reading:
            for entry, _, _ in reading.tail.after(self._offset, ENTRIES_MAX):
                self._offset = entry.offset
                if isinstance(entry.body, MessageOutcome) and entry.body.outcome == "sent":
                    letters += _letters(reading, entry.body.message_id)
        return letters


def _letters(reading: Reading, message_id: str) -> list[Letter]:
    return [
        Letter(
            message_id=row.message_id,
            channel=row.channel,
            address=row.address,
            engagement=row.engagement,
            subject=content.subject,
            text=content.text,
            unsubscribe_url=content.headers.get("List-Unsubscribe", "").strip("<>"),
        )
        for row, content in reading.registers.messages(message_id)
        if content is not None
    ]
