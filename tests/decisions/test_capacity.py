"""A department is never given more than it can take: in any window, over both stores."""

from __future__ import annotations

from contextlib import suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path
from tempfile import TemporaryDirectory

import msgspec
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regard.assembly import build_kernel, build_ledger
from regard.core.facts import CaseOpened, Decided
from regard.core.ports import Draft
from regard.core.settings import Department
from regard.core.standing import Standing
from regard.core.storage import Store
from regard.decisions.capacity import room_at
from regard.intake import Arrival, Drafter
from regard.project import check_text, load_text
from regard.runtime.capacity import taken_by
from regard.runtime.rebuild import verify
from regard.store import open_store
from regard.testing import VirtualClock
from regard.testing.house import VirtualHouse
from tests.decisions.house import GATE, NOON, ada, candidate, engagement, program, timer

START = datetime(2026, 3, 2, 8, 0, tzinfo=UTC)
HOUR = timedelta(hours=1)
CAPACITY = 3

FILES = {
    "regard.toml": (
        'id = "shop"\nname = "Lamps"\n[channels.email]\n[sources.shop]\nkey = "the-shop"\n'
        '[departments.desk]\nopens = "08:00"\ncloses = "18:00"\n'
        f'capacity = "{CAPACITY} per hour"\n'
    ),
    "consent.yaml": "purposes: {care: {needs_consent: false}}\n",
    "journeys/help.yaml": (
        "id: help\nstart: {event: Help Wanted}\nreentry: always\n"
        "steps:\n  - {id: offer, offer: call_back}\n"
    ),
    "journeys/complaint.yaml": (
        "id: complaint\nstart: {event: Complained}\nreentry: always\n"
        "steps:\n  - {id: work, case: {department: desk, title: Listen}}\n"
    ),
    "engagements/call_back/engagement.yaml": (
        "purpose: care\nclass: service\nvalue: {customer: 5, company: 1}\nchannels: [email]\n"
        "subject: Shall we call you?\ndepartment: desk\nuseful_for: 3 days\n"
    ),
    "engagements/call_back/core.email.txt": "Yes or no?",
}
PROGRAM = load_text(FILES, {})


class PowerCut(Exception):
    """It is dark."""


def opened(store: Store, clock: VirtualClock) -> VirtualHouse:
    """Return a house over a store, as a process that has just started sees it."""
    return VirtualHouse(build_ledger(store, lambda: PROGRAM), PROGRAM, clock)


def come(house: VirtualHouse, number: int, event: str = "Help Wanted") -> None:
    at = house.clock.now()
    person = {"user_id": f"u{number}", "traits": {"email": f"u{number}@example.com"}}
    house.take("shop", {"event": event, "id": f"{event}{number}", "at": at.isoformat(), **person})


def drafted(number: int, at: datetime) -> Draft:
    arrival = Arrival(source=PROGRAM.sources["shop"], received_at=at, dialect="plain")
    item = {"event": "Help Wanted", "id": str(number), "user_id": f"u{number}"}
    item |= {"traits": {"email": f"u{number}@example.com"}}
    draft = Drafter(PROGRAM).draft(msgspec.json.encode(item), arrival)
    assert isinstance(draft, Draft)
    return draft


def given_work(store: Store) -> tuple[list[datetime], list[datetime]]:
    """Return the moments of work that was offered, and of cases."""
    with store.reading() as reading:
        entries = [entry for entry, _, _ in reading.tail.after(0, 100_000)]
    offered = [e.received_at for e in entries if isinstance(e.body, Decided) and taken_by(e.body)]
    return offered, [e.received_at for e in entries if isinstance(e.body, CaseOpened)]


def most_in_an_hour(moments: list[datetime]) -> int:
    return max((sum(a <= b < a + HOUR for b in moments) for a in moments), default=0)


arrivals = st.lists(st.tuples(st.integers(0, 50), st.booleans()), min_size=1, max_size=25)


@pytest.mark.parametrize("kind", ["memory", "sqlite"])
@settings(max_examples=8, deadline=None)
@given(waits=arrivals)
def test_no_window_ever_holds_more_than_the_capacity(
    kind: str, waits: list[tuple[int, bool]]
) -> None:
    """People come at random; now and then the process dies and another one starts."""
    with TemporaryDirectory() as folder:
        location = ":memory:" if kind == "memory" else str(Path(folder) / "shop.db")
        store, clock = open_store(location), VirtualClock(START)
        house = opened(store, clock)
        for number, (minutes, dies) in enumerate(waits):
            house.run_until(clock.now() + timedelta(minutes=minutes))
            if dies:
                house = opened(store, clock)
            come(house, number)
        house.run_until(clock.now() + timedelta(days=2))
        offered, _ = given_work(store)
        assert most_in_an_hour(offered) <= CAPACITY
        assert len(offered) == len(waits), "everybody's turn comes"
        assert all(8 <= moment.hour < 18 for moment in offered), "while somebody is there"
        kernel = build_kernel()
        assert verify(store, kernel, PROGRAM.identity, lambda _done, _all: None) == []
        store.close()


