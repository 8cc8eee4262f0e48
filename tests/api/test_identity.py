"""Saying who is one person over HTTP: who may, what it does, what it would do, what is asked."""

from __future__ import annotations

from dataclasses import replace
from typing import Any

import pytest

from regard.core.event import Identifier
from tests.api.conftest import TOKEN
from tests.intake.house import TILL, WEBSITE

TILL_KEY = {"x-write-key": "till-key"}
BEARER = {"authorization": f"Bearer {TOKEN}"}


@pytest.fixture
def programs(programs):
    trusted = replace(TILL, may=frozenset({"identity"}))
    programs[0] = replace(programs[0], sources={"till-key": trusted, "web-key": WEBSITE})
    return programs


@pytest.fixture
def people(client):
    """Two accounts of one Ada, and somebody with her phone."""
    items = [
        {"id": "1", "event": "A", "user_id": "ada", "identifiers": {"email": "ada@example.com"}},
        {"id": "2", "event": "B", "user_id": "adele", "identifiers": {"phone": "+436641234567"}},
        {"id": "3", "event": "C", "user_id": "bruno", "identifiers": {"phone": "+436641234567"}},
    ]
    assert client.post("/v1/events", json=items, headers=TILL_KEY).status_code == 200


def say(client, verb: str, headers: Any = None, **wish: Any) -> Any:
    body = {"messageId": "w1", **wish}
    return client.post(f"/v1/identity/{verb}", json=body, headers=headers or TILL_KEY)


def whose(running, kind: str, value: str) -> str | None:
    with running.store.reading() as reading:
        return reading.people.find(Identifier(kind, value))


def test_a_source_that_may_makes_two_accounts_one_and_takes_it_back(client, running, people):
    link = {"left": ["user_id:ada"], "right": ["user_id:adele"], "why": "called in", "by": "Eve"}
    reply = say(client, "link", **link)
    assert (reply.status_code, reply.json()["status"]) == (200, "accepted")
    assert reply.json()["act"]["by"] == "Eve"
    assert reply.json()["act"]["rule"] == "api"
    assert whose(running, "user_id", "ada") == whose(running, "user_id", "adele")
    assert say(client, "link", **link).json()["status"] == "duplicate"
    act_id = reply.json()["act"]["act_id"]
    undone = say(client, "undo", messageId="w2", undoes=act_id)
    assert undone.status_code == 200
    assert whose(running, "user_id", "ada") != whose(running, "user_id", "adele")
    again = say(client, "undo", messageId="w3", undoes=act_id)
    assert again.json()["code"] == "undone"
    told = client.get("/v1/identity/acts/user_id/ada", headers=BEARER).json()
    assert [(one["act"]["act"], one["stands"]) for one in told] == [("undo", True), ("link", False)]


def test_a_preview_tells_what_moves_and_writes_nothing(client, running, people):
    wish = {"messageId": "w1", "left": ["email:ada@example.com"]}
    reply = client.post("/v1/identity/split/preview", json=wish, headers=BEARER).json()
    assert [move["identifier"] for move in reply["moves"]] == [["email", "ada@example.com"]]
    assert len(reply["parties"]) == 2
    assert whose(running, "user_id", "ada") == whose(running, "email", "ada@example.com")


def test_what_identity_would_not_decide_is_asked(client, running, people):
    rows = client.get("/v1/identity/reviews", headers=BEARER).json()
    assert [row["review"]["kind"] for row in rows] == ["shared"]
    assert rows[0]["review"]["left"] == [["phone", "+436641234567"]]
    assert client.get("/v1/identity/reviews?kind=limit", headers=BEARER).json() == []
    dismissal = say(client, "dismiss", answers=rows[0]["review"]["review_id"])
    assert dismissal.status_code == 200
    running.settle()
    assert client.get("/v1/identity/reviews", headers=BEARER).json() == []


@pytest.mark.parametrize(
    ("verb", "wish", "status", "code"),
    [
        ("link", {"left": ["user_id:ada"]}, 400, "bad_act"),
        ("link", {"left": ["user_id:ada"], "right": ["user_id:ada"]}, 400, "bad_act"),
        ("link", {"left": ["user_id:ada"], "right": ["user_id:nobody"]}, 404, "not_found"),
        ("link", {"left": ["user_id:ada"], "right": ["shoe:44"]}, 400, "bad_identifier"),
        ("link", {"left": ["user_id:ada"], "right": [7]}, 400, "bad_identifier"),
        ("link", {"left": "user_id:ada"}, 400, "bad_act"),
        ("link", {"messageId": ""}, 400, "no_message_id"),
        ("link", {"reasons": {"x": "y"}}, 400, "bad_act"),
        ("link", {"shoe": 44}, 400, "unknown_field"),
        ("split", {"left": ["user_id:ada", "user_id:adele"]}, 400, "not_one"),
        ("split", {"left": ["user_id:ada", "email:ada@example.com"]}, 400, "bad_act"),
        ("undo", {"undoes": "none"}, 404, "not_found"),
        ("undo", {"merge": 1}, 404, "not_found"),
        ("dismiss", {"answers": "none"}, 404, "not_found"),
        ("marry", {}, 404, "not_found"),
    ],
)
def test_what_makes_no_sense_is_refused(client, people, verb, wish, status, code):
    reply = say(client, verb, **wish)
    assert (reply.status_code, reply.json()["code"]) == (status, code)


def test_a_probable_link_of_two_accounts_is_refused(client, people):
    wish = {"left": ["email:ada@example.com"], "right": ["user_id:adele"], "confidence": 0.97}
    reply = say(client, "link", rule="splink", **wish)
    assert (reply.status_code, reply.json()["code"]) == (400, "contradicted")


@pytest.mark.parametrize(
    ("headers", "status", "code"),
    [
        ({"x-write-key": "web-key"}, 403, "not_allowed"),
        ({"x-write-key": "no-key"}, 401, "unknown_key"),
        ({"authorization": "Bearer wrong"}, 401, "unknown_key"),
    ],
)
def test_who_may_not_is_refused(client, people, headers, status, code):
    wish = {"left": ["user_id:ada"], "right": ["user_id:adele"]}
    reply = say(client, "link", headers, **wish)
    assert (reply.status_code, reply.json()["code"]) == (status, code)
    reviews = client.get("/v1/identity/reviews", headers=headers)
    assert reviews.status_code == 401


def test_a_merge_that_evidence_made_is_taken_back_by_its_offset(client, running):
    items = [
        {"id": "1", "event": "A", "identifiers": {"email": "ada@example.com"}},
        {"id": "2", "event": "B", "identifiers": {"phone": "+436641234567"}},
        {"id": "3", "event": "Typo", "identifiers": {"email": "ada@example.com",
                                                    "phone": "+436641234567"}},
    ]  # fmt: skip
    client.post("/v1/events", json=items, headers=TILL_KEY)
    one, two = ("email", "ada@example.com"), ("phone", "+436641234567")
    assert whose(running, *one) == whose(running, *two)
    with running.store.reading() as reading:
        found = reading.tail.after(0, 100)
    [merge] = [e.offset for e, _, _ in found if type(e.body).__name__ == "PersonsMerged"]
    assert say(client, "undo", merge=merge).status_code == 200
    assert whose(running, *one) != whose(running, *two)


@pytest.mark.parametrize("merge", [0, -1, 2**62, 2**70])
def test_a_merge_that_is_none_is_refused_with_what_to_say(client, people, merge):
    refused = say(client, "undo", merge=merge)
    assert refused.status_code in {400, 404}
    assert "`undoes`: the id of an act" in refused.text
