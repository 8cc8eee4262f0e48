"""Another system starts a journey for one person: durable, once, and only who may."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from regard.core.flows import Journey, Step, Trigger
from regard.core.ids import derived_id
from regard.core.program import journeys_index
from tests.intake.house import TILL, WEBSITE

PATH = "/v1/journeys/lounge/start"
KEY = {"x-write-key": "till-key"}
CALL = {"messageId": "m1", "userId": "ada", "facts": {"booking_number": "SK1"}}


@pytest.fixture
def programs(programs):
    steps = (Step(id="w", kind="wait_until", events=(Trigger(event="Boarded"),)),)
    start = Trigger(event="Journey Called|lounge")
    lounge = Journey(id="lounge", title="Lounge", start=start, steps=steps)
    journeys = {"lounge": lounge}
    trusted = replace(TILL, may=frozenset({"journeys"}))
    programs[0] = replace(
        programs[0],
        sources={"till": trusted, "website": WEBSITE},
        journeys=journeys,
        journeys_by_event=journeys_index(journeys),
    )
    return programs


def start(client, call: Any = None, path: str = PATH, **headers: str):
    return client.post(path, json=CALL if call is None else call, headers=headers or KEY)


def test_a_call_starts_a_run_with_its_facts(client, running):
    reply = start(client)
    assert reply.status_code == 200
    run_id = derived_id("lounge", "m1")
    expected = {"success": True, "status": "accepted", "offset": 1, "run_id": run_id}
    assert reply.json() == expected
    running.settle()
    with running.store.reading() as reading:
        row = reading.runs.run(run_id)
    assert row is not None
    assert (row.change.journey, row.change.facts) == ("lounge", {"booking_number": "SK1"})


def test_a_retry_is_a_duplicate(client, running):
    start(client)
    assert start(client).json()["status"] == "duplicate"
    assert len(running.events()) == 1


def test_a_person_may_be_named_by_any_identifier(client, running):
    call = {"messageId": "m1", "identifiers": {"email": "Ada@Example.com"}}
    assert start(client, call, path=PATH + "/").status_code == 200
    assert [str(i) for i in running.events()[0].identifiers] == ["email:ada@example.com"]


@pytest.mark.parametrize(
    ("change", "status", "code"),
    [
        ({"messageId": ""}, 400, "no_message_id"),
        ({"messageId": 7}, 400, "no_message_id"),
        ({"event": "Person Erased"}, 400, "unknown_field"),
        ({"userId": None}, 400, "no_identifier"),
        ({"facts": [1]}, 400, "wrong_type"),
    ],
)
def test_a_call_that_says_too_little_or_too_much_is_refused(client, running, change, status, code):
    reply = start(client, CALL | change)
    assert (reply.status_code, reply.json()["code"]) == (status, code)
    assert running.events() == []


def test_a_journey_that_is_not_there_is_not_found(client):
    reply = start(client, path="/v1/journeys/lunge/start")
    assert (reply.status_code, reply.json()["code"]) == (404, "not_found")


@pytest.mark.parametrize(
    ("key", "status", "code"), [("web-key", 403, "not_allowed"), ("nobody", 401, "unknown_key")]
)
def test_only_a_source_that_may_is_heard(client, running, key, status, code):
    reply = client.post(PATH, json=CALL, headers={"x-write-key": key})
    assert (reply.status_code, reply.json()["code"]) == (status, code)
    assert running.events() == []


@pytest.mark.parametrize("body", [b"", b"[]", b"{", b'{"a":' * 60 + b"1" + b"}" * 60, b"\xff{"])
def test_a_body_that_is_no_call_is_refused(client, body):
    reply = client.post(PATH, content=body, headers=KEY)
    assert reply.status_code == 400


def test_a_browser_of_another_origin_is_not_let_in(client):
    reply = client.post(PATH, json=CALL, headers=KEY | {"origin": "https://evil.example"})
    assert "access-control-allow-origin" not in reply.headers
