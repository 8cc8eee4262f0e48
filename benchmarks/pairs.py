"""Two versions of the house in one process, in turns: what one does cheaper, on a noisy machine.

``python -m benchmarks.pairs OLD/src NEW/src [times]``: CPU-µs an event of what needs no store
(drafting, the kernel's step, projecting, a person's bytes) over the usual hour, and the median of
the new one's ratio to the old one's, taken turn by turn. Each tree is imported for itself; the
second one's memory lies worse (some per cent of *bytes*), so swap them to be sure.
"""

from __future__ import annotations

import gc
import os
import statistics
import sys
import time
from collections.abc import Callable, Mapping
from contextlib import closing
from datetime import UTC, datetime
from importlib import import_module
from itertools import chain
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any

PEOPLE = 2_000
WARM_BATCHES = 60
BATCHES = 30
TIMES = 25
OURS = frozenset({"regard", "benchmarks"})

Work = Callable[[], object]


def main(old: str, new: str, times: int = TIMES) -> None:
    """Measure and print one line for each kind of work."""
    (before, count), (after, _) = prepared(old), prepared(new)
    gc.collect()
    gc.freeze()
    gc.disable()
    for name in before:
        pairs = [_pair_us(before[name], after[name], count, turn % 2) for turn in range(times)]
        olds, news = zip(*pairs, strict=True)
        ratio = statistics.median(new_us / old_us for old_us, new_us in pairs)
        print(f"{name:10} {min(olds):6.1f} {min(news):6.1f} CPU-µs an event, ratio {ratio:.3f}")


def prepared(tree: str) -> tuple[Mapping[str, Work], int]:
    """Import a source tree, let its house live an hour; return its works and how many events."""
    for name in [name for name in sys.modules if name.partition(".")[0] in OURS]:
        del sys.modules[name]
    sys.path.insert(0, str(Path(tree).resolve()))
    serving, traffic = import_module("benchmarks.serving"), import_module("benchmarks.traffic")
    assembly, project = import_module("regard.assembly"), import_module("regard.project")
    program = project.load(serving.AIRLINE, os.environ)
    drafts = _reader(import_module("regard.intake"), program, serving.KEY)
    crowd = traffic.Traffic(PEOPLE)
    steps: list[tuple[Any, ...]] = []
    with (
        TemporaryDirectory(prefix="regard-bench-") as place,
        closing(import_module("regard.store").open_store(f"{place}/pairs.db")) as store,
    ):
        ledger = assembly.build_ledger(store, lambda: program)
        kernel, ledger.kernel = ledger.kernel, _Noting(ledger.kernel, steps)
        for body in chain(crowd.introductions(), crowd.batches(WARM_BATCHES)):
            _live(ledger, drafts(body))
        steps.clear()
        bodies = crowd.batches(BATCHES)
        for body in bodies:
            _live(ledger, drafts(body))
    projector = import_module("regard.runtime.projection").Projector
    encode = import_module("regard.core.codec").encode_person
    works: Mapping[str, Work] = {
        "drafting": lambda: [drafts(body) for body in bodies],
        "step": lambda: [kernel.step(*given) for given, _ in steps],
        "projecting": lambda: _projected(projector(), steps),
        "bytes": lambda: [encode(step.person) for _, step in steps],
    }
    return works, len(steps)


class _Noting:
    """A kernel that notes what it was given and what it answered."""

    def __init__(self, kernel: Any, steps: list[tuple[Any, ...]]) -> None:
        self._kernel = kernel
        self._steps = steps

    def __getattr__(self, name: str) -> Any:
        return getattr(self._kernel, name)

    def step(self, *given: Any) -> Any:
        found = self._kernel.step(*given)
        self._steps.append((given, found))
        return found


def _reader(intake: Any, program: Any, key: str) -> Callable[[bytes], list[Any]]:
    """Return what makes drafts of a body, by the modules of its own tree."""
    drafter = intake.Drafter(program)
    source = drafter.source(key)

    def drafts(body: bytes) -> list[Any]:
        arrival = intake.Arrival(source=source, received_at=datetime.now(UTC))
        found = drafter.read(intake.read_envelope(intake.open_body(body)), arrival)
        return [draft for draft in found if hasattr(draft, "body")]

    return drafts


def _live(ledger: Any, drafts: list[Any]) -> None:
    ledger.append(drafts, datetime.now(UTC))
    while ledger.advance():
        pass


def _projected(projector: Any, steps: list[tuple[Any, ...]]) -> object:
    for (_, entry, *_rest), step in steps:
        projector.add(entry)
        for fact in step.facts:
            projector.add(fact)
    return projector.done()


def _pair_us(old: Work, new: Work, count: int, is_swapped: int) -> tuple[float, float]:
    if is_swapped:
        new_us = _cost_us(new, count)
        return _cost_us(old, count), new_us
    return _cost_us(old, count), _cost_us(new, count)


def _cost_us(work: Work, count: int) -> float:
    began = time.thread_time()
    work()
    return (time.thread_time() - began) / count * 1e6


if __name__ == "__main__":
    main(sys.argv[1], sys.argv[2], *map(int, sys.argv[3:]))
