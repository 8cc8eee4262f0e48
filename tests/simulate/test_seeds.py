"""Seeds of the simulator: thirty customers, a bad month, every invariant.

In batches, so that a test has the time of a few months and names the first that fails.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

import pytest

from regard.testing.retelling import FAULTS, retold
from regard.testing.shrinking import shrunk
from regard.testing.simulation import CALM, Plan, Report, simulate
from tests.simulate.lives import ACTS
from tests.simulate.plans import in_memory, on_disk

BATCHES = [range(first, first + 10) for first in range(0, 200, 10)]
ON_DISK = range(1_000, 1_004)
TWICE = range(2)

pytestmark = pytest.mark.usefixtures("without_log")


def told(plan: Plan, report: Report) -> str:
    """Return the shortest story of what failed, and how to see it again."""
    again = f"make soak FIRST={plan.seed} SEEDS=1"
    return "\n".join(retold(shrunk(plan, report), again))


@pytest.mark.parametrize("seeds", BATCHES, ids=lambda seeds: f"{seeds[0]}-{seeds[-1]}")
def test_a_bad_month_breaks_nothing(seeds: Sequence[int]) -> None:
    for seed in seeds:
        plan = in_memory(seed)
        report = simulate(plan)
        assert not report.findings, told(plan, report)


@pytest.mark.parametrize("seed", ON_DISK)
def test_a_bad_month_on_disk_breaks_nothing(seed: int, tmp_path: Path) -> None:
    plan = on_disk(seed, tmp_path / "regard.db")
    report = simulate(plan)
    assert not report.findings, told(plan, report)


@pytest.mark.parametrize("seed", TWICE)
def test_one_seed_gives_one_journal(seed: int, tmp_path: Path) -> None:
    first = simulate(in_memory(seed))
    assert simulate(in_memory(seed)).journal == first.journal
    assert simulate(on_disk(seed, tmp_path / "regard.db")).journal == first.journal


def test_bad_months_are_bad_indeed() -> None:
    """Else all of the above would show nothing: every kind of trouble, within a few seeds."""
    met: Counter[str] = Counter()
    for seed in range(30):
        report = simulate(in_memory(seed))
        met.update(fault.kind for fault in report.faults)
        assert report.counts["CrashError"] > 0
    assert set(FAULTS) - {"crash answering"} <= set(met) <= set(FAULTS)
    assert met["crash before"] + met["crash after"] > 100


def test_everything_happens_to_somebody() -> None:
    """Half of the acts a month: all of them in a few, and every event that they are made of."""
    met: Counter[str] = Counter()
    for seed in range(40):
        met.update(str(item.data.get("event", "")) for item in in_memory(seed).items)
    assert met.keys() >= EVENTS
    assert len(ACTS) > 5


def test_a_calm_month_ends_with_nothing_unknown() -> None:
    report = simulate(in_memory(0, weather=CALM))
    assert not report.findings
    assert not {"CrashError", "GlitchError", "LostError", "Unavailable"} & set(report.counts)


EVENTS = {
    *("Offer Viewed", "Miles Purchased", "Signed Up", "Consent Granted", "Consent Withdrawn"),
    *("Unsubscribed", "Preference Set", "Booking Confirmed", "Booking Cancelled"),
    *("Check-in Completed", "Gate Changed", "Flight Disrupted", "Rebooked", "Boarded"),
    *("Bag Missing Reported", "Bag Found", "Bag Delivered", "Call Made"),
    *("Person Frozen", "Person Unfrozen"),
}
