"""A full disk: senders are told to come back, nothing acknowledged is lost, and it passes.

Row 12 of the audit. The limit on the size of files (RLIMIT_FSIZE, set on the running process)
makes every write beyond it fail, which is what a full disk does; lifting it is freeing space.
"""

from __future__ import annotations

import resource

import pytest

from tests.audit.journal import read_journal
from tests.audit.mailbox import Mailbox
from tests.audit.serving import Serving
from tests.audit.shop import identify, order

pytestmark = pytest.mark.slow

ROOM = 200_000
ORDERS_MAX = 5_000


def limit_files(house: Serving, size: int) -> None:
    """Let no file of the house grow beyond `size` bytes (-1: as it was)."""
    assert house.process is not None
    _, hard = resource.prlimit(house.process.pid, resource.RLIMIT_FSIZE)
    resource.prlimit(house.process.pid, resource.RLIMIT_FSIZE, (size, hard))


def fill_disk(house: Serving) -> list[str]:
    """Leave little room, order until there is none, and return the acknowledged tokens."""
    log = house.store.with_name(f"{house.store.name}-wal")
    limit_files(house, max(log.stat().st_size, house.store.stat().st_size) + ROOM)
    acknowledged: list[str] = []
    for number in range(ORDERS_MAX):
        token = f"order-{number}"
        reply = house.send([order(token, "ada")])
        if reply.status_code != 200:
            assert reply.status_code == 503
            assert reply.json()["code"] == "disk_full"
            assert int(reply.headers["Retry-After"]) > 0
            return acknowledged
        acknowledged.append(token)
    raise AssertionError("the disk did not become full")


def check_whole(house: Serving, mailbox: Mailbox, acknowledged: list[str]) -> None:
    mailbox.wait_for(set(acknowledged))
    assert house.stop() == 0
    journal = read_journal(house.store)
    assert set(acknowledged) <= set(journal.ordered)
    assert all(len(journal.sends[token]) == 1 for token in acknowledged)
    doubled = {token for token, number in mailbox.counts().items() if number > 1}
    assert all("unknown" in journal.outcomes_of(token) for token in doubled)
    books = house.regard("audit")
    assert books.code == 0, books.output
    assert "same to the byte" in house.regard("rebuild").output


def test_a_full_disk_passes_when_there_is_room_again(house: Serving, mailbox: Mailbox) -> None:
    house.post([identify("ada", "ada@example.com")])
    acknowledged = fill_disk(house)
    assert house.send([order("refused", "ada")]).status_code == 503
    assert house.process is not None
    assert house.process.poll() is None
    limit_files(house, resource.RLIM_INFINITY)
    house.post([order("refused", "ada")])
    check_whole(house, mailbox, [*acknowledged, "refused"])


def test_a_house_that_died_on_a_full_disk_comes_back_whole(
    house: Serving, mailbox: Mailbox
) -> None:
    house.post([identify("ada", "ada@example.com")])
    acknowledged = fill_disk(house)
    house.kill()
    house.start()
    house.post([order("refused", "ada")])
    check_whole(house, mailbox, [*acknowledged, "refused"])
