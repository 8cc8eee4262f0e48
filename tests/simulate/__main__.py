"""`make soak`: many seeds over the memory store, every tenth over SQLite; the findings at the end.

Run as ``python -m tests.simulate --seeds 2000 [--first 0]``; exits 1 when an invariant broke.
"""

from __future__ import annotations

import logging
import sys
from argparse import ArgumentParser
from pathlib import Path
from tempfile import TemporaryDirectory

from regard.testing.simulation import shrunk, simulate
from tests.simulate.lives import PEOPLE
from tests.simulate.plans import in_memory, on_disk

ON_DISK_EVERY = 10


def main() -> int:
    """Simulate the seeds asked for; return how many of them failed, at most 1."""
    parser = ArgumentParser(prog="make soak", description=__doc__)
    parser.add_argument("--seeds", type=int, default=1_000, help="how many seeds")
    parser.add_argument("--first", type=int, default=0, help="the first of them")
    parser.add_argument("--people", type=int, default=PEOPLE, help="how many customers")
    asked = parser.parse_args()
    logging.disable(logging.CRITICAL)
    failed: list[int] = []
    people = asked.people
    with TemporaryDirectory() as folder:
        file = Path(folder) / "regard.db"
        for seed in range(asked.first, asked.first + asked.seeds):
            plan = in_memory(seed, people=people)
            if seed % ON_DISK_EVERY == ON_DISK_EVERY - 1:
                plan = on_disk(seed, file, people=people)
            if simulate(plan).findings:
                failed.append(seed)
                shorter, report = shrunk(plan)
                print(f"seed {seed}, first {len(shorter.items)} items:", flush=True)
                print(*(f"  {finding}" for finding in report.findings), sep="\n", flush=True)
    print(f"{asked.seeds} seeds from {asked.first}, {len(failed)} failed: {failed}")
    return min(len(failed), 1)


sys.exit(main())
