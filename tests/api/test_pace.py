"""A source that may send so many events a second, and sends more."""

from __future__ import annotations

from dataclasses import replace

import pytest

from tests.intake.house import TILL, WEBSITE

TILL_KEY = {"x-write-key": "till-key"}


@pytest.fixture
def programs(programs):
    limited = replace(TILL, limit_per_s=10)
    return [replace(programs[0], sources={"till": limited, "website": WEBSITE})]


def items(count: int, start: int = 0) -> list[dict[str, object]]:
    return [{"event": "Seen", "user_id": "ada", "id": str(start + n)} for n in range(count)]


def test_a_large_batch_is_taken_whole_and_paid_off(client, running, clock):
    assert client.post("/v1/events", json=items(25), headers=TILL_KEY).status_code == 200
    reply = client.post("/v1/events", json=items(5, 25), headers=TILL_KEY)
    assert (reply.status_code, reply.json()["code"]) == (429, "too_many_requests")
    assert reply.headers["retry-after"] == "2"
    assert client.get("/health").json()["refused_requests"] == {"too_many_requests": 1}
    clock.advance(2)
    assert client.post("/v1/events", json=items(5, 25), headers=TILL_KEY).status_code == 200
    assert len(running.events()) == 30


def test_a_source_within_its_limit_and_one_without_never_wait(client, running, clock):
    for number in range(0, 50, 10):
        batch = items(10, number)
        assert client.post("/v1/events", json=batch, headers=TILL_KEY).status_code == 200
        clock.advance(1)
    for number in range(3):
        batch = items(200, 1_000 * number)
        reply = client.post("/v1/events", json=batch, headers={"x-write-key": "web-key"})
        assert reply.status_code == 200
    assert len(running.events()) == 650
