"""Bugs planted on purpose: a simulator that does not notice them would prove nothing.

Each patch lives in its test alone.
"""

from __future__ import annotations

import logging
from collections.abc import Iterator, Sequence
from datetime import datetime
from typing import Any

import pytest
from msgspec.structs import replace

from regard.core.event import Event, TimerDue
from regard.core.facts import Entry
from regard.core.person import Person
from regard.core.ports import Draft
from regard.core.program import Program
from regard.core.rows import Accepted, Claimed
from regard.core.storage import Projection
from regard.decisions import Decisions, rules, waiting
from regard.journeys import Journeys
from regard.profiles import Profiles
from regard.promises import Promises
from regard.runtime.ledger import Ledger
from regard.runtime.projection import Projector
from regard.testing.simulation import CALM, shrunk, simulate
from tests.simulate.plans import in_memory

SEEDS_MAX = 12


@pytest.fixture(autouse=True)
def _without_log() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def assert_noticed(*findings: str, **changes: Any) -> None:
    """Assert that the first few seeds find something that says each of these."""
    missing = set(findings)
    for seed in range(SEEDS_MAX):
        told = simulate(in_memory(seed, **changes)).findings
        missing -= {text for text in missing if any(text in finding for finding in told)}
        if not missing:
            return
    raise AssertionError(f"{SEEDS_MAX} seeds did not notice: {', '.join(sorted(missing))}")


def test_a_last_check_that_says_yes_to_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Decisions, "recheck", lambda *_: "")
    assert_noticed("past its use", "consent was withdrawn", "quiet hours", "was reached by")


def test_a_gate_without_consent(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "consent_refusal", lambda *_: "")
    assert_noticed("no consent", "consent was withdrawn")


def test_a_gate_without_quiet_hours(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "free_at", lambda _windows, _zones, now: now)
    assert_noticed("quiet hours")


def test_a_gate_without_caps(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(waiting, "capped_until", lambda *given: given[-1])
    monkeypatch.setattr(Decisions, "recheck", lambda *_: "")
    assert_noticed("cap breathing_space was reached")


def test_an_unknown_outcome_that_is_not_recorded(monkeypatch: pytest.MonkeyPatch) -> None:
    """It is tried again as if the provider had been busy."""
    settle = Ledger.settle

    def forgetful(ledger: Ledger, outcomes: Sequence[Any], now: datetime) -> None:
        busy = [
            (one, replace(o, outcome="try_again") if o.outcome == "unknown" else o, content)
            for one, o, content in outcomes
        ]
        settle(ledger, busy, now)

    monkeypatch.setattr(Ledger, "settle", forgetful)
    assert_noticed("said so before")


def test_a_dead_process_whose_messages_nobody_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Ledger, "settle_abandoned", lambda *_: 0)
    assert_noticed("has no outcome")


def test_claims_that_are_not_journaled(monkeypatch: pytest.MonkeyPatch) -> None:

    def secretive(ledger: Ledger, limit: int, now: datetime) -> Any:
        with ledger.store.writing() as writing:
            rows, next_at = writing.registers.queued(now, limit)
            writing.registers.claim([row.message_id for row in rows], writing.token, now)
        with ledger.store.reading() as reading:
            people = {row.person_id: reading.people.read(row.person_id) for row in rows}
        return [
            Claimed(row=row, person=people[row.person_id] or Person(id=row.person_id), token=1)
            for row in rows
        ], next_at

    monkeypatch.setattr(Ledger, "_claim", secretive)
    assert_noticed("in the journal before")


def test_an_acknowledgement_before_the_commit(monkeypatch: pytest.MonkeyPatch) -> None:
    append = Ledger.append

    def hasty(ledger: Ledger, drafts: Sequence[Draft], now: datetime) -> Any:
        try:
            return append(ledger, drafts, now)
        except Exception:
            with ledger.store.reading() as reading:
                return [Accepted(offset=reading.tail.last() + 1, is_duplicate=False)]

    monkeypatch.setattr(Ledger, "append", hasty)
    assert_noticed("acknowledged, but not in the journal")


def test_a_timer_that_is_left_behind(monkeypatch: pytest.MonkeyPatch) -> None:
    done = Projector.done

    def keeping(projector: Projector) -> Projection:
        change = done(projector)
        return replace(change, timers=tuple(t for t in change.timers if t[3] is not None))

    monkeypatch.setattr(Projector, "done", keeping)
    assert_noticed("overdue since")


def test_a_promise_that_is_forgotten_when_it_is_missed(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Promises, "react", _except_timers(Promises.react))
    assert_noticed("nobody looks at it")


def test_a_hold_that_never_ends(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Decisions, "react", _except_timers(Decisions.react))
    assert_noticed("was to end")


def test_a_run_that_never_goes_on(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Journeys, "react", _except_timers(Journeys.react))
    assert_noticed("nobody looks at it")


def test_a_join_that_forgets_one_half(monkeypatch: pytest.MonkeyPatch) -> None:
    """A join that forgets one half differs from a rebuild, which folds both."""
    monkeypatch.setattr(Profiles, "join", lambda _stage, winner, _loser: winner)
    assert_noticed("rebuild: persons changed")


def test_a_stage_with_a_bug(monkeypatch: pytest.MonkeyPatch) -> None:
    react = Promises.react

    def broken(stage: Promises, person: Person, entry: Entry, program: Program) -> Any:
        if isinstance(entry.body, Event) and entry.body.name == "Boarded":
            raise ZeroDivisionError
        return react(stage, person, entry, program)

    monkeypatch.setattr(Promises, "react", broken)
    assert_noticed("deciding failed with ZeroDivisionError")


def test_a_failing_seed_is_shrunk_to_what_suffices(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rules, "consent_refusal", lambda *_: "")
    plan = in_memory(0, weather=CALM)
    shorter, report = shrunk(plan)
    assert report.findings
    assert 0 < len(shorter.items) < len(plan.items) // 2
    items = shorter.items[:-1]
    assert not simulate(in_memory(0, weather=CALM, items=items)).findings


def _except_timers(react: Any) -> Any:
    def deaf(stage: Any, person: Person, entry: Entry, program: Program) -> Any:
        is_timer = isinstance(entry.body, TimerDue)
        return () if is_timer else react(stage, person, entry, program)

    return deaf
