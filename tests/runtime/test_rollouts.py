"""The walker: in turn, at a pace, only when nothing waits, and where it stood after a crash."""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

import pytest
from msgspec.structs import replace

from regard.core.errors import Unavailable
from regard.core.event import RolloutChanged, RolloutReached
from regard.core.ids import birth_identity_of, person_id_of
from regard.runtime.rollouts import REACHED_MAX, Walker, rollout_draft
from regard.testing.faults import FaultyStore
from tests.broadcasts.house import SECOND, Shop, at_noon, people

STARTED = at_noon().now()


def rollout(name: str, **changes: object) -> RolloutChanged:
    walk = RolloutChanged(
        rollout_id=name,
        rollout="audience",
        subject="nobody",
        status="running",
        started_at=STARTED,
    )
    return replace(walk, **changes)


def full_at(verb: str) -> Callable[[str], None]:
    """Return the trip of a disk that is full at one verb."""

    def trip(now: str) -> None:
        if now == verb:
            raise Unavailable("The disk is full.")

    return trip


class House(Shop):
    """The shop, whose rollouts are led by hand."""

    def __init__(self, count: int) -> None:
        super().__init__(clock=at_noon())
        people(self, count)
        self.walker = Walker(self.ledger)

    def begin(self, *changes: RolloutChanged) -> None:
        now = self.clock.now()
        self.ledger.append([rollout_draft(change, now) for change in changes], now)
        self.step()

    def step(self) -> None:
        while self.ledger.advance():
            pass

    def turn(self) -> datetime | None:
        found = self.walker.walk(self.clock.now())
        self.step()
        return found

    def reached(self, name: str) -> int:
        with self.ledger.store.reading() as reading:
            bodies = [entry.body for entry, _, _ in reading.tail.after(0, 100_000)]
        return sum(isinstance(b, RolloutReached) and b.rollout_id == name for b in bodies)

    def status(self, name: str) -> str:
        with self.ledger.store.reading() as reading:
            return reading.rollouts.latest(name)[0].change.status


@pytest.mark.parametrize("identity", [0, 1, -1, 2**63 - 1, -(2**63), 1234567890123456789])
def test_an_id_tells_the_identity_of_its_birth(identity: int) -> None:
    assert birth_identity_of(person_id_of(identity)) == identity


def test_nothing_runs_and_nothing_is_asked_for() -> None:
    house = House(2)
    assert house.turn() is None


def test_a_page_is_bounded_and_the_walk_ends_by_itself() -> None:
    house = House(REACHED_MAX + 20)
    house.begin(rollout("walk"))
    assert house.turn() == house.clock.now()
    assert house.reached("walk") == REACHED_MAX
    while house.turn() is not None:
        pass
    assert house.reached("walk") == REACHED_MAX + 20
    assert house.status("walk") == "finished"


def test_it_waits_for_events_that_wait() -> None:
    house = House(3)
    house.begin(rollout("walk"))
    now = house.clock.now()
    house.ledger.append([rollout_draft(rollout("walk", status="paused"), now)], now)
    assert house.walker.walk(now) == now
    assert house.reached("walk") == 0
    house.step()
    assert house.turn() is None
    assert house.reached("walk") == 0


def test_rollouts_take_turns() -> None:
    house = House(REACHED_MAX + 5)
    house.begin(rollout("one"), rollout("two"))
    house.turn()
    house.turn()
    assert house.reached("one") == house.reached("two") == REACHED_MAX


def test_a_pace_is_never_exceeded_and_nothing_is_saved_up() -> None:
    house = House(60)
    house.begin(rollout("walk", pace_per_s=20.0))
    house.turn()
    assert house.reached("walk") == 0
    for second in range(1, 3):
        end = house.clock.now() + SECOND
        while (at := house.turn()) is not None and at <= end:
            house.clock.set(max(at, house.clock.now()))
        house.clock.set(end)
        assert 20 * second - 2 <= house.reached("walk") <= 20 * second
    house.clock.advance(timedelta(hours=1))
    before = house.reached("walk")
    house.turn()
    assert house.reached("walk") - before <= 20


def test_a_slow_pace_waits_for_whole_people() -> None:
    house = House(3)
    house.begin(rollout("walk", pace_per_s=0.1))
    at = house.turn()
    assert at is not None
    assert abs(at - house.clock.now() - timedelta(seconds=10)) < timedelta(milliseconds=1)


def test_another_process_goes_on_where_the_first_stood() -> None:
    house = House(REACHED_MAX + 9)
    house.begin(rollout("walk"))
    house.turn()
    house.walker = Walker(house.ledger)
    house.turn()
    assert house.reached("walk") == REACHED_MAX + 9


def test_a_page_that_is_not_committed_is_walked_again() -> None:
    house = House(5)
    house.begin(rollout("walk"))
    house.ledger.store = FaultyStore(house.ledger.store, full_at("commit"))
    with pytest.raises(Unavailable):
        house.turn()
    house.ledger.store = house.ledger.store.store
    assert house.reached("walk") == 0
    house.turn()
    assert house.reached("walk") == 5


def test_only_members_of_an_audience_are_reached() -> None:
    house = House(4)
    house.begin(rollout("walk", rollout="start", audience="regulars"))
    while house.turn() is not None:
        pass
    assert house.reached("walk") == 0
    assert house.status("walk") == "finished"


def test_a_broadcast_whose_file_is_gone_ends() -> None:
    house = House(2)
    house.begin(rollout("walk", rollout="broadcast", subject="summer", definition="gone"))
    house.turn()
    assert house.status("walk") == "finished"
    assert house.reached("walk") == 0
