"""The engine under failure: nobody waits for ever, nobody pays for another, health tells."""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Iterator
from contextlib import asynccontextmanager

import pytest
from msgspec.structs import replace

from regard.assembly import build_ledger
from regard.core.errors import Broken, Fenced, Unavailable
from regard.core.facts import Answered
from regard.runtime import engine as engines
from regard.runtime.engine import ANSWERING_MAX, Engine
from regard.store import open_store
from regard.testing import VirtualClock
from tests.audit.shop import order
from tests.runtime.shop import NOW, FullDisk, Shop


@pytest.fixture
def store(tmp_path) -> Iterator[FullDisk]:
    opened = open_store(str(tmp_path / "shop.db"))
    yield FullDisk(opened)
    opened.close()


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(NOW)


@pytest.fixture
def engine(store: FullDisk, clock: VirtualClock, shop: Shop) -> Engine:
    return Engine(build_ledger(store, lambda: shop.program), clock)


@asynccontextmanager
async def turning(engine: Engine) -> AsyncIterator[None]:
    engine.start()
    try:
        yield
    finally:
        await asyncio.to_thread(engine.stop)


def test_a_request_that_cannot_be_written_costs_no_other(engine: Engine, shop: Shop) -> None:
    good = [shop.draft(order(f"good-{number}", "ada")) for number in range(6)]
    event = replace(shop.draft(order("bad", "ada")).body, name="\udcff")
    bad = replace(shop.draft(order("bad", "ada")), body=event)

    async def play() -> list[object]:
        requests = [engine.append([d]) for d in (*good[:3], bad, *good[3:])]
        waiting = [asyncio.ensure_future(request) for request in requests]
        await asyncio.sleep(0)  # all are queued before the first turn
        async with turning(engine):
            return await asyncio.gather(*waiting, return_exceptions=True)

    results = asyncio.run(play())
    broken = results.pop(3)
    assert isinstance(broken, Broken)
    assert "could not be written" in str(broken)
    assert [result[0].is_duplicate for result in results] == [False] * 6
    assert engine.failure is None


def test_everybody_who_waits_is_answered_when_the_engine_fails(engine: Engine, shop: Shop) -> None:
    async def play() -> list[object]:
        requests = [engine.append([shop.draft(order(f"{n}", "ada"))]) for n in range(3)]
        waiting = [asyncio.ensure_future(r) for r in (*requests, engine.claim(1))]
        await asyncio.sleep(0)
        engine.fail(Fenced("Another process has the store."))
        return await asyncio.gather(*waiting, engine.claim(1), return_exceptions=True)

    assert [type(result) for result in asyncio.run(play())] == [Fenced] * 5
    assert "Another process" in engine.condition()["loop"]


def test_a_full_disk_refuses_requests_and_passes(
    engine: Engine, store: FullDisk, shop: Shop
) -> None:
    draft = shop.draft(order("lamp", "ada"))

    async def play() -> None:
        async with turning(engine):
            store.is_full = True
            for work in (engine.append([draft]), engine.claim(1), engine.settle([])):
                with pytest.raises(Unavailable) as refused:
                    await work
                assert refused.value.retry_after_s == 30
            store.is_full = False
            assert not (await engine.append([draft]))[0].is_duplicate

    asyncio.run(play())
    assert engine.failure is None


def test_nothing_is_taken_while_it_stops_and_all_before_is_kept(engine: Engine, shop: Shop) -> None:
    async def play() -> None:
        last = asyncio.ensure_future(engine.append([shop.draft(order("last", "ada"))]))
        await asyncio.sleep(0)
        async with turning(engine):
            pass
        assert not (await last)[0].is_duplicate
        with pytest.raises(Unavailable, match="shutting down"):
            await engine.append([shop.draft(order("too late", "ada"))])

    asyncio.run(play())


def test_who_asks_is_answered_before_a_crowd_that_came_earlier(engine: Engine, shop: Shop) -> None:
    crowd = [shop.draft(order(f"crowd-{number}", f"guest{number}")) for number in range(250)]
    body = Answered(request_id="r1", source="website", channel="web", reason="nothing_to_offer")
    asked = replace(shop.draft(order("asked", "ada")), body=body)

    async def play() -> tuple[int, list[int]]:
        requests = [asyncio.ensure_future(engine.append([draft])) for draft in crowd]
        answer = asyncio.ensure_future(engine.answer([asked]))
        await asyncio.sleep(0)  # all are queued before the first turn
        async with turning(engine):
            found = await answer
            assert found is not None
            return found[0].offset, [one[0].offset for one in await asyncio.gather(*requests)]

    answered, others = asyncio.run(play())
    assert sum(offset < answered for offset in others) == ANSWERING_MAX
    assert len(set(others)) == len(crowd)


def test_a_crowd_shares_one_turn_and_the_next_crowd_is_waited_for(
    engine: Engine, shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    for name, value in {"BATCH_MAX": 2, "CROWD_MIN": 4, "GATHER_CROWD_S": 60.0}.items():
        monkeypatch.setattr(engines, name, value)

    def crowd(day: int) -> list[asyncio.Future[object]]:
        drafts = [shop.draft(order(f"{day}-{number}", f"guest{number}")) for number in range(4)]
        return [asyncio.ensure_future(engine.append([draft])) for draft in drafts]

    async def play() -> None:
        first = crowd(1)
        await asyncio.sleep(0)  # all are queued before the first turn
        async with turning(engine):
            await asyncio.gather(*first)
            second = crowd(2)
            await asyncio.sleep(0)
            await asyncio.gather(*second)
            assert await engine.claim(1) == []  # who asks does not wait for a third one

    asyncio.run(play())
    assert engine.turns.buckets()[-1] == ("+Inf", 2.0)


def test_the_dispatcher_waits_only_when_nothing_new_was_said(engine: Engine, shop: Shop) -> None:
    known = {"id": "known", "identify": {"email": "ada@example.com"}, "user_id": "ada"}

    async def is_awake() -> bool:
        waiting = asyncio.ensure_future(engine.wait())
        await asyncio.sleep(0)
        is_done = waiting.done()
        waiting.cancel()
        return is_done

    async def play() -> list[bool]:
        found = []
        async with turning(engine):
            for item in (known, order("lamp", "ada")):
                await engine.step(shop.draft(item))
                found.append(await is_awake())
            await engine.claim(10)
            return [*found, await is_awake()]

    assert asyncio.run(play()) == [False, True, False]
