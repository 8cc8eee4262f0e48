"""Objectives, error budgets, and the multi-window burn rates of the SRE workbook."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regard.core.flows import PromiseDefinition
from regard.promises import ServiceLevel, count_of, has_calmed
from regard.promises.levels import BUCKET, lengths_of, level_of, rate_of, rules_for
from tests.promises.house import check_in_reminder

HOUR, DAY = timedelta(hours=1), timedelta(days=1)
MONTH = timedelta(days=30)


def promise(**changes: Any) -> PromiseDefinition:
    return check_in_reminder(**{"objective": 0.99, "window": MONTH, "failed_min": 1} | changes)


def level(counts: Mapping[timedelta, tuple[int, int]], **changes: Any) -> ServiceLevel:
    """Return the level when (kept, broken) were counted in the latest stretch of some lengths.

    A stretch holds all shorter ones: what is not given is as the next shorter one.
    """
    definition = promise(**changes)
    stretches, latest = {}, (0, 0)
    for length in sorted({*lengths_of(definition), *counts}):
        latest = counts.get(length, latest)
        stretches[length] = {definition.id: {"kept": latest[0], "broken": latest[1]}}
    return level_of(definition, stretches)


def test_nothing_ended_leaves_the_budget_whole() -> None:
    found = level({})
    assert (found.count.total, found.budget_left, found.severity) == (0, 1.0, "")
    assert has_calmed(found, "page")
    assert has_calmed(found, "ticket")


@pytest.mark.parametrize(("broken", "left"), [(0, 1.0), (5, 0.5), (10, 0.0), (20, -1.0)])
def test_the_budget_is_what_the_objective_allows_to_fail(broken: int, left: float) -> None:
    found = level({MONTH: (1_000 - broken, broken)})
    assert found.budget_left == pytest.approx(left)


def test_only_a_kept_promise_is_good_unless_the_company_says_otherwise() -> None:
    statuses = {"kept": 5, "late": 1, "repaired": 2, "doubled": 1, "missed": 1, "broken": 1}
    assert count_of(promise(), statuses | {"void": 7, "expected": 3}).bad == 6
    assert count_of(promise(good=frozenset({"kept", "repaired"})), statuses).good == 7


def test_two_hours_of_budget_in_an_hour_is_a_page() -> None:
    """2 % of a month's budget in one hour: 14.4 times too fast, and still going on."""
    found = level({timedelta(minutes=5): (8, 2), HOUR: (84, 16)})
    assert found.severity == "page"
    assert found.burns[0].long_rate == pytest.approx(16)
    assert not has_calmed(found, "page")


def test_what_is_over_is_not_told_any_more() -> None:
    """The long window still burns, the short one does not: nobody is called for the past."""
    over = {timedelta(minutes=5): (10, 0), timedelta(minutes=30): (50, 0), HOUR: (84, 16)}
    assert level(over).severity == "ticket", "a sixth of an hour's promises is worth a look"
    found = level(over | {6 * HOUR: (9_984, 16)})
    assert found.severity == ""
    assert has_calmed(found, "page")


def test_five_per_cent_of_the_budget_in_six_hours_is_a_page() -> None:
    found = level({timedelta(minutes=30): (90, 10), 6 * HOUR: (930, 70)})
    assert found.severity == "page"


def test_a_slow_burn_is_a_ticket() -> None:
    found = level({6 * HOUR: (98, 2), 3 * DAY: (985, 15)})
    assert found.severity == "ticket"
    assert has_calmed(found, "page")
    assert not has_calmed(found, "ticket")


def test_few_failures_are_no_trend() -> None:
    counts = {timedelta(minutes=5): (0, 2)}
    assert level(counts, failed_min=3).severity == ""
    assert level(counts, failed_min=2).severity == "page"


def test_between_half_the_factor_and_the_factor_nothing_begins_and_nothing_ends() -> None:
    minutes = {timedelta(minutes=5): (90, 10), timedelta(minutes=30): (190, 10)}
    found = level(minutes | {6 * HOUR: (9_990, 10)})
    assert (found.severity, has_calmed(found, "page")) == ("", False)


def test_windows_are_stretched_to_the_objective_in_whole_buckets() -> None:
    month, week = rules_for(MONTH), rules_for(timedelta(days=7))
    assert [(r.factor, r.long, r.short) for r in month] == [
        (14.4, HOUR, timedelta(minutes=5)),
        (6.0, 6 * HOUR, timedelta(minutes=30)),
        (1.0, 3 * DAY, 6 * HOUR),
    ]
    assert (week[0].long, week[0].short) == (timedelta(minutes=15), BUCKET)
    assert rules_for(timedelta(days=28))[0].long == HOUR


def test_an_objective_of_everything_has_a_budget_of_next_to_nothing() -> None:
    found = level({timedelta(minutes=5): (999, 1)}, objective=1.0)
    assert found.severity == "page"
    assert found.budget_left < -900


@settings(max_examples=40)
@given(st.integers(0, 500), st.integers(0, 500), st.floats(0.5, 1.0))
def test_a_rate_of_one_spends_exactly_the_budget(good: int, bad: int, objective: float) -> None:
    definition = promise(objective=objective)
    count = count_of(definition, {"kept": good, "broken": bad})
    rate = rate_of(definition, count)
    assert (rate > 1) == (bad > (good + bad) * max(1 - objective, 1e-6)) or rate == pytest.approx(1)
