"""A failing seed comes back as the shortest story that fails alike."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import Any

import pytest

from regard.assembly import build_ledger
from regard.decisions import Decisions, rules
from regard.runtime.ledger import Ledger
from regard.store import MemoryStore
from regard.testing.retelling import retold, story_of
from regard.testing.shrinking import fewest, shrunk
from regard.testing.simulation import CALM, Plan, Report, simulate
from regard.testing.stories import play, read_stories
from tests.simulate.plans import airline, in_memory

pytestmark = pytest.mark.usefixtures("without_log")


def first_failing(**changes: Any) -> tuple[Plan, Report]:
    for seed in range(20):
        plan = in_memory(seed, **changes)
        report = simulate(plan)
        if report.findings:
            return plan, report
    raise AssertionError("no seed failed")


def test_nothing_of_the_fewest_can_be_left_out() -> None:
    asked: list[list[int]] = []

    def fails(parts: object) -> bool:
        asked.append(list(parts))  # type: ignore[call-overload]
        return {3, 77} <= set(asked[-1])

    assert fewest(range(100), fails) == [3, 77]
    assert len(asked) < 100


def test_a_gate_without_consent_needs_one_customer_and_no_fault(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setattr(rules, "consent_refusal", lambda *_: "")
    found = shrunk(*first_failing(weather=replace(CALM, answers=0)))
    assert 1 <= len(found.plan.items) <= 6
    assert not found.report.faults
    assert len({item.who for item in found.plan.items}) == 1

    story = story_of(found)
    assert story is not None
    (tmp_path / "stories").mkdir()
    (tmp_path / "stories" / "found.yaml").write_text(story, encoding="utf-8")
    (read,) = read_stories(tmp_path)
    assert play(read, airline(), lambda p: build_ledger(MemoryStore(), lambda: p)).failures
    monkeypatch.undo()
    assert not play(read, airline(), lambda p: build_ledger(MemoryStore(), lambda: p)).failures


def test_an_untold_crash_needs_one_fault_and_is_no_story(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Ledger, "settle_abandoned", lambda *_: 0)
    found = shrunk(*first_failing())
    assert 1 <= len({fault.name for fault in found.report.faults}) <= 3
    assert len(found.plan.items) <= 6
    assert story_of(found) is None


def test_the_story_tells_what_came_what_went_wrong_and_what_broke(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setattr(Decisions, "recheck", lambda *_: "")
    found = shrunk(*first_failing())
    lines = "\n".join(retold(found, "make soak FIRST=3 SEEDS=1"))
    assert f"seed {found.plan.seed}: {len(found.plan.items)} items" in lines
    assert "website: " in lines
    assert "  ! " in lines
    assert "  > " in lines
    assert "BROKE" in lines
    assert lines.endswith("again: make soak FIRST=3 SEEDS=1")


def test_a_shrunk_plan_breaks_a_rule_that_the_whole_broke(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Decisions, "recheck", lambda *_: "")
    plan, report = first_failing()
    found = shrunk(plan, report)
    assert found.report.findings
    assert simulate(found.plan).findings == found.report.findings


def test_a_plan_that_breaks_nothing_comes_back_as_it_is() -> None:
    plan = in_memory(0)
    assert shrunk(plan).plan is plan
