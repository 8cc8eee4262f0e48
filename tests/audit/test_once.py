"""What a customer may take for granted of a running house: each order is answered, and once.

Rows 1 to 4 of the correctness table (rivals, section 3c), through HTTP and a mail server.
"""

from __future__ import annotations

from collections.abc import Sequence

import httpx
import pytest

from tests.audit.crowds import at_once
from tests.audit.journal import Journal, read_journal
from tests.audit.mailbox import Mailbox
from tests.audit.serving import Serving
from tests.audit.shop import identify, order

pytestmark = pytest.mark.slow

EVENTS = 50
PERSONS = 50
IDENTIFIES = 30


def stepped(house: Serving, mailbox: Mailbox, name: str) -> Journal:
    """Return the journal when the loop is past everything sent so far.

    The mail of one more order says so: the loop steps in the order of the journal.
    """
    house.post([identify("marker", "marker@example.com"), order(f"{name}-marker", "marker")])
    mailbox.wait_for({f"{name}-marker"})
    return read_journal(house.store)


def test_the_same_event_three_times_is_one_message(
    shared_house: Serving, shared_mailbox: Mailbox
) -> None:
    house, mailbox = shared_house, shared_mailbox
    house.post([identify("ada", "ada@example.com")])
    tokens = [f"same-{number}" for number in range(20)]

    def send(token: str, client: httpx.Client) -> bool:
        return bool(house.post([order(token, "ada")], client)[0]["status"] == "accepted")

    accepted = at_once(send, [token for token in tokens for _ in range(2)])
    assert sum(accepted) == len(tokens)
    mailbox.wait_for(set(tokens))
    results = house.post([order(token, "ada") for token in tokens])
    assert {result["status"] for result in results} == {"duplicate"}
    journal = stepped(house, mailbox, "same")
    for token in tokens:
        assert journal.ordered.count(token) == 1
        assert len(journal.sends[token]) == 1
        assert mailbox.counts()[token] == 1


@pytest.mark.parametrize(("connections", "requests", "items"), [(50, 1, 1), (5, 10, 1), (1, 1, 50)])
def test_fifty_events_of_one_person_at_once_are_all_answered_in_order(
    shared_house: Serving,
    shared_mailbox: Mailbox,
    connections: int,
    requests: int,
    items: int,
) -> None:
    house, mailbox, name = shared_house, shared_mailbox, f"fifty-{connections}-{requests}"
    house.post([identify("bruno", "bruno@example.com")])

    def send(connection: int, client: httpx.Client) -> Sequence[tuple[int, str]]:
        acknowledged = []
        for request in range(requests):
            tokens = [f"{name}-{connection}-{request}-{item}" for item in range(items)]
            results = house.post([order(token, "bruno") for token in tokens], client)
            acknowledged += [(r["offset"], t) for r, t in zip(results, tokens, strict=True)]
        return acknowledged

    acknowledged = at_once(send, range(connections))
    for places in acknowledged:
        assert list(places) == sorted(places)
    in_order = [token for _, token in sorted(place for places in acknowledged for place in places)]
    assert len(set(in_order)) == EVENTS
    mailbox.wait_for(set(in_order))
    journal = stepped(house, mailbox, name)
    assert [token for token in journal.ordered if token in set(in_order)] == in_order
    assert [token for token in journal.sends if token in set(in_order)] == in_order
    assert all(len(journal.sends[token]) == 1 for token in in_order)
    assert all(mailbox.counts()[token] == 1 for token in in_order)


@pytest.mark.parametrize("way", ["in turn", "one batch"])
def test_a_new_person_is_served_although_the_address_came_a_moment_before(
    shared_house: Serving, shared_mailbox: Mailbox, way: str
) -> None:
    house, mailbox, name = shared_house, shared_mailbox, way.replace(" ", "-")
    users = [f"{name}-{number}" for number in range(PERSONS)]
    address = {user: identify(user, f"{user}@example.com") for user in users}
    requests = {
        "in turn": [[[address[user]], [order(user, user)]] for user in users],
        "one batch": [[[address[user], order(user, user)]] for user in users],
    }[way]

    def send(batches: list[list[dict[str, object]]], client: httpx.Client) -> None:
        for items in batches:
            house.post(items, client)

    at_once(send, requests)
    mailbox.wait_for(set(users))
    assert all(mailbox.counts()[user] == 1 for user in users)


def test_an_event_that_overtakes_its_address_is_told_and_not_lost(
    shared_house: Serving, shared_mailbox: Mailbox
) -> None:
    house, mailbox = shared_house, shared_mailbox
    users = [f"overtaken-{number}" for number in range(PERSONS)]
    items = [
        item
        for user in users
        for item in (order(user, user), identify(user, f"{user}@example.com"))
    ]

    def send(item: dict[str, object], client: httpx.Client) -> None:
        house.post([item], client)

    at_once(send, items)
    journal = stepped(house, mailbox, "overtaken")
    sent = {user for user in users if journal.sends[user]}
    told = {user for user in users if journal.silences.get(user) == "unreachable"}
    assert sent | told == set(users)
    assert not sent & told
    mailbox.wait_for(sent)


def test_concurrent_identifies_of_one_user_are_one_person(
    shared_house: Serving, shared_mailbox: Mailbox
) -> None:
    items = [
        {**identify("chen", "chen@example.com"), "id": f"chen-{number}"}
        for number in range(IDENTIFIES)
    ]
    assert len(_persons(shared_house, shared_mailbox, "chen", items)) == 1


def test_concurrent_devices_with_one_address_are_one_person(
    shared_house: Serving, shared_mailbox: Mailbox
) -> None:
    items: list[dict[str, object]] = [
        {
            "id": f"dalia-{number}",
            "identify": {"email": "dalia@example.com"},
            "anonymous_id": f"device-{number}",
        }
        for number in range(IDENTIFIES)
    ]
    assert len(_persons(shared_house, shared_mailbox, "dalia", items)) == 1


def _persons(
    house: Serving, mailbox: Mailbox, name: str, items: Sequence[dict[str, object]]
) -> set[str]:
    """Send items all at once, and return the persons that their events belong to."""

    def send(item: dict[str, object], client: httpx.Client) -> int:
        return int(house.post([item], client)[0]["offset"])

    offsets = at_once(send, items)
    journal = stepped(house, mailbox, name)
    return {journal.owners[offset] for offset in offsets}
