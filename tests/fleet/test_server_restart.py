"""The database server is shot: what it forgot, nobody remembers; what it kept, all go on with."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from regard.core.errors import Refused, Unavailable
from regard.store.postgresql import PostgresqlLibrary, PostgresqlStore, held
from tests.audit.serving import run_regard
from tests.audit.shop import identify, write_shop
from tests.fleet.fleet import Fleet, hands, orders_of, sends_of
from tests.fleet.test_steps import USERS, bought
from tests.runtime.shop import Shop
from tests.store.postgres import PostgresServer


@pytest.fixture(scope="module")
def mortal() -> Iterator[PostgresServer]:
    """A server that may be killed; it writes its log only where somebody waits for that."""
    server = PostgresServer(wal_writer_delay="10s")
    yield server
    server.end()


def shoot(server: PostgresServer) -> None:
    server.stop("immediate")
    server.start()


def test_step_that_the_server_forgot_is_done_again_from_what_it_knows(
    mortal: PostgresServer, shop: Shop
) -> None:
    with Fleet(mortal.database(), shop) as fleet:
        worker = fleet.join()
        worker.append(*[identify(user, f"{user}@example.com") for user in USERS])
        worker.turn()
        worker.append(*[bought(user, 1) for user in USERS])
        worker.turn()
        before = len(fleet.entries())
        shoot(mortal)
        with Fleet(fleet.location, shop) as beside:
            beside.join(works=False).append(bought("ada", 2))
            assert len(beside.entries()) < before
        fleet.share_out()
        worker.append(*[bought(user, 2) for user in USERS])
        worker.turn()
        expected = sorted([*(f"{u}-{n}" for u in USERS for n in (1, 2)), "ada-2"])
        assert sends_of(fleet.entries()) == expected
        fleet.check_books()


def test_acknowledged_append_is_on_the_disk_though_its_lock_was_let_go_before(
    mortal: PostgresServer, shop: Shop
) -> None:
    with Fleet(mortal.database(), shop) as fleet:
        worker, intake = fleet.join(), fleet.join(works=False)
        for number in range(3):
            intake.append(*[bought(user, number) for user in USERS])
            shoot(mortal)
            fleet.share_out()
            assert len(orders_of(fleet.entries())) == len(USERS) * (number + 1)
        worker.turn()
        assert len(sends_of(fleet.entries())) == len(USERS) * 3
        fleet.check_books()


def test_read_sessions_and_leases_come_back(mortal: PostgresServer, shop: Shop) -> None:
    with Fleet(mortal.database(), shop) as fleet:
        worker = fleet.join()
        sessions = [worker.store.reading() for _ in range(3)]
        for session in sessions:
            session.__enter__()
        for session in sessions:
            session.__exit__(None, None, None)
        mortal.stop("immediate")
        with pytest.raises(Unavailable):
            worker.store.crew.renew()
        with pytest.raises(Unavailable), worker.store.reading():
            pass
        with pytest.raises(Unavailable):
            worker.append(bought("ada", 1))
        mortal.start()
        fleet.share_out()
        assert hands(worker).is_current
        for _ in sessions:
            with worker.store.reading() as reading:
                assert reading.tail.last() == 0
        worker.append(bought("ada", 1))
        worker.turn()
        assert sends_of(fleet.entries()) == ["ada-1"]


def test_shared_lock_ends_quietly_when_the_server_is_gone(mortal: PostgresServer) -> None:
    location = mortal.database()
    with held(location, shares=True):
        shoot(mortal)
    with held(location), closing(PostgresqlStore(location)):
        pass
    PostgresqlLibrary(location).close()


def test_who_wants_the_store_for_himself_is_told_of_a_fleet_whose_locks_the_server_forgot(
    mortal: PostgresServer, shop: Shop
) -> None:
    with Fleet(mortal.database(), shop) as fleet:
        fleet.join()
        with pytest.raises(Refused) as caught, held(fleet.location):
            pytest.fail("the fleet would be fenced off")
        assert caught.value.code == "store_in_use"
    with held(fleet.location):
        pass


@pytest.mark.slow
@pytest.mark.parametrize("command", ["serve", "work"])
def test_process_that_finds_no_database_says_so_and_ends(tmp_path, command: str) -> None:
    folder = write_shop(tmp_path / "shop", mail_port=2525)
    ended = run_regard(command, str(folder), "--store", "postgresql://regard@127.0.0.1:1/shop")
    assert ended.code == 3, ended.output
    assert "postgresql://127.0.0.1:1/shop does not answer" in ended.output
    assert "Traceback" not in ended.output
