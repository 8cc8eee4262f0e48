"""Steps of several processes: none is lost, none is done twice, nobody is stepped out of turn."""

from __future__ import annotations

from contextlib import closing
from threading import Event, Thread

import pytest

from regard.assembly import build_ledger
from regard.core.errors import Lapsed, Overtaken
from regard.store.postgresql import PostgresqlStore
from regard.store.postgresql.crew import CREW_LOCK
from tests.audit.shop import identify, order
from tests.fleet.fleet import (
    Fleet,
    Member,
    hands,
    held_lock,
    orders_of,
    people_of,
    sends_of,
    until,
)
from tests.runtime.shop import Shop

USERS = [f"user-{number}" for number in range(12)]


def bought(user: str, number: int) -> dict[str, object]:
    return {**order(f"{user}-{number}", user), "traits": {"email": f"{user}@example.com"}}


@pytest.mark.slow
def test_concurrent_appenders_and_workers_lose_and_double_nothing(fleet: Fleet) -> None:
    workers, intakes = fleet.workers(2), [fleet.join(works=False) for _ in range(2)]
    is_over = Event()

    def send(intake: Member, *, is_backwards: bool) -> None:
        # Both send everything, each in another order: what came first is kept, the rest known.
        items = [bought(user, number) for number in range(6) for user in USERS]
        for item in reversed(items) if is_backwards else items:
            intake.append(item)

    def work(worker: Member) -> None:
        while worker.step() or not is_over.is_set():
            pass

    senders = [
        Thread(target=send, args=(intake,), kwargs={"is_backwards": bool(number)})
        for number, intake in enumerate(intakes)
    ]
    working = [Thread(target=work, args=(worker,)) for worker in workers]
    for thread in (*senders, *working):
        thread.start()
    for thread in senders:
        thread.join()
    is_over.set()
    for thread in working:
        thread.join()
    fleet.turn()
    entries = fleet.entries()
    tokens = sorted(f"{user}-{number}" for number in range(6) for user in USERS)
    assert sorted(orders_of(entries)) == tokens
    assert sends_of(entries) == tokens
    for user in USERS:
        told = [e.cause for e in entries if e.cause and _is_of(e.body, user)]
        assert told == sorted(told)
    fleet.check_books()


def _is_of(body: object, user: str) -> bool:
    candidate = getattr(body, "candidate", None)
    return candidate is not None and candidate.facts["token"].startswith(f"{user}-")


def test_merge_in_the_middle_of_a_step_overtakes_it(fleet: Fleet) -> None:
    worker, intake = fleet.join(), fleet.join(works=False)
    phone = {"anonymous_id": "phone"}
    intake.append(identify("ada", "ada@example.com"), {"id": "seen", "page": "Lamps", **phone})
    worker.turn()
    intake.append({**order("lamp", "ada")}, {"id": "again", "page": "Lamps", **phone})
    with pytest.raises(Overtaken), worker.store.writing(is_alone=False) as writing:  # noqa: PT012
        taken = writing.queue.take(10)
        assert len(taken) == 2
        intake.append({**identify("ada", "ada@example.com"), "id": "login", **phone})
        writing.alone()
        writing.queue.done(taken)
    fleet.check_queue()
    worker.turn()
    assert sends_of(fleet.entries()) == ["lamp"]
    (person,) = people_of(worker.store)
    assert {"user_id:ada", "email:ada@example.com", "anonymous_id:phone"} <= person
    fleet.check_books()


def test_step_that_was_overtaken_is_done_again_at_once(fleet: Fleet) -> None:
    worker, intake = fleet.join(), fleet.join(works=False)
    phone = {"anonymous_id": "phone"}
    intake.append(identify("ada", "ada@example.com"), {"id": "seen", "page": "Lamps", **phone})
    worker.turn()
    bulb = {"id": "bulb", "event": "Order Placed", "properties": {"token": "bulb"}, **phone}
    intake.append(bulb)
    worker.between(
        lambda: intake.append({**identify("ada", "ada@example.com"), "id": "login", **phone})
    )
    worker.turn()
    entries = fleet.entries()
    assert orders_of(entries) == ["bulb"]
    assert sends_of(entries) == ["bulb"]
    fleet.check_books()


def test_what_others_appended_in_the_middle_of_a_step_leaves_no_gap(fleet: Fleet) -> None:
    worker, intake = fleet.join(), fleet.join(works=False)
    intake.append(bought("ada", 1))
    worker.between(lambda: intake.append(*[bought("bruno", number) for number in range(7)]))
    assert worker.step() == 1
    worker.turn()
    assert len(sends_of(fleet.entries())) == 8
    fleet.check_books()


def test_shares_that_changed_hands_in_the_middle_of_a_step_are_stepped_by_their_new_holder(
    fleet: Fleet,
) -> None:
    first, second = fleet.workers(2)
    first.append(*[bought(user, 1) for user in USERS])

    def take_over() -> None:
        fleet.lapse(first)
        second.store.crew.renew()
        second.turn()

    first.between(take_over)
    assert first.step() == 0
    assert sends_of(fleet.entries()) == sorted(f"{user}-1" for user in USERS)
    assert len(hands(second).shares) == 64
    fleet.share_out()
    assert {len(hands(member).shares) for member in (first, second)} == {32}
    fleet.check_books()


def test_process_whose_lease_ended_joins_again_under_another_token(fleet: Fleet) -> None:
    first, second = fleet.workers(2)
    token = hands(first).token
    fleet.lapse(first)
    second.store.crew.renew()
    assert len(hands(second).shares) == 64
    first.store.crew.renew()
    assert hands(first).token > token
    assert not first.store.crew.holds(token)
    assert not second.store.crew.is_alive(token)
    fleet.share_out()
    second.append(*[bought(user, 1) for user in USERS])
    fleet.turn()
    assert len(sends_of(fleet.entries())) == len(USERS)
    fleet.check_books()


@pytest.mark.slow
def test_process_that_cannot_renew_its_lease_writes_nothing(fleet: Fleet, shop: Shop) -> None:
    fleet.join(works=False).append(bought("ada", 1))
    with closing(PostgresqlStore(fleet.location, shares=True, lease_s=1.0)) as store:
        with held_lock(fleet.location, CREW_LOCK):
            until(lambda: not store.crew.hands.is_current)
            ledger = build_ledger(store, lambda: shop.program)
            assert ledger.advance() == 0
            with pytest.raises(Lapsed), store.writing() as writing:
                assert writing.token
        until(lambda: store.crew.hands.is_current and ledger.advance() == 1)
