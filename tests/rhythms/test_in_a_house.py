"""Rhythms in a whole house: timers, merges, imported history, and a rebuild to the byte."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from msgspec.structs import replace

from regard.assembly import build_kernel, build_ledger
from regard.core.event import Event
from regard.core.facts import Noted
from regard.core.program import Program
from regard.core.storage import Store
from regard.intake import Arrival, Drafter
from regard.project import load_text
from regard.runtime.audit import audit
from regard.runtime.rebuild import verify
from regard.store import MemoryStore, open_store
from regard.testing.clock import VirtualClock
from regard.testing.expectations import person_id_of
from regard.testing.house import VirtualHouse
from tests.levels.company import FILES

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
DAY = timedelta(days=1)
JOURNEY = """
id: come_back
start: {rhythm: orders}
steps:
  - {id: ask, case: {department: desk, title: Ask how they are}}
"""


def shop() -> Program:
    rhythm = "id: orders\nevent: Ordered\n"
    files = {**FILES, "rhythms/orders.yaml": rhythm, "journeys/come_back.yaml": JOURNEY}
    del files["promises/printed.yaml"], files["journeys/burning.yaml"]
    return load_text(files, {})


class Shop:
    def __init__(self, store: Store) -> None:
        self.store, self.program = store, shop()
        self.clock = VirtualClock(START)
        ledger = build_ledger(store, lambda: self.program)
        self.house = VirtualHouse(ledger, self.program, self.clock)

    def order(self, day: float, **who: object) -> None:
        at = START + day * DAY
        self.house.run_until(at)
        item = {"event": "Ordered", "id": f"{day}{who}", "at": at.isoformat()}
        self.house.take("shop", item | (who or {"user_id": "ada"}))

    def imported(self, *days: float) -> None:
        """Append orders of those days as history, as `regard import` does."""
        arrival = Arrival(
            source=self.program.sources["shop"],
            received_at=self.clock.now(),
            dialect="plain",
        )
        drafts = []
        for day in days:
            at = (START + day * DAY).isoformat()
            item = f'{{"event":"Ordered","user_id":"ada","id":"h{day}","at":"{at}"}}'
            draft = Drafter(self.program).draft(item.encode(), arrival)
            assert isinstance(draft.body, Event)
            drafts.append(replace(draft, body=replace(draft.body, is_history=True)))
        self.house.ledger.append(drafts, self.clock.now())
        self.house.settle()

    def late(self, who: str = "ada") -> list[float]:
        with self.store.reading() as reading:
            entries = reading.people.timeline(person_id_of(self.house, who) or "", limit=1_000)
        noted = [e for e in entries if isinstance(e.body, Noted) and e.body.name == "Person Late"]
        return sorted((e.received_at - START) / DAY for e in noted)

    def cases(self) -> int:
        with self.store.reading() as reading:
            return len(reading.registers.cases())


@pytest.fixture(params=["memory", "sqlite"])
def shop_house(request: pytest.FixtureRequest, tmp_path) -> Shop:
    is_memory = request.param == "memory"
    return Shop(MemoryStore() if is_memory else open_store(str(tmp_path / "r.db")))


def test_late_starts_a_journey_and_a_rebuild_is_equal_to_the_byte(shop_house: Shop) -> None:
    for day in (0, 10, 20, 30):
        shop_house.order(day)
    shop_house.house.run_until(START + 90 * DAY)
    assert (shop_house.late(), shop_house.cases()) == ([50], 1)
    assert audit(shop_house.store, shop_house.clock.now()).findings == ()
    rules = shop_house.program.identity
    assert verify(shop_house.store, build_kernel(), rules, lambda _a, _b: None) == []


def test_two_records_that_become_one_have_one_rhythm(shop_house: Shop) -> None:
    for day in (0, 20, 40):
        shop_house.order(day)
        shop_house.order(day + 10, anonymous_id="laptop")
    item = {"identify": {"vip": True}, "user_id": "ada", "anonymous_id": "laptop"}
    shop_house.house.take("shop", item)
    shop_house.house.run_until(START + 200 * DAY)
    assert shop_house.late() == [70], "every 10 days, the last on day 50"
    assert audit(shop_house.store, shop_house.clock.now()).findings == ()
    rules = shop_house.program.identity
    assert verify(shop_house.store, build_kernel(), rules, lambda _a, _b: None) == []


def test_an_import_teaches_and_its_silence_is_told_when_it_comes_due(shop_house: Shop) -> None:
    shop_house.house.run_until(START + 100 * DAY)
    shop_house.imported(0, 40, 80)
    assert (shop_house.late(), shop_house.cases()) == ([], 0)
    shop_house.house.run_until(START + 300 * DAY)
    assert (shop_house.late(), shop_house.cases()) == ([160], 1)


def test_an_import_of_people_long_gone_tells_nothing(shop_house: Shop) -> None:
    shop_house.house.run_until(START + 100 * DAY)
    shop_house.imported(0, 10, 20)
    shop_house.house.run_until(START + 300 * DAY)
    assert (shop_house.late(), shop_house.cases()) == ([], 0)
