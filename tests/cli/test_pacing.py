"""The demo's world waits for what its house has still to do, and not for what is stuck."""

from __future__ import annotations

import asyncio
from collections.abc import Callable
from pathlib import Path

import pytest

from regard.assembly import build_ledger
from regard.cli import pacing
from regard.cli.pacing import keep_pace, pace_of
from regard.project import load
from regard.runtime.ledger import Ledger
from regard.runtime.pace import LEASH, ScaledClock
from regard.store import MemoryStore
from tests.audit.shop import write_shop
from tests.runtime.shop import NOW, Shop

SPEED = 100_000
"""A minute of the world in less than a millisecond."""


@pytest.fixture
def ledger(tmp_path: Path) -> Ledger:
    """A house that has taken an event in and not yet dealt with it."""
    shop = Shop(load(write_shop(tmp_path, mail_port=2525), {}))
    ledger = build_ledger(MemoryStore(), lambda: shop.program)
    ledger.append([shop.draft({"id": "1", "event": "Seen", "user_id": "ada"})], NOW)
    return ledger


async def until(holds: Callable[[], bool]) -> None:
    while not holds():
        await asyncio.sleep(0)


def lived(ledger: Ledger, live: Callable[[ScaledClock, list[str]], object]) -> ScaledClock:
    """Keep the pace of a fast clock over the house while `live` goes on."""

    async def both() -> ScaledClock:
        clock, told = ScaledClock(SPEED, NOW), list[str]()
        keeping = asyncio.create_task(keep_pace(clock, ledger.store, told.append))
        await live(clock, told)  # type: ignore[misc]
        keeping.cancel()
        return clock

    return asyncio.run(both())


def test_the_world_waits_for_an_event_that_is_not_dealt_with_and_then_goes_on(
    ledger: Ledger,
) -> None:
    async def live(clock: ScaledClock, _: list[str]) -> None:
        await until(lambda: clock.took_s()[1] > 0.01)
        held_at = clock.now()
        ledger.catch_up()
        await until(lambda: clock.now() > held_at + LEASH)

    assert pace_of(lived(ledger, live)).startswith("This machine was behind 100000 times")


def test_what_is_stuck_is_told_once_and_not_waited_for(
    ledger: Ledger, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(pacing, "PATIENCE_S", 0.01)

    async def live(clock: ScaledClock, told: list[str]) -> None:
        await until(lambda: bool(told))
        told_at = clock.now()
        await until(lambda: clock.now() > told_at + 3 * LEASH)
        assert told == ["Something has waited in the house since Mon 09:00: see its console."]

    lived(ledger, live)


def test_a_machine_that_keeps_up_is_said_to() -> None:
    assert pace_of(ScaledClock(60, NOW)) == "The machine kept up with 60 times the wall clock."
