"""Messages under way go where their person is reached now, not where they would have gone."""

from __future__ import annotations

import pytest

from regard.core.event import MessageOutcome
from tests.pains.house import HOUR, RECEIPT, SERVICE, House, company
from tests.pains.test_person import said


@pytest.mark.parametrize("first", ["try_again", "lost"])
def test_a_message_that_waits_follows_its_person_out_of_an_undone_merge(first: str) -> None:
    house = House(company({"promises/receipt.yaml": RECEIPT, **SERVICE}))
    for name in ("ada", "bruno"):
        house.meet(name)
        house.wait(HOUR)
    link = said(house, "link", ("ada",), ("bruno",))
    house.provider.deed = lambda _: first
    house.event("Order Placed", "ada", number="ADA-1")
    assert {mail.address for mail in house.provider.asked} == {"bruno@example.com"}
    said(house, "undo", ("ada",), ("bruno",), undoes=link)
    house.provider.deed = lambda _: "sent"
    house.wait(2 * HOUR)
    # What was lost may have arrived; whatever is tried from now on goes to Ada.
    assert [mail.address for mail in house.provider.asked][1:] == ["ada@example.com"]


def test_a_message_that_waits_for_an_address_that_is_not_theirs_is_not_sent() -> None:
    house = House(company({"promises/receipt.yaml": RECEIPT, **SERVICE}))
    house.event("In", {"user_id": "chen", "traits": {"email": "dalia@example.com"}})
    house.wait(HOUR)
    house.provider.deed = lambda _: "try_again"
    house.event("Order Placed", "chen", number="CHEN-1")
    house.event("Dalia Wrote", {"identifiers": {"email": "dalia@example.com"}})
    said(house, "split", ("email:dalia@example.com",), ("chen",))
    house.provider.deed = lambda _: "sent"
    house.wait(2 * HOUR)
    assert house.provider.got == []
    outcomes = [e.body for e in house.entries() if isinstance(e.body, MessageOutcome)]
    assert outcomes[-1].reason == "unreachable"
