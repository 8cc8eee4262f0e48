"""A burning budget is told to a department, once, and so is its end."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta

import pytest

from regard.assembly import build_kernel
from regard.core.event import Identifier
from regard.core.facts import Decided
from regard.core.program import Program
from regard.core.rows import Rejected
from regard.core.storage import Store
from regard.runtime.audit import audit
from regard.runtime.rebuild import verify
from regard.store import MemoryStore, open_store
from tests.levels.company import (
    DAY,
    HOUR,
    MINUTE,
    START,
    Press,
    program,
    told_elsewhere,
    without_promise,
)

QUIET: Callable[[int, int], None] = lambda _done, _all: None  # noqa: E731


@pytest.fixture(params=["memory", "sqlite"])
def store(request: pytest.FixtureRequest, tmp_path) -> Store:
    return MemoryStore() if request.param == "memory" else open_store(str(tmp_path / "r.db"))


def broken_at_once(press: Press, count: int = 4, first: int = 0) -> None:
    """Let some promises be made that nobody keeps."""
    for number in range(first, first + count):
        press.order(number)
    press.run(HOUR)


def test_a_burning_budget_pages_the_department_within_a_minute(store: Store) -> None:
    press = Press(store)
    broken_at_once(press)
    press.run(MINUTE)
    assert press.alerts() == [("burning", "page", HOUR)]
    (mail,) = press.house.channels["email"].messages
    assert mail.address == "desk@press.example"
    assert mail.text.strip() == "The desk: 4 failed."


def test_it_is_told_once_and_ends_once_the_trouble_does() -> None:
    press = Press()
    broken_at_once(press)
    press.run(10 * HOUR)
    told = press.alerts()
    assert [(name, severity) for name, severity, _ in told] == [
        ("burning", "page"),
        ("calm", "page"),
        ("burning", "ticket"),
        ("calm", "ticket"),
    ]
    page, calm, _, over = (at for *_, at in told)
    assert timedelta(minutes=30) <= calm - page <= timedelta(minutes=40)
    assert timedelta(hours=6) <= over - page <= timedelta(hours=6, minutes=10)


@pytest.mark.parametrize("edited", [without_promise, told_elsewhere])
def test_it_ends_when_its_promise_is_gone_or_told_to_somebody_else(
    edited: Callable[[], Program],
) -> None:
    press = Press()
    broken_at_once(press)
    press.run(MINUTE)
    press.open(edited())
    press.run(2 * MINUTE)
    press.open(edited())
    press.run(2 * DAY)
    assert [(name, severity) for name, severity, _ in press.alerts()] == [
        ("burning", "page"),
        ("calm", "page"),
    ]


def test_a_few_failures_in_much_traffic_call_nobody() -> None:
    press = Press()
    for number in range(60):
        press.order(number, user=f"user-{number}")
        if number % 20:
            press.printed(number, user=f"user-{number}")
    press.run(2 * HOUR)
    assert press.alerts() == []


def test_two_failures_are_not_enough() -> None:
    press = Press()
    broken_at_once(press, count=2)
    press.run(DAY)
    assert press.alerts() == []


def test_a_process_that_died_does_not_tell_it_again(store: Store) -> None:
    press = Press(store)
    broken_at_once(press)
    press.run(2 * MINUTE)
    press.open()
    press.run(10 * MINUTE)
    assert [name for name, *_ in press.alerts()] == ["burning"]
    press.open()
    press.run(HOUR)
    assert [name for name, *_ in press.alerts()][:2] == ["burning", "calm"]


def test_what_burns_again_is_told_again() -> None:
    press = Press()
    broken_at_once(press)
    press.run(8 * HOUR)
    broken_at_once(press, first=10)
    press.run(MINUTE)
    assert [a[:2] for a in press.alerts()].count(("burning", "page")) == 2


def test_a_log_that_comes_late_gives_the_budget_back() -> None:
    press = Press()
    broken_at_once(press)
    for number in range(4):
        press.printed(number, at=START + 30 * MINUTE)
    press.run(5 * MINUTE)
    assert [name for name, *_ in press.alerts()] == ["burning", "calm"]
    assert press.alerts()[1][2] <= HOUR + MINUTE


def test_a_department_is_no_customer(store: Store) -> None:
    press = Press(store)
    broken_at_once(press)
    press.run(MINUTE)
    with store.reading() as reading:
        person_id = reading.people.find(Identifier("department", "desk"))
        person = reading.people.read(person_id or "")
        assert reading.count_persons() == 1, "Ada"
    assert person is not None
    assert person.is_department
    assert any(isinstance(entry.body, Decided) for entry in press.desk())


def test_nobody_outside_may_raise_an_alert() -> None:
    press = Press()
    for name in ("Service Level Burning", "Service Level Calm"):
        item = {"event": name, "user_id": "ada"}
        outcome = press.house.take("shop", item)
        assert isinstance(outcome, Rejected)
        assert outcome.code == "reserved_name"
    stated = {"event": "Ordered", "user_id": "eve", "identifiers": {"department": "desk"}}
    press.house.take("shop", stated)
    assert press.desk() == []


def test_books_balance_and_a_rebuild_is_equal_to_the_byte(store: Store) -> None:
    press = Press(store)
    broken_at_once(press)
    press.printed(1, at=START + MINUTE)
    press.run(10 * HOUR)
    assert audit(store, press.clock.now()).findings == ()
    assert verify(store, build_kernel(), program().identity, QUIET) == []
