"""What happens to a store between two steps, and when a room has a bug."""

from __future__ import annotations

from collections.abc import Iterator, Sequence

import pytest

from regard.assembly import build_ledger
from regard.core.event import Event
from regard.core.facts import Candidate, CaseOpened, Derived, Entry, StepFailed
from regard.core.person import Person
from regard.core.program import Program
from regard.core.storage import Store
from regard.decisions import Decisions
from regard.runtime.audit import audit
from regard.runtime.kernel import Kernel
from regard.runtime.ledger import Ledger
from regard.store import open_store
from tests.audit.shop import identify, order
from tests.runtime.shop import NOW, Shop


@pytest.fixture
def store(tmp_path) -> Iterator[Store]:
    opened = open_store(str(tmp_path / "shop.db"))
    yield opened
    opened.close()


class Unwritable:
    """A room with a bug: what it concludes about a poisoned order cannot be written."""

    def fold(self, person: Person, entry: Entry) -> Person:
        return person

    def join(self, winner: Person, loser: Person) -> Person:
        return winner

    def react(
        self, person: Person, entry: Entry, program: Program
    ) -> Sequence[Derived | Candidate]:
        if not isinstance(entry.body, Event):
            return ()
        title = "\udcff" if entry.body.facts["token"] == "poisoned" else "a lamp"
        return [
            CaseOpened(case_id=entry.body.message_id, department="", title=title, ref="", reason="")
        ]


def turn(ledger: Ledger) -> None:
    while ledger.advance():
        pass


def test_a_message_is_claimed_for_whom_its_person_became_since_the_last_step(
    store: Store, shop: Shop
) -> None:
    ledger = build_ledger(store, lambda: shop.program)
    bruno = {"id": "1", "identify": {"email": "bruno@example.com"}, "anonymous_id": "laptop"}
    lamp = {"id": "2", "event": "Order Placed", "anonymous_id": "laptop"}
    lamp["properties"] = {"token": "lamp"}
    ledger.append([shop.draft(bruno), shop.draft(lamp)], NOW)
    turn(ledger)
    logged_in = {"id": "3", "identify": {"name": "Bruno"}, "user_id": "bruno"}
    known = {"id": "4", "identify": {"email": "bruno@example.com"}, "user_id": "bruno"}
    ledger.append([shop.draft(logged_in), shop.draft(known)], NOW)
    (claimed,), _ = ledger.claim(5, NOW)
    assert claimed.person.id == claimed.row.person_id
    assert claimed.person.trait("email") == "bruno@example.com"


def test_what_should_have_gone_by_now_is_told_by_its_moment(store: Store, shop: Shop) -> None:
    ledger = build_ledger(store, lambda: shop.program)
    assert ledger.waiting(NOW) == (None, None)
    ledger.append([shop.draft(identify("ada", "ada@example.com"))], NOW)
    ledger.append([shop.draft(order("lamp", "ada"))], NOW)
    turn(ledger)
    timer_at, message_at = ledger.waiting(NOW)
    assert message_at == NOW
    assert timer_at is not None
    assert timer_at > NOW
    ledger.claim(1, NOW)
    assert ledger.waiting(NOW) == (timer_at, None)


def test_an_input_that_cannot_be_written_is_set_aside_and_the_rest_goes_on(
    store: Store, shop: Shop
) -> None:
    ledger = Ledger(store, Kernel([Unwritable()], Decisions()), lambda: shop.program)
    tokens = [f"order-{number}" for number in range(20)]
    tokens.insert(7, "poisoned")
    ledger.append([shop.draft(order(token, "ada")) for token in tokens], NOW)
    turn(ledger)
    with store.reading() as reading:
        bodies = [entry.body for entry, _, _ in reading.tail.after(0)]
    assert sum(isinstance(body, CaseOpened) for body in bodies) == 20
    (failed,) = [body for body in bodies if isinstance(body, StepFailed)]
    assert "surrogates" in failed.error
    (finding,) = audit(store, NOW).findings
    assert "deciding failed" in finding
