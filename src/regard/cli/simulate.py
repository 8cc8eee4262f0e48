"""`regard simulate`: bad months of a company, in virtual time, and every invariant after each.

Takes a project folder and makes customers out of its own definitions (`regard.testing.lives`);
the real house lives their months in memory, while everything goes wrong that can. Exits 1 when an
invariant broke, with the shortest story that breaks it.
"""

from __future__ import annotations

import os
import sys
from functools import lru_cache, partial
from pathlib import Path

import click

from regard.assembly import build_ledger
from regard.cli.options import FOLDER
from regard.core.storage import Store
from regard.project import load
from regard.store import MemoryStore
from regard.testing.lives import Script, answers, lives, opened, read_schemas, script_of
from regard.testing.seeds import Many, Season, run, without_log
from regard.testing.simulation import CALM, Plan, Weather

COUNT = click.IntRange(1, 1_000_000)

FAILED_SHOWN = 10


@click.command(short_help="Live bad months in virtual time, check every invariant.")
@click.argument("folder", type=FOLDER, default=".")
@click.option("--seeds", type=COUNT, default=100, show_default=True, help="How many months.")
@click.option("--first", default=0, show_default=True, help="The first seed.")
@click.option("--people", type=COUNT, default=30, show_default=True, help="Customers in each.")
@click.option(
    "--days", type=click.FloatRange(0.1, 366), default=28.0, show_default=True, help="Its length."
)
@click.option("--calm", is_flag=True, help="Nothing goes wrong outside of the folder.")
@click.option(
    "--processes", type=COUNT, default=os.cpu_count() or 1, help="At once (default: all)."
)
@click.option(
    "--stories",
    type=click.Path(file_okay=False, path_type=Path),
    help="Where to write failing months as stories, where they need no fault.",
)
@click.pass_context
def simulate(
    ctx: click.Context,
    folder: Path,
    seeds: int,
    first: int,
    people: int,
    days: float,
    calm: bool,
    processes: int,
    stories: Path | None,
) -> None:
    """Live months of FOLDER's customers in virtual time while everything goes wrong that can.

    The process dies between any two steps, disks are full, channels lose, refuse, double and time
    out after accepting, clients send late, twice and with wrong clocks. After each month nothing
    acknowledged may be lost, nobody sent the same twice, no consent, cap, quiet hour or use-by
    date broken, every promise ended once, and every view equal to a rebuild from the journal.
    """
    _world(folder)
    without_log()
    settings = f"--people {people} --days {days:g}{' --calm' if calm else ''}"
    many = Many(
        seeds=range(first, first + seeds),
        make_plan=partial(plan_of, folder, people, days, calm),
        again=lambda seed: f"regard simulate {folder} --first {seed} --seeds 1 {settings}",
        processes=min(processes, seeds),
    )
    label = f"{seeds} months of {people} people"
    with click.progressbar(length=seeds, label=label, file=sys.stderr) as bar:
        season = run(many, lambda done, _failed: bar.update(done - bar.pos))
    _tell(season)
    if stories is not None:
        _write(season, stories)
    if season.failed:
        ctx.exit(1)


def plan_of(folder: Path, people: int, days: float, calm: bool, seed: int) -> Plan:
    """Return the plan of one seed."""
    script = _world(folder)
    return Plan(
        seed=seed,
        program=script.program,
        items=lives(script, seed, people, days),
        make_ledger=build_ledger,
        open_store=MemoryStore,
        reopen=_reopened,
        answers=answers(script),
        weather=CALM if calm else Weather(),
    )


@lru_cache(maxsize=1)
def _world(folder: Path) -> Script:
    """Return what may happen in a company; every process reads its folder once."""
    return script_of(opened(load(folder, os.environ)), read_schemas(folder))


def _reopened(store: Store) -> Store:
    if not isinstance(store, MemoryStore):
        raise TypeError(f"{store!r} is no store in memory.")
    return store.reopen()


def _tell(season: Season) -> None:
    for line in season.told:
        click.echo(line)
    for outcome in season.failed[:FAILED_SHOWN]:
        count = len(outcome.findings)
        click.secho(
            f"seed {outcome.seed}: {count} findings, first: {outcome.findings[0]}", fg="red"
        )
    counts = season.counts
    click.echo(
        f"{season.seed_count:,} months: {counts['items']:,} items, {counts['entries']:,} journal "
        f"entries, {counts['hand_overs']:,} hand-overs, {counts['faults']:,} faults, "
        f"{counts['CrashError']:,} crashes."
    )
    if season.failed:
        click.secho(f"An invariant broke in {len(season.failed):,} of them.", fg="red")
    else:
        click.secho("Every invariant held in all of them.", fg="green")


def _write(season: Season, folder: Path) -> None:
    folder.mkdir(parents=True, exist_ok=True)
    for number, story in enumerate(season.stories, 1):
        path = folder / f"simulated_{number}.yaml"
        path.write_text(story, encoding="utf-8")
        click.echo(f"Written as a story: {path}")
