"""A broadcast in bad weather: crashes, full disks, lost answers, pauses; nobody gets it twice."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from random import Random
from typing import Any

import pytest

from regard.assembly import build_ledger
from regard.core.storage import Store
from regard.store import MemoryStore, SqliteStore
from regard.testing.leading import HOUSE
from regard.testing.simulation import CALM, Item, Plan, simulate
from regard.testing.weather import Weather
from tests.broadcasts.house import at_noon, shop

SEEDS = range(30)
ON_DISK = range(3)
PEOPLE = 12

BAD = Weather(crash=0.05, outage=0.02, full=0.02, broken=0.02, killed=0.02)


@pytest.fixture(autouse=True)
def _without_log() -> Iterator[None]:
    logging.disable(logging.CRITICAL)
    yield
    logging.disable(logging.NOTSET)


def items(seed: int) -> list[Item]:
    """Return people who sign up, some of them twice or with their family's mailbox; a broadcast."""
    dice, start = Random(seed), at_noon().now()
    found: list[Item] = []

    def send(minutes: float, number: int, what: str, **data: Any) -> None:
        at = start + timedelta(minutes=minutes)
        item = {"id": f"{what}-{number}", "user_id": f"c{number}", **data}
        found.append(Item(at=at, source="website", data=item, who=f"c{number}"))

    for number in range(PEOPLE):
        own = f"c{number}@example.com"
        email = dice.choice([own, own, own, "family@example.com"])
        send(number / 9, number, "i", identify={"email": email, "city": "Graz"})
        send(number / 8, number, "y", event="Consent Granted", properties={"purpose": "news"})
        if dice.random() < 0.3:
            laptop = f"l{number}"
            send(2, number, "a", identify={"city": "Graz"}, anonymous_id=laptop)
            found[-1].data.pop("user_id")  # type: ignore[attr-defined]
            send(11 + dice.random(), number, "b", identify={"name": "C"}, anonymous_id=laptop)
    acts = [(10.0, "start"), (10.01, "pause"), (10.02, "start"), (12.0, "resume")]
    if dice.random() < 0.5:
        acts += [(12.005, "pause"), (15, "resume"), (15.01, "pause"), (16, "resume")]
    for minutes, act in acts:
        data = {"id": f"{act}-{minutes}", "broadcast": "summer", "act": act}
        found.append(Item(at=start + timedelta(minutes=minutes), source=HOUSE, data=data))
    return sorted(found, key=lambda item: item.at)


def plan(seed: int, **changes: Any) -> Plan:
    def reopen(store: Store) -> Store:
        assert isinstance(store, MemoryStore)
        return store.reopen()

    settings: dict[str, Any] = {
        "seed": seed,
        "program": shop(pace_per_s="5"),
        "items": items(seed),
        "make_ledger": build_ledger,
        "open_store": MemoryStore,
        "reopen": reopen,
        "weather": BAD,
    }
    return Plan(**{**settings, **changes})


@pytest.mark.parametrize("seed", SEEDS)
def test_a_broadcast_in_bad_weather_reaches_nobody_twice(seed: int) -> None:
    report = simulate(plan(seed))
    assert not report.findings, "\n".join(report.findings[:10])


@pytest.mark.parametrize("seed", ON_DISK)
def test_nor_does_it_on_disk(seed: int, tmp_path: Path) -> None:
    file = tmp_path / "regard.db"

    def reopen(store: Store) -> Store:
        successor = SqliteStore(str(file))
        store.close()
        return successor

    report = simulate(plan(seed, open_store=lambda: SqliteStore(str(file)), reopen=reopen))
    assert not report.findings, "\n".join(report.findings[:10])


@pytest.mark.parametrize("seed", range(5))
def test_in_calm_weather_each_address_gets_exactly_one(seed: int) -> None:
    report = simulate(plan(seed, weather=CALM))
    addresses = {i.data["identify"]["email"] for i in items(seed) if "email" in str(i.data)}
    got = sorted(h.message.address for h in report.hand_overs if h.is_accepted)
    assert not report.findings
    assert got == sorted(addresses)
