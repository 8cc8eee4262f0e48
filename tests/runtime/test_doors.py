"""The asynchronous doors of the engine: many come in together, none is taken beyond the limit."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator
from contextlib import asynccontextmanager

import pytest

from regard.assembly import build_ledger
from regard.core.errors import Unavailable
from regard.core.rows import Rejected
from regard.runtime import engine as rooms
from regard.runtime.engine import Engine
from regard.store import MemoryStore
from regard.testing import VirtualClock
from regard.testing.faults import FaultyStore
from tests.audit.shop import identify, order
from tests.runtime.shop import NOW, Shop


class Commits:
    """Counts what is written, by verb."""

    def __init__(self) -> None:
        self.verbs: list[str] = []

    def __call__(self, verb: str) -> None:
        self.verbs.append(verb)


@pytest.fixture
def store() -> MemoryStore:
    return MemoryStore()


@pytest.fixture
def commits() -> Commits:
    return Commits()


@pytest.fixture
def engine(store: MemoryStore, commits: Commits, shop: Shop) -> Engine:
    return engine_over(store, commits, shop)


def engine_over(store: MemoryStore, commits: Commits, shop: Shop) -> Engine:
    ledger = build_ledger(FaultyStore(store, commits), lambda: shop.program)
    return Engine(ledger, VirtualClock(NOW))


@asynccontextmanager
async def turning(engine: Engine) -> AsyncIterator[None]:
    engine.start()
    try:
        yield
    finally:
        await asyncio.to_thread(engine.stop)


def test_requests_that_wait_together_share_one_transaction(
    engine: Engine, commits: Commits, shop: Shop
) -> None:
    async def play() -> list[int]:
        drafts = [shop.draft(order(f"lamp-{number}", "ada")) for number in range(20)]
        waiting = [asyncio.ensure_future(engine.append([draft])) for draft in drafts]
        await asyncio.sleep(0)
        async with turning(engine):
            return [accepted.offset for (accepted,) in await asyncio.gather(*waiting)]

    assert asyncio.run(play()) == list(range(1, 21))
    first = commits.verbs.index("journal.append")
    together = commits.verbs[first : commits.verbs.index("commit", first)]
    # One append of all twenty; the facts that were concluded from them share its commit.
    assert together.count("registers.keep") == 1
    assert together.count("states.save") == 1


def test_a_client_that_went_away_costs_nobody_anything(engine: Engine, shop: Shop) -> None:
    """What it sent is kept all the same: it will send it again, and that is a duplicate."""
    lamp, bulb = (shop.draft(order(token, "ada")) for token in ("lamp", "bulb"))

    async def play() -> tuple[object, object]:
        gone = asyncio.ensure_future(engine.append([lamp]))
        waiting = asyncio.ensure_future(engine.append([bulb]))
        await asyncio.sleep(0)
        gone.cancel()
        await asyncio.sleep(0)
        async with turning(engine):
            (second,) = await waiting
            (again,) = await engine.append([lamp])
            return second, again

    second, again = asyncio.run(play())
    assert not second.is_duplicate  # type: ignore[attr-defined]
    assert again.is_duplicate  # type: ignore[attr-defined]
    assert engine.failure is None


def test_a_queue_that_is_full_refuses_and_keeps_nothing(
    engine: Engine, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rooms, "QUEUE_MAX", 3)
    drafts = [shop.draft(order(f"lamp-{number}", "ada")) for number in range(5)]

    async def play() -> list[bool]:
        waiting = asyncio.ensure_future(engine.append(drafts[:3]))
        await asyncio.sleep(0)
        with pytest.raises(Unavailable) as refused:
            await engine.append(drafts[3:])
        assert (refused.value.code, refused.value.retry_after_s) == ("too_many_requests", 1)
        async with turning(engine):
            await waiting
            return [accepted.is_duplicate for accepted in await engine.append(drafts[3:])]

    assert asyncio.run(play()) == [False, False]


def test_what_a_dead_process_had_in_flight_is_told_before_anything_else(
    store: MemoryStore, commits: Commits, shop: Shop
) -> None:
    first = build_ledger(store, lambda: shop.program)
    first.append([shop.draft(identify("ada", "ada@example.com"))], NOW)
    first.append([shop.draft(order("lamp", "ada"))], NOW)
    first.advance()
    ((claimed,), _) = first.claim(5, NOW)
    successor = engine_over(store.reopen(), commits, shop)

    async def play() -> str:
        async with turning(successor):
            (again,) = await successor.claim(5)
            return again.row.message_id

    assert asyncio.run(play()) == claimed.row.message_id
    with successor.ledger.store.reading() as reading:
        (row, _), *_ = reading.registers.messages(message_id=claimed.row.message_id)
    assert (row.state, row.attempt, row.reason) == ("claimed", 2, "process_died")


def test_rejected_items_are_kept_and_nothing_is_asked_of_the_disk_for_none(
    engine: Engine, commits: Commits
) -> None:
    item = Rejected(source="shop", at=NOW, code="bad_json", message="It is no JSON.", item="{")

    async def play() -> None:
        await engine.reject([])
        assert await engine.append([]) == []
        assert commits.verbs == []
        async with turning(engine):
            await engine.reject([item])

    asyncio.run(play())
    with engine.ledger.store.reading() as reading:
        _, (kept,) = reading.registers.sources()
    assert (kept.code, kept.item) == ("bad_json", "{")


def test_the_loop_says_that_it_runs_and_that_it_stopped(engine: Engine) -> None:
    async def play() -> object:
        async with turning(engine):
            return engine.condition()["loop"]

    assert engine.condition()["loop"] == "stopped"
    assert asyncio.run(play()) == "running"
    assert engine.condition()["loop"] == "stopped"
