"""Stopping on request (SIGTERM, as every supervisor does): quick, clean, and nothing unknown.

Unlike a kill it leaves no message between hand-over and record, so nothing is sent twice.
"""

from __future__ import annotations

import time

import pytest

from tests.audit.journal import read_journal
from tests.audit.load import Load
from tests.audit.mailbox import Mailbox
from tests.audit.serving import Serving, run_regard
from tests.audit.shop import identify

pytestmark = pytest.mark.slow

STOPS = 3
STOP_WITHIN_S = 10.0


def test_a_stop_under_load_is_quick_and_leaves_nothing_unknown(
    house: Serving, mailbox: Mailbox
) -> None:
    house.post([identify("ada", "ada@example.com")])
    load = Load(house, ["ada"])
    with load.running(senders=8):
        for _ in range(STOPS):
            load.wait_acknowledged(len(load.acknowledged) + 100)
            began_s = time.monotonic()
            assert house.stop() == 0
            assert time.monotonic() - began_s < STOP_WITHIN_S
            house.start()
        load.wait_acknowledged(len(load.acknowledged) + 1)
    mailbox.wait_for(set(load.acknowledged))
    assert house.stop() == 0
    journal = read_journal(house.store)
    assert sorted(journal.ordered) == sorted(load.acknowledged)
    assert all(journal.outcomes_of(token) == ["sent"] for token in load.acknowledged)
    assert set(mailbox.counts().values()) == {1}
    assert load.codes <= {200, 503}
    assert "Traceback" not in house.said()
    assert house.regard("audit").code == 0


def test_a_house_that_cannot_begin_says_why_and_does_not_pretend(house: Serving) -> None:
    assert house.health()[0] == 200
    assert house.stop() == 0
    house.store.write_bytes(b"this is not a store " * 1_000)
    for rest in ("-wal", "-shm"):
        house.store.with_name(house.store.name + rest).unlink(missing_ok=True)
    ended = run_regard("serve", str(house.folder), "--port", "0", "--store", str(house.store))
    assert ended.code == 1
    assert "is not a store of Regard" in ended.output
