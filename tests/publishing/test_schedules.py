"""Journeys that start by the calendar, each moment once, also when nobody was there."""

from __future__ import annotations

from datetime import timedelta

import pytest

from regard.core.event import RolloutChanged
from regard.core.program import Program
from regard.project import Edition, load_text, pack
from regard.steering.acts import Acts
from regard.steering.publishing import InForce
from tests.broadcasts.house import FILES, HOUR, Shop

DAILY = """
id: digest
schedule: {cron: "0 9 * * *", zone: Europe/Vienna, audience: graz}
reentry: always
steps:
  - {id: send, offer: receipt}
"""


def texts(journey: str = DAILY) -> dict[str, str]:
    graz = "{id: graz, members: traits.city = 'Graz'}"
    return {**FILES, "journeys/digest.yaml": journey, "audiences/graz.yaml": graz}


class House(Shop):
    """The shop with a daily digest, published at half past nine local time."""

    def __init__(self, old: House | None = None, journey: str = DAILY) -> None:
        files = texts(journey)
        program: Program = load_text(files, {})
        store = old.ledger.store.reopen() if old else None  # type: ignore[attr-defined]
        super().__init__(store, old.clock if old else None, program)
        if old is None:
            self.clock.set(self.clock.now().replace(hour=9, minute=30))
        acts = Acts(self.ledger, InForce(program))
        acts.take_over(Edition(program=program, archive=pack(files)), {}, self.clock.now(), "")
        self.settle()

    def days(self, days: float) -> None:
        self.run_until(self.clock.now() + timedelta(days=days))

    def starts(self) -> list[RolloutChanged]:
        with self.ledger.store.reading() as reading:
            found = [row.change for row in reading.rollouts.latest()]
        return [change for change in found if change.rollout == "start"]

    def sent(self) -> int:
        return len(self.channels["email"].messages)


def test_members_start_at_each_moment() -> None:
    house = House()
    house.customer("ada")
    house.customer("bruno", city="Linz")
    house.days(3)
    assert house.sent() == 3
    assert {(c.started_at.hour, c.status) for c in house.starts()} == {(8, "finished")}


def test_a_moment_before_the_journey_was_published_does_not_start() -> None:
    house = House()
    house.customer("ada")
    house.days(0.5)
    assert house.starts() == []


def test_a_missed_moment_starts_late_once() -> None:
    house = House()
    house.customer("ada")
    house.days(0.5)
    house.clock.advance(timedelta(hours=14))
    later = House(house)
    later.days(0.01)
    again = House(later)
    again.days(0.01)
    assert [change.status for change in again.starts()] == ["finished"]
    assert later.sent() + again.sent() == 1


@pytest.mark.parametrize("days", [3, 30])
def test_of_what_is_later_than_a_day_the_journal_says_so(days: int) -> None:
    house = House()
    house.customer("ada")
    house.days(1)
    house.clock.advance(timedelta(days=days))
    later = House(house)
    later.days(0.01)
    assert [c.reason for c in later.starts() if c.status == "cancelled"] == ["too_late"]
    assert later.sent() == 1


def test_of_several_missed_moments_the_latest_starts() -> None:
    hourly = DAILY.replace("0 9 * * *", "0 * * * *")
    house = House(journey=hourly)
    house.customer("ada")
    house.run_until(house.clock.now() + HOUR)
    house.clock.advance(4 * HOUR)
    later = House(house, hourly)
    later.days(0.01)
    assert [c.reason for c in later.starts()][1:4] == ["overtaken"] * 3
    assert later.sent() == 1


def test_another_schedule_does_not_start_for_the_past() -> None:
    house = House()
    house.customer("ada")
    house.days(1)
    house.run_until(house.clock.now() + 6 * HOUR)
    later = House(house, DAILY.replace("0 9", "0 12"))
    later.days(0.01)
    assert len(later.starts()) == 1
    assert later.sent() == 0
