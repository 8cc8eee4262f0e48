"""A process that is behind steps in two loops: nothing is lost, doubled, or stepped out of turn."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from threading import enumerate as threads

import pytest

from regard.core.clock import SystemClock
from regard.runtime.engine import Engine
from regard.runtime.ledger import BATCH_MAX
from regard.runtime.second import APART_S, OVERTAKEN_MAX, QUIET_S, SecondLoop
from tests.audit.shop import order
from tests.fleet.fleet import Fleet, Member, hands, orders_of, sends_of, until

pytestmark = pytest.mark.slow

USERS = [f"user-{number}" for number in range(40)]
EACH = 30
TOKENS = sorted(f"{user}-{number}" for user in USERS for number in range(EACH))


def bought(user: str, number: int) -> dict[str, object]:
    return {**order(f"{user}-{number}", user), "traits": {"email": f"{user}@example.com"}}


def is_divided() -> bool:
    """Tell whether a second loop runs in this process."""
    return any(thread.name == "regard-engine-second" for thread in threads())


@contextmanager
def turning(worker: Member) -> Iterator[Engine]:
    """Turn a worker by an engine."""
    engine = Engine(worker.ledger, SystemClock())
    engine.start()
    try:
        yield engine
    finally:
        engine.stop()


def wait_stepped(fleet: Fleet) -> None:
    until(lambda: fleet.sql("SELECT count(*) FROM waiting") == [(0,)])


def check_all_happened_in_turn(fleet: Fleet) -> None:
    """Check that each order was decided on once, those of one person in the order of arrival."""
    fleet.turn()  # a timer may have fired since nothing waited
    entries = fleet.entries()
    assert sorted(orders_of(entries)) == TOKENS
    assert sends_of(entries) == TOKENS
    for user in USERS:
        told = [e.cause for e in entries if _is_of(e.body, user)]
        assert told == sorted(told)
    fleet.check_books()


def _is_of(body: object, user: str) -> bool:
    candidate = getattr(body, "candidate", None)
    return candidate is not None and candidate.facts["token"].startswith(f"{user}-")


def test_much_that_waits_is_stepped_by_two_loops(fleet: Fleet) -> None:
    worker, intake = fleet.join(), fleet.join(works=False)
    for number in range(EACH):
        intake.append(*[bought(user, number) for user in USERS])
    with turning(worker) as engine:
        wait_stepped(fleet)
        assert is_divided()
        assert engine.failure is None
    assert not is_divided()
    assert len(hands(worker).shares) == 64
    check_all_happened_in_turn(fleet)


def test_sessions_that_break_under_two_loops_cost_nothing(fleet: Fleet) -> None:
    worker, intake = fleet.join(), fleet.join(works=False)
    for number in range(EACH):
        intake.append(*[bought(user, number) for user in USERS])
    with turning(worker):
        until(is_divided)
        fleet.sql(
            "SELECT pg_terminate_backend(pid) FROM pg_stat_activity"
            " WHERE datname = current_database() AND pid <> pg_backend_pid()"
        )
        wait_stepped(fleet)
    check_all_happened_in_turn(fleet)


def test_each_person_is_in_one_half_and_comes_back_as_they_are(fleet: Fleet) -> None:
    worker, intake = fleet.join(), fleet.join(works=False)
    second = fleet.beside(worker)
    assert worker.store.beside() is None
    intake.append(*[bought(user, 0) for user in USERS])
    worker.turn()
    left = [share for (share,) in fleet.sql("SELECT DISTINCT share FROM waiting")]
    assert left
    assert all(share % 2 for share in left)
    second.turn()
    assert fleet.sql("SELECT count(*) FROM waiting") == [(0,)]
    fleet.members.remove(second)
    second.close()
    # The first one remembers nothing of them from before they were divided.
    intake.append(*[bought(user, 1) for user in USERS])
    worker.turn()
    second = fleet.beside(worker)
    intake.append(*[bought(user, 2) for user in USERS])
    fleet.turn()
    assert sends_of(fleet.entries()) == sorted(f"{u}-{n}" for u in USERS for n in range(3))
    fleet.check_books()


def test_a_second_loop_ends_when_it_is_not_needed_or_in_the_way(fleet: Fleet) -> None:
    worker = fleet.join()
    now_s, failures = [0.0], []
    loop = SecondLoop(worker.ledger, list, failures.append, lambda: now_s[0])
    loop.attend(BATCH_MAX - 1)
    assert not is_divided()
    loop.attend(BATCH_MAX)
    assert is_divided()
    now_s[0] += QUIET_S
    loop.attend(1)
    assert is_divided()
    now_s[0] += 1
    loop.attend(1)
    assert not is_divided()
    loop.attend(BATCH_MAX)
    worker.ledger.overtaken_count += OVERTAKEN_MAX + 1
    loop.attend(BATCH_MAX)
    assert not is_divided()
    loop.attend(BATCH_MAX)
    assert not is_divided()
    now_s[0] += APART_S
    loop.attend(BATCH_MAX)
    assert is_divided()
    loop.end()
    assert not is_divided()
    assert failures == []


def test_another_worker_takes_the_place_of_the_second_loop(fleet: Fleet) -> None:
    worker = fleet.join()
    loop = SecondLoop(worker.ledger, list, [].append)
    loop.attend(BATCH_MAX)
    assert is_divided()
    fleet.join()
    until(lambda: worker.store.crew.count == 2)
    loop.attend(BATCH_MAX)
    assert not is_divided()
    loop.attend(BATCH_MAX)
    assert not is_divided()


def test_who_only_takes_in_has_no_second_loop(fleet: Fleet) -> None:
    intake = fleet.join(works=False)
    assert intake.store.beside() is None
