"""Each thing that happens to a store happens wholly or not at all, and exactly once."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta
from typing import TypeVar

import pytest

from regard.assembly import build_ledger
from regard.core.errors import Fenced, Unavailable
from regard.core.event import MessageOutcome, TimerDue
from regard.core.facts import Decided, Entry, PersonsMerged, PromiseChanged, StepFailed
from regard.core.program import Program
from regard.core.rows import Claimed
from regard.promises import Promises
from regard.runtime.ledger import Ledger
from regard.store import MemoryStore
from regard.testing.faults import FaultyStore
from tests.audit.shop import identify, order
from tests.runtime.shop import NOW, Shop

HOUR = timedelta(hours=1)
T = TypeVar("T")
WRITES = ("journal.append", "states.save", "registers.project", "queue.done", "commit")


class Fault:
    """Raises once at a verb, when it is armed."""

    def __init__(self) -> None:
        self.verb = ""
        self.error: Exception = Unavailable("The disk is full.", code="disk_full")

    def __call__(self, verb: str) -> None:
        if verb == self.verb:
            self.verb = ""
            raise self.error


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def fault() -> Fault:
    return Fault()


@pytest.fixture
def ledger(store: MemoryStore, fault: Fault, shop: Shop) -> Ledger:
    return over(store, fault, shop.program)


def over(store: MemoryStore, fault: Fault, program: Program) -> Ledger:
    return build_ledger(FaultyStore(store, fault), lambda: program)


def turn(ledger: Ledger) -> None:
    while ledger.advance():
        pass


def entries(ledger: Ledger) -> Sequence[Entry]:
    with ledger.store.reading() as reading:
        return [entry for entry, _, _ in reading.tail.after(0, 10_000)]


def bodies(ledger: Ledger, kind: type[T]) -> list[T]:
    return [entry.body for entry in entries(ledger) if isinstance(entry.body, kind)]


def an_order(ledger: Ledger, shop: Shop, token: str = "lamp") -> None:
    ledger.append([shop.draft(identify("ada", "ada@example.com"))], NOW)
    ledger.append([shop.draft(order(token, "ada"))], NOW)


def test_a_second_draft_with_the_same_key_is_a_duplicate(ledger: Ledger, shop: Shop) -> None:
    lamp, bulb = shop.draft(order("lamp", "ada")), shop.draft(order("bulb", "ada"))
    first = ledger.append([lamp, lamp], NOW)
    again = ledger.append([bulb, lamp], NOW)
    assert [(a.offset, a.is_duplicate) for a in first] == [(1, False), (1, True)]
    assert [(a.offset, a.is_duplicate) for a in again] == [(2, False), (1, True)]
    with ledger.store.reading() as reading:
        (source,), _ = reading.registers.sources()
    assert (source.accepted_count, source.duplicate_count) == (2, 2)


def test_what_a_draft_says_of_identity_is_journaled_right_behind_it(
    ledger: Ledger, shop: Shop
) -> None:
    for number, who in enumerate(({"user_id": "ada"}, {"anonymous_id": "laptop"})):
        item = {"id": f"{number}", "event": "Order Placed", "properties": {"token": "x"}, **who}
        ledger.append([shop.draft(item)], NOW)
    both = {"id": "9", "identify": {}, "user_id": "ada", "anonymous_id": "laptop"}
    ledger.append([shop.draft(both)], NOW)
    *_, told = entries(ledger)
    assert isinstance(told.body, PersonsMerged)
    assert (told.offset, told.cause, told.part) == (4, 3, 1)


@pytest.mark.parametrize("verb", WRITES)
def test_a_step_that_fails_leaves_nothing_and_is_done_again(
    ledger: Ledger, store: MemoryStore, fault: Fault, shop: Shop, verb: str
) -> None:
    an_order(ledger, shop)
    before = store.digest(), len(entries(ledger))
    fault.verb = verb
    with pytest.raises(Unavailable):
        ledger.advance()
    assert (store.digest(), len(entries(ledger))) == before
    turn(ledger)
    assert len(bodies(ledger, PromiseChanged)) == 2
    assert len(bodies(ledger, Decided)) == 1


@pytest.mark.parametrize("verb", ["journal.append", "graph.save", "registers.keep", "commit"])
def test_an_append_that_fails_keeps_nothing(
    ledger: Ledger, store: MemoryStore, fault: Fault, shop: Shop, verb: str
) -> None:
    before = store.digest()
    fault.verb = verb
    with pytest.raises(Unavailable):
        ledger.append([shop.draft(identify("ada", "ada@example.com"))], NOW)
    assert store.digest() == before
    assert entries(ledger) == []
    with store.reading() as reading:
        assert reading.registers.sources()[0] == []


def test_a_failing_room_sets_one_input_aside_and_the_others_go_on(
    store: MemoryStore, fault: Fault, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    react = Promises.react

    def broken(stage: Promises, person: object, entry: Entry, program: Program) -> object:
        if getattr(entry.body, "facts", {}).get("token") == "poisoned":
            raise ZeroDivisionError("a bug of ours")
        return react(stage, person, entry, program)  # type: ignore[arg-type]

    monkeypatch.setattr(Promises, "react", broken)
    ledger = over(store, fault, shop.program)
    for token in ("lamp", "poisoned", "bulb"):
        an_order(ledger, shop, token)
    turn(ledger)
    (failed,) = bodies(ledger, StepFailed)
    assert "a bug of ours" in failed.error
    assert "ZeroDivisionError" in failed.traceback
    assert {change.about for change in bodies(ledger, PromiseChanged)} == {"lamp", "bulb"}


def test_a_timer_fires_once(ledger: Ledger, shop: Shop) -> None:
    an_order(ledger, shop)
    turn(ledger)
    due_at = bodies(ledger, PromiseChanged)[-1].wake_at
    assert due_at is not None
    assert ledger.fire(due_at - HOUR) == due_at
    assert bodies(ledger, TimerDue) == []
    ledger.fire(due_at)
    ledger.fire(due_at + HOUR)
    turn(ledger)
    assert ledger.fire(due_at + HOUR) is None
    assert len(bodies(ledger, TimerDue)) == 1


def test_an_attempt_has_one_outcome(ledger: Ledger, shop: Shop) -> None:
    (claimed,) = claimed_one(ledger, shop)
    for kind in ("sent", "refused"):
        ledger.settle([(claimed, outcome_of(claimed, kind), None)], NOW)
    turn(ledger)
    assert [found.outcome for found in bodies(ledger, MessageOutcome)] == ["sent"]
    assert ledger.claim(5, NOW + HOUR) == ([], None)


def test_what_a_dead_process_had_claimed_is_unknown_and_tried_again(
    ledger: Ledger, store: MemoryStore, fault: Fault, shop: Shop
) -> None:
    (claimed,) = claimed_one(ledger, shop)
    successor = over(store.reopen(), fault, shop.program)
    assert successor.settle_abandoned(NOW + HOUR) == 1
    turn(successor)
    assert successor.settle_abandoned(NOW + HOUR) == 0
    (told,) = bodies(successor, MessageOutcome)
    assert (told.outcome, told.reason, told.attempt) == ("unknown", "process_died", 1)
    (again,), _ = successor.claim(5, NOW + HOUR)
    assert again.row.message_id == claimed.row.message_id


def test_a_process_whose_store_was_taken_over_does_nothing_more(
    ledger: Ledger, store: MemoryStore, shop: Shop
) -> None:
    (claimed,) = claimed_one(ledger, shop)
    before = entries(ledger)
    store.reopen()
    sent = outcome_of(claimed, "sent")
    for act in (
        lambda: ledger.append([shop.draft(order("late", "ada"))], NOW),
        ledger.advance,
        lambda: ledger.claim(5, NOW),
        lambda: ledger.settle([(claimed, sent, None)], NOW),
        lambda: ledger.fire(NOW + 2 * HOUR),
    ):
        with pytest.raises(Fenced):
            act()
    assert entries(ledger) == before


def claimed_one(ledger: Ledger, shop: Shop) -> list[Claimed]:
    an_order(ledger, shop)
    turn(ledger)
    return ledger.claim(5, NOW)[0]


def outcome_of(claimed: Claimed, kind: str) -> MessageOutcome:
    row = claimed.row
    return MessageOutcome(
        message_id=row.message_id,
        channel=row.channel,
        outcome=kind,  # type: ignore[arg-type]
        attempt=row.attempt + 1,
    )
