"""Inputs that wait to be stepped: every store keeps to the one contract of `QueueDrawer`."""

from __future__ import annotations

import pytest

from regard.assembly import build_ledger
from regard.core.errors import RegardError
from regard.core.storage import Store
from regard.project import load
from tests.audit.shop import identify, order, write_shop
from tests.runtime.shop import NOW, Shop
from tests.store.conftest import Opener


@pytest.fixture(scope="module")
def shop(tmp_path_factory) -> Shop:
    return Shop(load(write_shop(tmp_path_factory.mktemp("shop"), mail_port=2525), {}))


def appended(store: Store, shop: Shop, *items: dict[str, object]) -> list[int]:
    """Append items as intake does, without stepping any; return their offsets."""
    ledger = build_ledger(store, lambda: shop.program)
    return [each.offset for each in ledger.append([shop.draft(item) for item in items], NOW)]


PHONE = {"anonymous_id": "phone"}


def test_inputs_wait_in_their_order_each_for_its_person(store: Store, shop: Shop) -> None:
    offsets = appended(
        store, shop, order("lamp", "ada"), order("bulb", "bruno"), order("wick", "ada")
    )
    with store.writing() as writing:
        taken = writing.queue.take(10)
        owners = [owner for _, owner in taken]
        assert [entry.offset for entry, _ in taken] == offsets
        assert owners[0] == owners[2] != owners[1]
        assert set(writing.queue.waiting([*offsets, 10_000])) >= set(offsets)
        assert set(writing.queue.expecting(owners)) == set(owners)
        assert [entry.offset for entry, _ in writing.queue.take(2)] == offsets[:2]


def test_what_was_done_waits_no_more(store: Store, shop: Shop) -> None:
    offsets = appended(store, shop, order("lamp", "ada"), order("bulb", "bruno"))
    with store.writing() as writing:
        taken = writing.queue.take(1)
        writing.queue.done(taken)
    with store.writing() as writing:
        assert [entry.offset for entry, _ in writing.queue.take(10)] == offsets[1:]
        assert set(writing.queue.waiting(offsets)) == {offsets[1]}
        (first,) = {owner for _, owner in taken}
        assert first not in writing.queue.expecting([first])


def test_what_was_taken_back_waits_again(store: Store, shop: Shop) -> None:
    offsets = appended(store, shop, order("lamp", "ada"))
    with pytest.raises(RegardError), store.writing() as writing:  # noqa: PT012
        writing.queue.done(writing.queue.take(10))
        raise RegardError("the step failed")
    with store.writing() as writing:
        assert [entry.offset for entry, _ in writing.queue.take(10)] == offsets


def test_what_waits_follows_a_person_who_was_merged(store: Store, shop: Shop) -> None:
    appended(store, shop, identify("ada", "ada@example.com"), {"id": "1", "page": "Lamps", **PHONE})
    with store.writing() as writing:
        apart = {owner for _, owner in writing.queue.take(10)}
    appended(store, shop, {**identify("ada", "ada@example.com"), "id": "2", **PHONE})
    with store.writing() as writing:
        together = {owner for _, owner in writing.queue.take(10)}
    assert len(apart) == 2
    assert len(together) == 1


def test_what_waits_is_there_when_the_store_is_opened_again(open_again: Opener, shop: Shop) -> None:
    offsets = appended(open_again(), shop, order("lamp", "ada"), order("bulb", "bruno"))
    with open_again().writing() as writing:
        assert [entry.offset for entry, _ in writing.queue.take(10)] == offsets
