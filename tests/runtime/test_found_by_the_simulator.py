"""Bugs that seeds of the simulator found, each as short as it can be told."""

from __future__ import annotations

from datetime import timedelta

import pytest
from msgspec.structs import replace

from regard.assembly import build_ledger
from regard.core.event import MessageClaimed, MessageOutcome
from regard.core.facts import PromiseChanged
from regard.core.rows import Claimed
from regard.runtime.audit import audit
from regard.runtime.ledger import Ledger
from regard.runtime.rebuild import verify
from regard.store import MemoryStore
from tests.audit.shop import identify, order
from tests.runtime.shop import NOW, Shop

LATER = NOW + timedelta(minutes=20)


@pytest.fixture
def ledger(shop: Shop) -> Ledger:
    """A house in which Ada placed an order and its receipt waits to be handed over."""
    made = build_ledger(MemoryStore(), lambda: shop.program)
    made.append([shop.draft(identify("ada", "ada@example.com"))], NOW)
    made.append([shop.draft(order("lamp", "ada"))], NOW)
    turn(made)
    return made


def turn(ledger: Ledger) -> None:
    while ledger.advance():
        pass


def outcome(claimed: Claimed, kind: str, **more: object) -> MessageOutcome:
    row = claimed.row
    return MessageOutcome(
        message_id=row.message_id,
        channel=row.channel,
        outcome=kind,  # type: ignore[arg-type]
        attempt=row.attempt + 1,
        **more,  # type: ignore[arg-type]
    )


def promise_of(ledger: Ledger) -> PromiseChanged:
    with ledger.store.reading() as reading:
        (row,) = reading.registers.promises()
    return row.change


def changed_views(ledger: Ledger, shop: Shop) -> list[str]:
    rules = shop.program.identity
    return list(verify(ledger.store, ledger.kernel, rules, lambda _done, _total: None))


def test_a_no_that_was_acknowledged_is_heard_before_the_next_claim(
    ledger: Ledger, shop: Shop
) -> None:
    """It was appended, but not stepped: the last check looked at a person who had not said it."""
    said = shop.draft(
        {"id": "no", "event": "Unsubscribed", "user_id": "ada", "properties": {"purpose": "orders"}}
    )
    ledger.append([said], NOW)
    (claimed,), _ = ledger.claim(5, NOW)
    reason = ledger.kernel.arbiter.recheck(claimed, shop.program, NOW)
    assert reason == "objected"


def test_a_receipt_that_is_here_is_counted_before_the_next_claim(
    ledger: Ledger, shop: Shop
) -> None:
    """The message was handed over twice, and a rebuild gave other rows than the house had."""
    (claimed,), _ = ledger.claim(5, NOW)
    ledger.settle([(claimed, outcome(claimed, "unknown", retry_at=NOW), None)], NOW)
    turn(ledger)
    draft = shop.draft(identify("ada", "ada@example.com"))
    told = {"message_id": claimed.row.message_id}
    receipt = replace(draft.body, message_id="r", name="Email Delivered", facts=told)
    ledger.append([replace(draft, key=b"r" * 16, body=receipt)], NOW)
    assert ledger.claim(5, LATER)[0] == []
    turn(ledger)
    assert changed_views(ledger, shop) == []


def test_a_worker_that_stood_still_tells_late_what_was_told_as_unknown(ledger: Ledger) -> None:
    """Handed over, taken for dead, sent again by another: the books called that a fault."""
    (first,), _ = ledger.claim(5, NOW)
    ledger.settle([(first, outcome(first, "unknown", retry_at=NOW), None)], NOW)
    turn(ledger)
    (again,), _ = ledger.claim(5, LATER)
    ledger.settle([(again, outcome(again, "sent"), None)], LATER)
    ledger.settle([(first, outcome(first, "sent"), None)], LATER)
    turn(ledger)
    books = audit(ledger.store, LATER)
    assert [line for line in books.findings if "handed over" in line] == []
    assert books.counts["messages maybe doubled"] == 1


def test_of_one_person_one_message_is_claimed_at_a_time(ledger: Ledger, shop: Shop) -> None:
    """Two at once knew nothing of each other: caps and twins were checked for neither."""
    ledger.append([shop.draft(order("bulb", "ada"))], NOW)
    turn(ledger)
    first, again_at = ledger.claim(5, NOW)
    second, last_at = ledger.claim(5, NOW)
    assert [len(first), len(second)] == [1, 1]
    assert first[0].row.message_id != second[0].row.message_id
    assert (again_at, last_at) == (NOW, None)
    assert second[0].person.touches[first[0].row.message_id].state == "claimed"


def test_a_promise_is_kept_when_its_message_was_handed_over(ledger: Ledger) -> None:
    """Not when the order was placed: what was late counted as in time."""
    two_hours_later = NOW + timedelta(hours=2)
    (claimed,), _ = ledger.claim(5, NOW)
    ledger.settle([(claimed, outcome(claimed, "sent"), None)], two_hours_later)
    turn(ledger)
    assert promise_of(ledger).kept_at == two_hours_later
    assert promise_of(ledger).status == "late"


def test_a_receipt_with_a_wrong_clock_keeps_no_promise_before_its_message_was_decided(
    ledger: Ledger, shop: Shop
) -> None:
    """The provider's clock was three hours behind."""
    (claimed,), _ = ledger.claim(5, NOW)
    ledger.settle([(claimed, outcome(claimed, "unknown"), None)], NOW)
    draft = shop.draft(identify("ada", "ada@example.com"))
    told = {"message_id": claimed.row.message_id}
    receipt = replace(
        draft.body, message_id="r", name="Email Delivered", facts=told, at=NOW - timedelta(hours=3)
    )
    ledger.append([replace(draft, key=b"r" * 16, body=receipt)], LATER)
    turn(ledger)
    assert promise_of(ledger).kept_at == NOW


def test_a_touch_counts_from_when_it_was_handed_over(ledger: Ledger) -> None:
    """Not from when it was decided: an outage would have shortened every cap."""
    (claimed,), _ = ledger.claim(5, NOW)
    ledger.settle([(claimed, outcome(claimed, "sent"), None)], LATER)
    turn(ledger)
    with ledger.store.reading() as reading:
        person = reading.people.read(claimed.person.id)
    assert person is not None
    assert person.touches[claimed.row.message_id].sent_at == LATER


def test_a_promise_given_up_may_turn_out_kept_late(ledger: Ledger) -> None:
    """News after the end correct the outcome; the books know which corrections there are."""
    (claimed,), _ = ledger.claim(5, NOW)
    deadline = promise_of(ledger).wake_at
    assert deadline is not None
    ledger.fire(deadline)
    turn(ledger)
    assert promise_of(ledger).status == "broken"
    ledger.settle([(claimed, outcome(claimed, "sent"), None)], deadline + timedelta(minutes=1))
    turn(ledger)
    assert promise_of(ledger).status == "late"
    assert audit(ledger.store, deadline + timedelta(minutes=1)).findings == ()


def test_every_attempt_is_claimed_in_the_journal_before_it_is_made(ledger: Ledger) -> None:
    (claimed,), _ = ledger.claim(5, NOW)
    with ledger.store.reading() as reading:
        claim = reading.tail.after(0)[-1][0].body
    assert isinstance(claim, MessageClaimed)
    assert (claim.message_id, claim.attempt) == (claimed.row.message_id, 1)