def test_those_who_come_in_one_batch_do_not_overrun_it() -> None:
    store, clock = open_store(":memory:"), VirtualClock(START + HOUR)
    house = opened(store, clock)
    drafts = [drafted(number, clock.now()) for number in range(8)]
    house.ledger.append(drafts, clock.now())
    assert house.ledger.advance() == 8, "one transaction"
    offered, _ = given_work(store)
    assert len(offered) == CAPACITY


def test_a_case_takes_a_unit_too_and_is_never_refused() -> None:
    store, clock = open_store(":memory:"), VirtualClock(START + HOUR)
    house = opened(store, clock)
    for number in range(CAPACITY):
        come(house, number, "Complained")
    come(house, 9)
    offered, cases = given_work(store)
    assert (len(offered), len(cases)) == (0, CAPACITY)
    come(house, 10, "Complained")
    assert len(given_work(store)[1]) == CAPACITY + 1


def test_what_a_failed_transaction_gave_is_not_taken() -> None:
    store, clock = open_store(":memory:"), VirtualClock(START + HOUR)
    house = opened(store, clock)
    come(house, 0)
    before = dict(house.ledger.capacity.taken)
    with suppress(PowerCut), house.ledger.together():
        house.ledger.append([drafted(1, clock.now())], clock.now())
        house.ledger.advance()
        assert house.ledger.capacity.taken != before
        raise PowerCut
    come(house, 2)
    offered, _ = given_work(store)
    assert len(offered) == 2
    assert [len(moments) for moments in house.ledger.capacity.taken.values()] == [2]


def test_full_means_held_until_the_first_work_leaves_the_window() -> None:
    desk = Department(id="desk", title="Desk", capacity=2)
    rules = program(engagement("call", department="desk"), departments={"desk": desk})
    taken = (NOON - timedelta(minutes=50), NOON - timedelta(minutes=20))
    standing = Standing(taken={"desk": taken})
    (held,) = GATE.decide(ada(), [candidate("call")], timer(NOON), rules, standing)
    assert isinstance(held, Decided)
    assert (held.verdict, held.reason) == ("hold", "no_capacity")
    assert held.wake_at == NOON + timedelta(minutes=10)
    (sent,) = GATE.decide(ada(), [candidate("call")], timer(NOON), rules)
    assert isinstance(sent, Decided)
    assert (sent.verdict, sent.department) == ("send", "desk")


def test_two_offers_of_one_moment_take_two_units() -> None:
    desk = Department(id="desk", title="Desk", capacity=1)
    names = ("call", "visit")
    rules = program(*(engagement(n, department="desk") for n in names), departments={"desk": desk})
    wishes = [candidate(name, ref=name) for name in names]
    found = GATE.decide(ada(), wishes, timer(NOON), rules)
    assert sorted(d.verdict for d in found if isinstance(d, Decided)) == ["hold", "send"]


moments = st.lists(st.integers(0, 300).map(lambda m: NOON + timedelta(minutes=m)), max_size=30)


@given(moments, st.integers(1, 4), st.integers(0, 300))
def test_room_is_found_at_the_first_moment_that_has_it(
    work: list[datetime], capacity: int, minute: int
) -> None:
    """Whatever was taken, in whatever order: the moment has room, and no earlier minute had."""
    desk = Department(id="desk", title="Desk", capacity=capacity)
    now = NOON + timedelta(minutes=minute)
    free_at = room_at(desk, work, now)
    assert free_at is not None
    before = [at for at in work if at > now - HOUR]

    def has_room(moment: datetime) -> bool:
        return sum(at > moment - HOUR for at in before) < capacity

    assert has_room(free_at)
    minutes = (free_at - now) // timedelta(minutes=1)
    assert not any(has_room(now + timedelta(minutes=m)) for m in range(minutes))


@pytest.mark.parametrize(
    ("words", "told"),
    [("12 per hour", None), ("5 per 30 minutes", None), ("90 per day", None), ("0 per hour", None),
     ("12", "is not a capacity"), ("9 per week", "is not a capacity"), ("2 per moon", "duration")],
)  # fmt: skip
def test_capacity_is_said_in_words(words: str, told: str | None) -> None:
    toml = FILES["regard.toml"].replace(f"{CAPACITY} per hour", words)
    problems = [str(p) for p in check_text(FILES | {"regard.toml": toml}, {})]
    assert (not problems) if told is None else (told in problems[0])
