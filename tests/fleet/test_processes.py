"""Real processes under load: shot, stopped, cut off; and their database shot under them.

What was acknowledged is answered once, or twice under one Message-ID where the journal says that
nobody could tell. Each test leaves the fleet whole; the last looks at the books of all of them.
"""

from __future__ import annotations

import signal
from collections.abc import Iterator
from contextlib import contextmanager

import pytest

from tests.audit.journal import read_journal
from tests.audit.load import Load
from tests.audit.mailbox import Mailbox
from tests.audit.shop import identify, write_shop
from tests.audit.test_kill import check_whole
from tests.fleet.conftest import free_port
from tests.fleet.processes import Processes, until
from tests.fleet.wire import Wire
from tests.store.postgres import PostgresServer

pytestmark = pytest.mark.slow

USERS = [f"user-{number}" for number in range(40)]
SENDERS = 4
BEFORE = 60
AFTER = 40
TAKEN_OVER_S = 12.0
"""A lease of five seconds, a renewal, and a machine that has other things to do."""


class Site:
    """A fleet, its mail server, its database and the network between; and what was ordered."""

    def __init__(
        self, fleet: Processes, mailbox: Mailbox, server: PostgresServer, wire: Wire
    ) -> None:
        self.fleet = fleet
        self.mailbox = mailbox
        self.server = server
        self.wire = wire
        self.acknowledged: list[str] = []
        self.deaths = 0

    @contextmanager
    def load(self, name: str) -> Iterator[Load]:
        """Order while the block runs, and then until all is back and every mail has come."""
        load = Load(self.fleet, USERS, name)
        with load.running(SENDERS):
            load.wait_acknowledged(BEFORE)
            yield load
            load.wait_acknowledged(len(load.acknowledged) + AFTER)
        self.acknowledged += load.acknowledged
        assert load.codes <= {200, 503}, load.codes
        try:
            self.mailbox.wait_for(set(load.acknowledged))
        except AssertionError as error:
            raise AssertionError(f"{error}\n{self.fleet.told()}") from None
        self.fleet.wait_shared_out()


@pytest.fixture(scope="module")
def site(tmp_path_factory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("fleet")
    server = PostgresServer(listen_addresses="127.0.0.1", port=str(free_port()))
    try:
        with Mailbox().serve() as mailbox, Wire(server.port).open() as wire:
            shop = write_shop(folder / "shop", mailbox.port)
            location = server.database()
            beyond = wire.location(location.partition("?")[0].rpartition("/")[2])
            fleet = Processes(shop, location, [location, beyond])
            try:
                fleet.start()
                items = [identify(user, f"{user}@example.com") for user in USERS]
                assert fleet.send(items).status_code == 200
                yield Site(fleet, mailbox, server, wire)
            finally:
                fleet.close()
    finally:
        server.end()


@pytest.mark.parametrize("number", [0, 1])
def test_worker_that_is_killed_is_replaced_by_the_other(site: Site, number: int) -> None:
    worker, other = site.fleet.workers[number], site.fleet.workers[1 - number]
    with site.load(f"worker-{number}"):
        worker.end(signal.SIGKILL)
        site.deaths += 1
        assert until(lambda: site.fleet.shares(other) == 64, site.fleet.told) < TAKEN_OVER_S
        worker.start()


def test_intake_that_is_killed_costs_nothing_that_it_acknowledged(site: Site) -> None:
    intake = site.fleet.intakes[0]
    with site.load("intake") as load:
        intake.kill()
        load.wait_acknowledged(len(load.acknowledged) + AFTER)  # by the other one
        intake.start()


def test_database_that_is_killed_comes_back_to_the_same_processes(site: Site) -> None:
    with site.load("database"):
        site.server.stop("immediate")
        site.deaths += 2  # leases end, so what both had in hand is told as unknown
        until(lambda: is_told_to_monitoring(site), site.fleet.told)
        site.server.start()


def is_told_to_monitoring(site: Site) -> bool:
    """Return whether a server says that its store is gone, and what to do about it."""
    status, told = site.fleet.intakes[0].health()
    advice = [lag["do"] for lag in told["lags"] if lag["what"] == "store"]
    return status == 503 and any("Start the database" in line for line in advice)


def test_worker_that_stands_still_beyond_its_lease_goes_on_as_another(site: Site) -> None:
    worker, other = site.fleet.workers
    with site.load("still"):
        worker.tell(signal.SIGSTOP)
        site.deaths += 1
        assert until(lambda: site.fleet.shares(other) == 64, site.fleet.told) < TAKEN_OVER_S
        worker.tell(signal.SIGCONT)


def test_network_that_is_cut_for_less_than_a_lease_changes_no_shares(site: Site) -> None:
    with site.load("cut"):
        site.wire.cut()
        site.wire.mend()


def test_network_that_is_silent_beyond_the_lease_costs_a_worker_its_shares(site: Site) -> None:
    near, _ = site.fleet.workers
    with site.load("silent"):
        site.wire.fall_silent()
        site.deaths += 1
        assert until(lambda: site.fleet.shares(near) == 64, site.fleet.told) < TAKEN_OVER_S
        site.wire.mend()


def test_network_that_is_cut_beyond_the_lease_costs_a_worker_its_shares(site: Site) -> None:
    near, _ = site.fleet.workers
    with site.load("gone"):
        site.wire.cut()
        site.deaths += 1
        assert until(lambda: site.fleet.shares(near) == 64, site.fleet.told) < TAKEN_OVER_S
        site.wire.mend()


def test_books_of_all_that_balance_and_rebuild_to_the_byte(site: Site) -> None:
    fleet = site.fleet
    until(fleet.is_quiet, fleet.told)
    assert fleet.stop() == [0, 0, 0, 0]
    journal = read_journal(fleet.location)
    check_whole(journal, site.acknowledged, site.mailbox, kills=site.deaths)
    books = fleet.regard("audit")
    assert books.code == 0, books.output
    rebuilt = fleet.regard("rebuild")
    assert "Every view is the same to the byte" in rebuilt.output, rebuilt.output
