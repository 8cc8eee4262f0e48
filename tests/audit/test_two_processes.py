"""Two processes on one store: the second is told who has it, and if it gets in, the first stops.

Row 10 of the audit: the lock keeps a mistake away, the fence holds when there is no lock (another
machine, a restored disk, a copy of the file that came back).
"""

from __future__ import annotations

import pytest

from regard.store import open_store
from tests.audit.journal import read_journal
from tests.audit.mailbox import Mailbox
from tests.audit.serving import Serving, run_regard
from tests.audit.shop import identify, order

pytestmark = pytest.mark.slow

TRY_AGAIN_LATER = 3
ORDERS = 200


def test_a_second_server_is_refused_and_the_first_goes_on(house: Serving, mailbox: Mailbox) -> None:
    assert house.process is not None
    second = run_regard("serve", str(house.folder), "--port", "0", "--store", str(house.store))
    assert second.code == 1
    assert f"is being written by process {house.process.pid}" in second.output
    for command in ("rebuild", "audit"):
        assert house.regard(command).code == (1 if command == "rebuild" else 0)
    house.post([identify("ada", "ada@example.com"), order("after-second", "ada")])
    mailbox.wait_for({"after-second"})
    assert house.stop() == 0


def test_a_fenced_server_stops_sends_nothing_more_and_its_successor_finishes(
    house: Serving, mailbox: Mailbox
) -> None:
    tokens = {f"fenced-{number}" for number in range(ORDERS)}
    house.post([identify("ada", "ada@example.com"), *[order(token, "ada") for token in tokens]])
    mailbox.wait_count(1)
    usurper = open_store(str(house.store))
    with usurper.writing() as writing:
        last, token = writing.journal.last(), writing.token
    assert house.wait() == TRY_AGAIN_LATER
    assert "Another process has opened" in house.said()
    with usurper.writing() as writing:
        assert (writing.journal.last(), writing.token) == (last, token)
    usurper.close()
    house.start()
    mailbox.wait_for(tokens)
    assert house.stop() == 0
    journal = read_journal(house.store)
    doubled = {token for token, number in mailbox.counts().items() if number > 1}
    assert all("unknown" in journal.outcomes_of(token) for token in doubled)
    assert all(len(journal.sends[token]) == 1 for token in tokens)
    assert house.regard("audit").code == 0
