"""Bytes that are no events, thrown at a running house: clear errors, and the house goes on.

Row 9 of the audit. The house is one process; the proof that nothing else suffered is that an
order in the same moment, and the next one, are answered as always, and that its health is good.
"""

from __future__ import annotations

import gzip
import json

import httpx
import pytest

from tests.audit.crowds import at_once
from tests.audit.mailbox import Mailbox
from tests.audit.serving import Serving
from tests.audit.shop import KEY, identify, order

pytestmark = pytest.mark.slow

DEEP = 5_000
GOOD = json.dumps(order("unsent", "ada")).encode()

REFUSED = {
    "broken JSON": (b'{"events": [{"event": ', 400, "bad_json"),
    "no JSON": (b"\x00\x01\x02", 400, "bad_json"),
    "nothing": (b"", 400, "empty_body"),
    "10 kB of nested braces": (b'{"a":' * DEEP + b"1" + b"}" * DEEP, 400, "too_deep"),
    "10 kB of open brackets": (b"[" * 10_000, 400, "too_deep"),
    "invalid UTF-8": (b'{"event": "\xff\xfe"}', 400, "bad_utf8"),
    "oversized": (b'{"event": "' + b"x" * 40_000_000 + b'"}', 413, "too_large"),
    "gzip bomb": (gzip.compress(b" " * 200_000_000 + GOOD, 1), 413, "too_large"),
    "broken gzip": (gzip.compress(GOOD)[:-9], 400, "bad_gzip"),
}

ODD = {
    "half an emoji": '"\\ud83d"',
    "a zero character": '"a\\u0000b"',
    "a number beyond 64 bits": "123456789012345678901234567890",
    "a number beyond floats": "1e999",
    "a million digits": "9" * 10_000,
    "a list of lists": "[[[[[]]]]]",
    "an empty name": '{"": {"": ""}}',
}


def throw(house: Serving, body: bytes, key: str = KEY) -> httpx.Response:
    headers = {"x-write-key": key, "content-type": "application/json"}
    return house.client.post(f"{house.url}/v1/events", content=body, headers=headers)


def check_going_on(house: Serving, mailbox: Mailbox, token: str) -> None:
    """An order is still answered by a mail, and the house says that it is well."""
    house.post([identify("ada", "ada@example.com"), order(token, "ada")])
    mailbox.wait_for({token})
    status, details = house.health()
    assert (status, details["ok"]) == (200, True)


@pytest.mark.parametrize("name", REFUSED)
def test_a_body_that_is_no_event_gets_a_clear_error(
    shared_house: Serving, shared_mailbox: Mailbox, name: str
) -> None:
    body, status, code = REFUSED[name]
    reply = throw(shared_house, body)
    assert (reply.status_code, reply.json()["code"]) == (status, code)
    assert reply.json()["message"]
    check_going_on(shared_house, shared_mailbox, f"after {name}")


def test_a_wrong_key_is_refused_and_keeps_nothing(
    shared_house: Serving, shared_mailbox: Mailbox
) -> None:
    reply = throw(shared_house, GOOD, key="guessed")
    assert (reply.status_code, reply.json()["code"]) == (401, "unknown_key")
    check_going_on(shared_house, shared_mailbox, "after a wrong key")


def test_an_address_where_nothing_is_says_so(shared_house: Serving) -> None:
    client, url = shared_house.client, shared_house.url
    unknown, wrong = client.get(f"{url}/nothing"), client.delete(f"{url}/health")
    assert (unknown.status_code, unknown.json()["code"]) == (404, "not_found")
    assert "GET /nothing" in unknown.json()["message"]
    assert (wrong.status_code, wrong.json()["code"]) == (405, "method_not_allowed")
    assert "GET" in wrong.headers["allow"]


@pytest.mark.parametrize("name", ODD)
def test_odd_values_are_taken_or_refused_and_never_stop_the_house(
    shared_house: Serving, shared_mailbox: Mailbox, name: str
) -> None:
    value, user = ODD[name], f"odd {name}"
    for number, item in enumerate(
        (
            f'{{"event": "Order Placed", "properties": {{"token": "odd {name}", "x": %s}}}}',
            '{"identify": {"email": "odd@example.com", "x": %s}}',
            '{"identify": {"x": 1}, "context": {"x": %s}}',
            '{"event": "Odd", "identifiers": {"email": %s}}',
            '{"event": %s}',
            '{"identify": %s}',
            '{"event": "Odd", "at": %s}',
            '{"event": "Odd", "id": %s}',
        )
    ):
        fields = f'"user_id": {json.dumps(user)}, "anonymous_id": "odd-{number}"'
        reply = throw(shared_house, (item % value).replace("{", f"{{{fields},", 1).encode())
        assert reply.status_code in (200, 400), reply.text
    check_going_on(shared_house, shared_mailbox, f"after {name}")


def test_bad_requests_cost_good_ones_nothing(
    shared_house: Serving, shared_mailbox: Mailbox
) -> None:
    house, mailbox = shared_house, shared_mailbox
    house.post([identify("ada", "ada@example.com")])
    small = [body for body, _, _ in REFUSED.values() if len(body) < 1_000_000]
    tokens = [f"among-{number}" for number in range(30)]

    def send(number: int, client: httpx.Client) -> None:
        throw(house, small[number % len(small)])
        house.post([order(tokens[number], "ada")], client)

    at_once(send, range(len(tokens)))
    mailbox.wait_for(set(tokens))
    assert all(mailbox.counts()[token] == 1 for token in tokens)
