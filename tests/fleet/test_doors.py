"""The doors of a house of several processes: who waits, who is told to come again, who follows."""

from __future__ import annotations

import asyncio
from collections.abc import Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing, contextmanager
from pathlib import Path

import pytest

from regard.assembly.house import House, Plan
from regard.assembly.keys import Keys
from regard.core.clock import SystemClock
from regard.core.errors import Unavailable
from regard.core.facts import Decided
from regard.core.ports import Draft
from regard.project import Edition, edition_of
from regard.runtime.engine import BEHIND_S, Engine
from regard.runtime.ledger import WAITING_MAX
from regard.store.postgresql import PostgresqlStore
from regard.testing import VirtualClock
from tests.audit.shop import write_shop
from tests.decisions.test_capacity import CAPACITY, PROGRAM, START, drafted
from tests.fleet.fleet import Fleet, Member, until
from tests.fleet.test_steps import USERS, bought
from tests.runtime.shop import NOW, Shop


@contextmanager
def turning(member: Member) -> Iterator[Engine]:
    """Turn a member's loop in its thread."""
    engine = Engine(member.ledger, VirtualClock(NOW))
    engine.start()
    try:
        yield engine
    finally:
        engine.stop()


@pytest.mark.slow
def test_senders_are_told_to_wait_while_too_much_waits(fleet: Fleet, shop: Shop) -> None:
    intake = fleet.join(works=False)
    draft = shop.draft(bought("ada", 1))
    fleet.sql(
        "INSERT INTO waiting SELECT n + 1000000, 0, '' FROM generate_series(1, %s) n", WAITING_MAX
    )
    with turning(intake) as engine:
        told: list[Unavailable] = []

        def is_refused() -> bool:
            try:
                asyncio.run(engine.append([draft]))
            except Unavailable as error:
                told.append(error)
                return True
            return False

        until(is_refused)
        assert (told[0].code, told[0].retry_after_s) == ("too_many_requests", BEHIND_S)
        fleet.sql("DELETE FROM waiting")
        until(lambda: not is_refused())


def test_who_waits_for_a_step_keeps_nobody_else_waiting(fleet: Fleet, shop: Shop) -> None:
    worker, intake = fleet.join(), fleet.join(works=False)
    fleet.share_out()
    with turning(intake) as engine, ThreadPoolExecutor(1) as pool:
        acting = pool.submit(asyncio.run, engine.step(shop.draft(bought("ada", 1))))
        until(lambda: fleet.sql("SELECT 1 FROM waiting"))
        for number in range(3):
            asyncio.run(engine.append([shop.draft(bought("bruno", number))]))
        assert not acting.done()
        until(lambda: worker.step() == 0 and acting.done())
        assert not acting.result().is_duplicate


def test_pace_is_divided_by_the_number_of_workers(fleet: Fleet) -> None:
    first, second = fleet.workers(2)
    intake = fleet.join(works=False)
    for member in (first, second, intake):
        assert Engine(member.ledger, VirtualClock(NOW)).workers == 2
    fleet.lapse(second)
    first.store.crew.renew()
    assert Engine(first.ledger, VirtualClock(NOW)).workers == 1


def test_department_is_never_overbooked_by_two_workers(fleet: Fleet, shop: Shop) -> None:
    first, second = fleet.workers(2)
    for member in (first, second):
        member.program = PROGRAM
    drafts: list[Draft] = [drafted(number, START) for number in range(4 * CAPACITY)]
    first.ledger.append(drafts, START)
    first.between(second.turn)  # both have read that there is room
    fleet.turn()
    given = [e.body for e in fleet.entries() if isinstance(e.body, Decided)]
    assert [body.verdict for body in given].count("send") == CAPACITY
    assert {body.department for body in given if body.verdict == "send"} == {"desk"}


@pytest.mark.slow
def test_what_one_process_publishes_decides_in_the_other(location: str, tmp_path: Path) -> None:
    folder = write_shop(tmp_path / "shop", mail_port=2525)
    before = edition_of(folder, {})
    (folder / "events" / "seen.yaml").write_text("name: Lamp Seen\nproperties: {type: object}\n")
    after = edition_of(folder, {})
    assert before.program.hash != after.program.hash

    async def publish(worker: House, intake: House) -> None:
        async with worker.running(), intake.running():
            await intake.publish(after.archive, "ada")
            assert intake.program().hash == after.program.hash
            await asyncio.to_thread(until, lambda: worker.program().hash == after.program.hash)

    with (
        closing(PostgresqlStore(location, shares=True)) as one,
        closing(PostgresqlStore(location, shares=True, works=False)) as other,
    ):
        asyncio.run(publish(house(before, one), house(before, other)))


def house(edition: Edition, store: PostgresqlStore) -> House:
    return House(
        Plan(
            program=edition.program,
            store=store,
            clock=SystemClock(),
            keys=Keys(console_secret="c" * 20, api_token="t" * 20, signing_key="s" * 32),
            public_url="http://127.0.0.1:8600",
            archive=edition.archive,
        )
    )


@pytest.mark.slow
def test_process_begins_while_inputs_wait_that_nobody_steps(
    location: str, fleet: Fleet, tmp_path: Path
) -> None:
    """Those of a worker that has died: nobody has its share before its lease has ended."""
    folder = write_shop(tmp_path / "shop", mail_port=2525)
    edition = edition_of(folder, {})

    async def begin(process: House) -> None:
        async with process.running():
            assert process.engine.failure is None

    with closing(PostgresqlStore(location, shares=True)) as first:
        asyncio.run(begin(house(edition, first)))
    dead = fleet.join()
    dead.append(*[bought(user, 1) for user in USERS])
    with closing(PostgresqlStore(location, shares=True)) as second:
        assert not second.crew.keeps_time
        asyncio.run(begin(house(edition, second)))
    assert fleet.sql("SELECT 1 FROM waiting")
