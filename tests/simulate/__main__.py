"""`make soak`: many seeds over the memory store, some over SQLite, on all processors.

Run as ``python -m tests.simulate --seeds 2000 [--first 0] [--people 30]``; exits 1 when an
invariant broke, with the first failing seeds told as short stories.
"""

from __future__ import annotations

import os
import sys
from argparse import ArgumentParser, Namespace
from functools import partial
from tempfile import TemporaryDirectory
from time import monotonic

import click

from regard.testing.seeds import Many, Season, run, without_log
from tests.simulate.lives import PEOPLE
from tests.simulate.plans import soaking


def main() -> int:
    """Simulate the seeds asked for; return 1 when one of them failed."""
    asked = _asked()
    without_log()
    seeds = range(asked.first, asked.first + asked.seeds)
    began = monotonic()
    label = f"{asked.seeds} seeds of {asked.people} people"
    with (
        TemporaryDirectory() as folder,
        click.progressbar(length=len(seeds), label=label, file=sys.stderr) as bar,
    ):
        many = Many(
            seeds=seeds,
            make_plan=partial(soaking, folder, asked.people),
            again=lambda seed: f"make soak SEEDS=1 FIRST={seed} PEOPLE={asked.people}",
            processes=min(asked.processes, len(seeds)),
        )
        season = run(many, lambda done, _failed: bar.update(done - bar.pos))
    _tell(season, monotonic() - began)
    return min(len(season.failed), 1)


def _asked() -> Namespace:
    parser = ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1_000, help="how many seeds")
    parser.add_argument("--first", type=int, default=0, help="the first of them")
    parser.add_argument("--people", type=int, default=PEOPLE, help="how many customers")
    parser.add_argument("--processes", type=int, default=os.cpu_count() or 1, help="at once")
    return parser.parse_args()


def _tell(season: Season, took_s: float) -> None:
    for line in (*season.told, *season.stories):
        print(line)
    for outcome in season.failed:
        print(f"seed {outcome.seed}: {len(outcome.findings)} findings, as {outcome.findings[0]}")
    counts = season.counts
    print(
        f"{season.seed_count} seeds in {took_s:.0f} s: {counts['items']:,} items, "
        f"{counts['entries']:,} entries, {counts['hand_overs']:,} hand-overs, "
        f"{counts['faults']:,} faults, {counts['CrashError']:,} crashes; "
        f"{len(season.failed)} seeds failed"
    )


if __name__ == "__main__":
    sys.exit(main())
