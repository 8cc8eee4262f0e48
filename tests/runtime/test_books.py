"""A rebuild notices every corrupted view, the audit every book that does not balance."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from regard.assembly import build_ledger
from regard.core.errors import Refused
from regard.core.event import MessageOutcome
from regard.core.facts import Body, Decided, Entry, PromiseChanged, StepFailed
from regard.runtime.audit import audit
from regard.runtime.ledger import Ledger
from regard.runtime.rebuild import rebuild, verify
from regard.store import MemoryStore
from regard.store.memory.tables import Tables
from regard.store.memory.views import VIEWS
from tests.audit.shop import identify, order
from tests.runtime.shop import NOW, Shop


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def ledger(store: MemoryStore, shop: Shop) -> Ledger:
    """A house with something in every view: merges, a shared laptop, a message, a timer."""
    made = build_ledger(store, lambda: shop.program)
    laptop = {"anonymous_id": "laptop"}
    for item in (
        {"id": "1", "page": "Lamps", **laptop},
        {**identify("ada", "ada@example.com"), **laptop},
        {**order("lamp", "ada"), **laptop},
        {**identify("bruno", "bruno@example.com"), **laptop},
        {**order("bulb", "bruno"), **laptop},
        {"id": "2", "page": "Lamps", "user_id": "chen"},
        {"id": "3", "page": "Lamps", "anonymous_id": "phone"},
        {"id": "4", "identify": {}, "user_id": "chen", "anonymous_id": "phone"},
    ):
        made.append([shop.draft(item)], NOW)
        turn(made)
    (claimed,), _ = made.claim(1, NOW)
    sent = MessageOutcome(
        message_id=claimed.row.message_id, channel="email", outcome="sent", attempt=1
    )
    made.settle([(claimed, sent, None)], NOW)
    turn(made)
    return made


def turn(ledger: Ledger) -> None:
    while ledger.advance():
        pass


def changed(ledger: Ledger, shop: Shop) -> list[str]:
    return list(verify(ledger.store, ledger.kernel, shop.program.identity, lambda *_: None))


def test_an_honest_house_is_rebuilt_byte_for_byte(ledger: Ledger, shop: Shop) -> None:
    assert changed(ledger, shop) == []
    assert changed(ledger, shop) == []
    assert audit(ledger.store, NOW).findings == ()


FALSIFIED: dict[str, Callable[[Tables], None]] = {
    "identifiers": lambda t: t.nodes.update({k: replace(n, offset=99) for k, n in t.nodes.items()}),
    "evidence": lambda t: t.edges.popitem() and None,
    "clusters": lambda t: t.clusters.popitem() and None,
    "logins": lambda t: t.logins.popitem() and None,
    "forwards": lambda t: t.forwards.popitem() and None,
    "persons": lambda t: t.persons.popitem() and None,
    "timers": lambda t: t.timers.popitem() and None,
    "promises": lambda t: t.promises.popitem() and None,
    "passages": lambda t: t.passages.popitem() and None,
    "outcomes": lambda t: t.outcomes.popitem() and None,
    "messages": lambda t: t.messages.popitem() and None,
    "decisions": lambda t: t.decisions.popitem() and None,
    "decision_counts": lambda t: t.decision_counts.popitem() and None,
    "tallies": lambda t: t.tallies.popitem() and None,
}


@pytest.mark.parametrize("view", FALSIFIED)
def test_a_view_that_was_falsified_is_told(
    ledger: Ledger, store: MemoryStore, shop: Shop, view: str
) -> None:
    FALSIFIED[view](store._shared.tables)
    assert view in changed(ledger, shop)
    assert changed(ledger, shop) == []


def test_every_view_can_be_falsified_but_for_what_the_shop_has_none_of() -> None:
    others = {"audience_members", "cases", "runs", "rollouts", "versions", "rulings"}
    others |= {"reviews", "remarks"}
    assert set(FALSIFIED) | others == set(VIEWS)


def test_a_house_that_lags_is_not_rebuilt(ledger: Ledger, shop: Shop) -> None:
    ledger.append([shop.draft(order("third", "ada"))], NOW)
    with pytest.raises(Refused, match="not been stepped"):
        rebuild(ledger.store, ledger.kernel, shop.program.identity, lambda *_: None)


def plant(ledger: Ledger, body: Body, cause: int = 1) -> None:
    """Append a fact to the journal that no room concluded."""
    with ledger.store.writing() as writing:
        offset = writing.journal.last() + 1
        planted = Entry(
            offset=offset, identity=0, at=NOW, received_at=NOW, body=body, cause=cause, part=900
        )
        writing.journal.append([planted], ())


def findings(ledger: Ledger, now: datetime = NOW) -> str:
    return "\n".join(audit(ledger.store, now).findings)


def last(ledger: Ledger, kind: type[Body]) -> Body:
    with ledger.store.reading() as reading:
        found = [e.body for e, _, _ in reading.tail.after(0, 10_000)]
    return [body for body in found if isinstance(body, kind)][-1]


def promise(ledger: Ledger, status: str) -> PromiseChanged:
    with ledger.store.reading() as reading:
        (row, *_) = reading.registers.promises(status=status)
    return row.change


def test_an_input_that_could_not_be_decided_is_a_finding(ledger: Ledger) -> None:
    plant(ledger, StepFailed(error="ZeroDivisionError", traceback=""))
    assert "input 1: deciding failed with ZeroDivisionError" in findings(ledger)


def test_a_promise_that_ends_twice_is_a_finding(ledger: Ledger) -> None:
    kept = promise(ledger, "kept")
    plant(ledger, replace(kept, status="void"))
    assert "ended as kept, then as void" in findings(ledger)


def test_a_promise_that_nobody_looks_at_is_a_finding(ledger: Ledger) -> None:
    plant(ledger, replace(promise(ledger, "expected"), wake_at=None))
    assert "is expected and nobody will look at it" in findings(ledger)


def test_a_promise_whose_moment_has_passed_is_a_finding(ledger: Ledger) -> None:
    due_at = promise(ledger, "expected").wake_at
    assert due_at is not None
    told = findings(ledger, due_at + timedelta(minutes=2))
    assert "was to be looked at" in told
    assert "and not looked at" in told


def test_a_decision_without_a_reason_or_made_twice_is_a_finding(ledger: Ledger) -> None:
    decided = last(ledger, Decided)
    assert isinstance(decided, Decided)
    plant(ledger, replace(decided, reason=""))
    told = findings(ledger)
    assert "has no reason" in told
    assert "decided twice" in told


def test_a_message_that_is_missing_in_the_outbox_is_a_finding(ledger: Ledger) -> None:
    decided = last(ledger, Decided)
    assert isinstance(decided, Decided)
    plant(ledger, replace(decided, decision_id="lost"))
    assert "message lost: decided, but not in the outbox" in findings(ledger)


@pytest.mark.parametrize(
    ("attempt", "finding"), [(1, "one attempt has two outcomes"), (2, "handed over 2 times")]
)
def test_a_message_that_was_handed_over_again_is_a_finding(
    ledger: Ledger, attempt: int, finding: str
) -> None:
    sent = last(ledger, MessageOutcome)
    assert isinstance(sent, MessageOutcome)
    plant(ledger, replace(sent, attempt=attempt), cause=0)
    assert finding in findings(ledger)


def test_an_outcome_of_a_message_that_nobody_decided_is_a_finding(ledger: Ledger) -> None:
    sent = last(ledger, MessageOutcome)
    assert isinstance(sent, MessageOutcome)
    plant(ledger, replace(sent, message_id="foreign"), cause=0)
    assert "message foreign: has an outcome, but was never decided" in findings(ledger)


def test_a_source_that_was_counted_wrongly_is_a_finding(ledger: Ledger) -> None:
    with ledger.store.writing() as writing:
        writing.registers.keep((), (), {"shop": (1, 0, 0)}, NOW)
    assert "accepted" in findings(ledger)
