"""Seeds of the simulator: fifteen customers, a bad month, every invariant."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from regard.testing.simulation import CALM, Plan, Report, shrunk, simulate
from tests.simulate.plans import in_memory, on_disk

SEEDS = range(60)
ON_DISK = range(1_000, 1_006)
TWICE = range(2)
PEOPLE = 15
"""Half of those whom `make soak` follows: a month of them takes some 0.3 s."""


@pytest.fixture(autouse=True)
def _without_log() -> Iterator[None]:
    """Hundreds of failures a second are wanted here; nobody needs to read of each."""
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def told(plan: Plan, report: Report) -> str:
    """Return what failed, after how many items, and how to see it again."""
    shorter, found = shrunk(plan)
    return "\n".join(
        (
            f"seed {plan.seed}: {len(report.findings)} findings; the first {len(shorter.items)} "
            f"items suffice for {len(found.findings)} of them:",
            *found.findings[:10],
            f"Again: make soak FIRST={plan.seed} SEEDS=1 PEOPLE={PEOPLE}",
        )
    )


@pytest.mark.parametrize("seed", SEEDS)
def test_a_bad_month_breaks_nothing(seed: int) -> None:
    plan = in_memory(seed, people=PEOPLE)
    report = simulate(plan)
    assert not report.findings, told(plan, report)


@pytest.mark.parametrize("seed", ON_DISK)
def test_a_bad_month_on_disk_breaks_nothing(seed: int, tmp_path: Path) -> None:
    plan = on_disk(seed, tmp_path / "regard.db", people=PEOPLE)
    report = simulate(plan)
    assert not report.findings, told(plan, report)


@pytest.mark.parametrize("seed", TWICE)
def test_one_seed_gives_one_journal(seed: int, tmp_path: Path) -> None:
    first = simulate(in_memory(seed, people=PEOPLE))
    assert simulate(in_memory(seed, people=PEOPLE)).journal == first.journal
    assert simulate(on_disk(seed, tmp_path / "regard.db", people=PEOPLE)).journal == first.journal


def test_a_bad_month_is_bad_indeed() -> None:
    """Else all of the above would show nothing."""
    report = simulate(in_memory(0))
    assert report.counts["CrashError"] > 10
    assert report.counts["GlitchError"] > 0
    assert report.counts["Unavailable"] > 0
    assert report.counts["hand_overs"] > 50


def test_a_calm_month_ends_with_nothing_unknown() -> None:
    report = simulate(in_memory(0, weather=CALM))
    assert not report.findings
    assert set(report.counts) == {"entries", "hand_overs"}
