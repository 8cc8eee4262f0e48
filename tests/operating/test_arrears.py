"""What waits is read from the store, so that any process tells that another one does nothing."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from regard.assembly import build_ledger
from regard.core.storage import Store
from regard.runtime.arrears import Arrears, arrears
from regard.runtime.ledger import Ledger
from regard.store import MemoryStore, open_store
from tests.operating.house import make_program
from tests.runtime.shop import NOW, Shop

LATER = NOW + timedelta(minutes=5)


@pytest.fixture(params=["memory", "sqlite"])
def store(request, tmp_path: Path) -> Iterator[Store]:
    opened = MemoryStore() if request.param == "memory" else open_store(str(tmp_path / "r.db"))
    yield opened
    opened.close()


@pytest.fixture
def shop() -> Shop:
    return Shop(make_program())


@pytest.fixture
def ledger(store: Store, shop: Shop) -> Ledger:
    return build_ledger(store, lambda: shop.program)


def happens(shop: Shop, ledger: Ledger, token: str, event: str = "Order Placed") -> None:
    """Append what Ada does, and step nothing."""
    item = {
        "id": token,
        "event": event,
        "user_id": "ada",
        "traits": {"email": "ada@example.com"},
        "properties": {"token": token},
    }
    ledger.append([shop.draft(item)], NOW)


def read(store: Store) -> Arrears:
    with store.reading() as reading:
        return arrears(reading, LATER)


def test_in_a_new_store_nothing_waits(store: Store) -> None:
    assert read(store) == Arrears()


def test_an_input_waits_until_the_loop_has_read_it(
    store: Store, shop: Shop, ledger: Ledger
) -> None:
    for number in range(3):
        happens(shop, ledger, f"lamp-{number}")
        assert read(store).input_at == NOW
        while ledger.advance():
            pass
        # Facts lie behind the place of the loop now, and are no inputs.
        assert read(store).input_at is None


def test_a_message_that_nobody_takes_and_a_timer_that_nobody_fires_wait(
    store: Store, shop: Shop, ledger: Ledger
) -> None:
    happens(shop, ledger, "lamp")
    happens(shop, ledger, "trip", "Trip Booked")
    while ledger.advance():
        pass
    found = read(store)
    assert found.message_at == NOW
    assert found.timer_at == NOW + timedelta(seconds=1)
    claimed, _ = ledger.claim(10, NOW + timedelta(seconds=2))
    assert len(claimed) == 1
    found = read(store)
    assert found.message_at is None
    assert found.in_hand == {"chat": NOW + timedelta(seconds=2)}
