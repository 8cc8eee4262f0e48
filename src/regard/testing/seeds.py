"""Many seeds on all processors: how many failed, how, and the first ones as short stories.

In: seeds, and a way to make the plan of one (picklable: every process makes its own program and
store). Out: a `Season`. `regard simulate` and `make soak` run it.
"""

from __future__ import annotations

import logging
from collections import Counter
from collections.abc import Callable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor, as_completed
from dataclasses import dataclass
from multiprocessing import get_context

from regard.testing.plan import Plan
from regard.testing.retelling import retold, story_of
from regard.testing.shrinking import shrunk
from regard.testing.simulation import simulate

BATCH_MAX = 20
"""Seeds that a process takes at once: about a second, so that progress is seen."""

TOLD_MAX = 3
"""Failing seeds that are shrunk and told; more would say the same again."""

MakePlan = Callable[[int], Plan]
Progress = Callable[[int, int], None]
"""Gets how many seeds are done, and how many of them failed."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Outcome:
    """What became of one seed."""

    seed: int
    findings: tuple[str, ...]
    counts: Counter[str]


@dataclass(frozen=True, slots=True, kw_only=True)
class Season:
    """What became of many seeds: sums of their counts, the failing ones, the first of them told.

    `stories` are those of the told ones that `regard test` can play.
    """

    seed_count: int
    counts: Counter[str]
    failed: tuple[Outcome, ...]
    told: tuple[str, ...]
    stories: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class Many:
    """Which seeds to run. `again` makes the command that shows one seed again."""

    seeds: Sequence[int]
    make_plan: MakePlan
    again: Callable[[int], str]
    processes: int = 1


def run(many: Many, progress: Progress) -> Season:
    """Run all seeds; raise whatever a simulation raises that is no finding."""
    failed: list[Outcome] = []
    counts: Counter[str] = Counter()
    done = 0
    for outcome in _outcomes(many):
        done += 1
        counts += outcome.counts
        if outcome.findings:
            failed.append(outcome)
        progress(done, len(failed))
    failed.sort(key=lambda outcome: outcome.seed)
    told: list[str] = []
    stories: list[str] = []
    for outcome in failed[:TOLD_MAX]:
        found = shrunk(many.make_plan(outcome.seed))
        told += retold(found, many.again(outcome.seed))
        story = story_of(found)
        stories += [story] if story is not None else []
    return Season(
        seed_count=done,
        counts=counts,
        failed=tuple(failed),
        told=tuple(told),
        stories=tuple(stories),
    )


def _outcomes(many: Many) -> Iterator[Outcome]:
    """Yield the outcome of every seed as it comes, in no certain order."""
    seeds = many.seeds
    size = max(1, min(BATCH_MAX, len(seeds) // (4 * many.processes)))
    batches = [seeds[start : start + size] for start in range(0, len(seeds), size)]
    if many.processes == 1:
        for batch in batches:
            for seed in batch:
                yield _outcome(many.make_plan, seed)
        return
    context = get_context("spawn")
    with ProcessPoolExecutor(many.processes, context, initializer=without_log) as pool:
        for future in as_completed([pool.submit(_batch, many.make_plan, b) for b in batches]):
            yield from future.result()


def without_log() -> None:
    """Say nothing: hundreds of failures a second are wanted here."""
    logging.disable(logging.CRITICAL)


def _batch(make_plan: MakePlan, seeds: Sequence[int]) -> list[Outcome]:
    return [_outcome(make_plan, seed) for seed in seeds]


def _outcome(make_plan: MakePlan, seed: int) -> Outcome:
    plan = make_plan(seed)
    report = simulate(plan)
    counts = Counter(report.counts)
    counts["items"] = len(plan.items)
    counts["faults"] = len(report.faults)
    return Outcome(seed=seed, findings=report.findings, counts=counts)
