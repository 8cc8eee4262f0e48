"""Bugs planted on purpose: a simulator that does not notice them would prove nothing.

First the five kinds that issue 3 names, then others. Each patch lives in its test alone.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from datetime import datetime
from typing import Any
from zoneinfo import ZoneInfo

import pytest
from msgspec.structs import replace

from regard.core.event import Event, TimerDue
from regard.core.facts import Entry
from regard.core.person import Person
from regard.core.ports import LOOP, Draft
from regard.core.program import Program
from regard.core.rows import Accepted, Claimed
from regard.core.storage import Projection, Store, Writing
from regard.decisions import Decisions, quiet, recheck, rules, waiting
from regard.journeys import Journeys
from regard.profiles import Profiles
from regard.promises import Promises
from regard.runtime.ledger import Ledger
from regard.runtime.projection import Projector
from regard.testing.simulation import simulate
from tests.simulate.plans import in_memory

SEEDS_MAX = 24

QUEUED_MAX = 1_000

pytestmark = pytest.mark.usefixtures("without_log")


def assert_noticed(*findings: str, seeds_max: int = SEEDS_MAX, **changes: Any) -> None:
    """Assert that the first few seeds find something that says each of these."""
    missing = set(findings)
    for seed in range(seeds_max):
        told = simulate(in_memory(seed, **changes)).findings
        missing -= {text for text in missing if any(text in finding for finding in told)}
        if not missing:
            return
    raise AssertionError(f"{seeds_max} seeds did not notice: {', '.join(sorted(missing))}")


def assert_one_noticed(*findings: str) -> None:
    """Assert that the first few seeds find something that says one of these."""
    for seed in range(SEEDS_MAX):
        told = simulate(in_memory(seed)).findings
        if any(text in finding for text in findings for finding in told):
            return
    raise AssertionError(f"{SEEDS_MAX} seeds noticed none of {', '.join(findings)}")


# The five kinds of issue 3.


def test_planted_checkpoint_on_fetch(monkeypatch: pytest.MonkeyPatch) -> None:
    """The cursor moves when inputs are fetched; what fails after that is never read again."""
    advance = Ledger._advance

    def hasty(ledger: Ledger, limit: int) -> int:
        store = ledger.store
        with store.writing() as writing:
            seen = writing.states.cursor(LOOP)
            fetched = writing.journal.inputs(seen, limit)
            if not fetched:
                return 0
            writing.states.advance(LOOP, seen, fetched[-1].offset)
        ledger.store = _BackTo(store, fetched[-1].offset, seen)  # type: ignore[assignment]
        try:
            return advance(ledger, limit)
        finally:
            ledger.store = store

    monkeypatch.setattr(Ledger, "_advance", hasty)
    assert_noticed("rebuild: persons changed")


def test_planted_check_before_claim(monkeypatch: pytest.MonkeyPatch) -> None:
    """Persons are read in one transaction and their messages claimed in a later one."""
    monkeypatch.setattr(Ledger, "claim", _claiming_what_was_checked(Ledger.claim))
    assert_one_noticed("the person is frozen", "consent was withdrawn", "cap ", "quiet hours")


def test_planted_blind_retry(monkeypatch: pytest.MonkeyPatch) -> None:
    """What nobody can tell is tried again as if the provider had been busy."""
    settle = Ledger.settle

    def forgetful(ledger: Ledger, outcomes: Sequence[Any], now: datetime) -> None:
        busy = [
            (one, replace(o, outcome="try_again") if o.outcome == "unknown" else o, content)
            for one, o, content in outcomes
        ]
        settle(ledger, busy, now)

    monkeypatch.setattr(Ledger, "settle", forgetful)
    assert_noticed("said so before")


def test_planted_no_consent_at_the_last_moment(monkeypatch: pytest.MonkeyPatch) -> None:
    """Consent is asked when it is decided, hours before the hand-over, and not again."""
    monkeypatch.setattr(recheck, "channel_refusal", lambda *_: "")
    assert_noticed("consent was withdrawn")


def test_planted_clock_in_local_time(monkeypatch: pytest.MonkeyPatch) -> None:
    """Quiet hours go by the wall clock of the server."""
    free_in = quiet._free_in
    here = ZoneInfo("Europe/Vienna")
    monkeypatch.setattr(quiet, "_free_in", lambda windows, _zone, at: free_in(windows, here, at))
    assert_noticed("quiet hours")


# Others.


def test_a_last_check_that_says_yes_to_everything(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Decisions, "recheck", lambda *_: "")
    assert_noticed("past its use", "consent was withdrawn", "quiet hours", "the person is frozen")


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


def test_a_dead_process_whose_messages_nobody_tells(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(Ledger, "settle_abandoned", lambda *_: 0)
    assert_noticed("has no outcome")


def test_a_process_that_goes_on_after_it_was_replaced(monkeypatch: pytest.MonkeyPatch) -> None:
    """The fence is open."""
    monkeypatch.setattr("regard.store.memory.database.MemoryStore._check_fence", lambda _: None)
    assert_noticed("a process that was replaced could still step")


def test_claims_that_are_not_journaled(monkeypatch: pytest.MonkeyPatch) -> None:
    def secretive(ledger: Ledger, limit: int, now: datetime, *_: Any) -> Any:
        with ledger.store.writing() as writing:
            rows, next_at = writing.registers.queued(now, limit)
            writing.registers.claim([row.message_id for row in rows], writing.token, now)
        return [_claimed(ledger, row) for row in rows], next_at

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


class _BackTo:
    """A store whose transactions first put the cursor back to where it was fetched from."""

    def __init__(self, store: Store, at: int, seen: int) -> None:
        self._store = store
        self.crew = store.crew
        self._at = at
        self._seen = seen

    @contextmanager
    def writing(self, *, is_durable: bool = True, is_alone: bool = True) -> Iterator[Writing]:
        with self._store.writing(is_durable=is_durable, is_alone=is_alone) as writing:
            writing.states.advance(LOOP, self._at, self._seen)
            yield writing


def _claiming_what_was_checked(claim: Any) -> Callable[..., Any]:
    checked: dict[str, Person] = {}

    def late(ledger: Ledger, limit: int, now: datetime) -> Any:
        with ledger.store.writing() as writing:
            queued, next_at = writing.registers.queued(now, QUEUED_MAX)
        news = [row for row in queued if row.message_id not in checked]
        if news:
            checked.update((row.message_id, _claimed(ledger, row).person) for row in news)
            return [], next_at
        found, next_at = claim(ledger, limit, now)
        persons = [checked.pop(one.row.message_id, one.person) for one in found]
        return [replace(o, person=p) for o, p in zip(found, persons, strict=True)], next_at

    return late


def _claimed(ledger: Ledger, row: Any) -> Claimed:
    with ledger.store.reading() as reading:
        person = reading.people.read(row.person_id) or Person(id=row.person_id)
    return Claimed(row=row, person=person, token=1)


def _except_timers(react: Any) -> Any:
    def deaf(stage: Any, person: Person, entry: Entry, program: Program) -> Any:
        is_timer = isinstance(entry.body, TimerDue)
        return () if is_timer else react(stage, person, entry, program)

    return deaf
