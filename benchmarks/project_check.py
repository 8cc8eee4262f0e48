"""Checking and testing the example airline: how long somebody who edits it has to wait.

The peer of checking is PyYAML's bare C parser over the same YAML files; of the stories there is
none, so stories a second stand alone.
"""

from __future__ import annotations

import os
import time
from collections.abc import Callable, Sequence

import yaml

from benchmarks.figures import Figure, Scale, median
from benchmarks.serving import AIRLINE
from regard.assembly import build_ledger
from regard.core.program import Program
from regard.project import check, load
from regard.runtime.ledger import Ledger
from regard.store import MemoryStore
from regard.testing.stories import play, read_stories


def run(scale: Scale) -> Sequence[Figure]:
    """Measure checking, parsing alone, and all stories."""
    rounds = scale.of(9, 3)
    parsing = _median_s(_parse_all, rounds)
    checking = _median_s(lambda: check(AIRLINE, os.environ), rounds)
    program, stories = load(AIRLINE, os.environ), read_stories(AIRLINE)

    def play_all() -> None:
        for story in stories:
            play(story, program, _ledger)

    playing = _median_s(play_all, rounds)
    return [
        Figure(name="parsing its YAML alone", value=parsing * 1e3, unit="ms"),
        Figure(
            name="check",
            value=checking * 1e3,
            unit="ms",
            beside="times parsing",
            ratio=checking / parsing,
        ),
        Figure(name="stories", value=len(stories) / playing, unit="stories/s"),
    ]


def _parse_all() -> None:
    for path in AIRLINE.rglob("*.yaml"):
        yaml.load(path.read_bytes(), Loader=yaml.CSafeLoader)


def _ledger(program: Program) -> Ledger:
    return build_ledger(MemoryStore(), lambda: program)


def _median_s(work: Callable[[], object], rounds: int) -> float:
    costs = []
    for _ in range(rounds):
        began = time.perf_counter()
        work()
        costs.append(time.perf_counter() - began)
    return median(costs)
