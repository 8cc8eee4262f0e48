"""The intake paths: keys, replies, errors, CORS, limits."""

from __future__ import annotations

import base64
import gzip
import json
from dataclasses import replace

import pytest

from tests.intake.house import WEBSITE

TRACK = {"type": "track", "event": "Seen", "userId": "ada", "messageId": "m-1"}
KEY = {"x-write-key": "web-key"}


def basic(user: str, password: str = "") -> dict[str, str]:
    pair = base64.b64encode(f"{user}:{password}".encode()).decode()
    return {"authorization": f"Basic {pair}"}


def test_a_batch_is_answered_with_exactly_200_and_json(client, running):
    reply = client.post("/v1/batch", json={"batch": [TRACK]}, headers=basic("web-key"))
    assert (reply.status_code, reply.content) == (200, b'{"success":true}')
    assert reply.headers["content-type"] == "application/json"
    [event] = running.events()
    assert (event.name, event.source) == ("Seen", "website")


@pytest.mark.parametrize(
    ("headers", "body"),
    [
        (basic("web-key"), {"writeKey": "unknown"}),
        ({"authorization": "Bearer oauth-token"}, {"writeKey": "web-key"}),
        ({"authorization": "Bearer web-key"}, {}),
        (KEY, {"writeKey": "unknown"}),
        ({}, {"writeKey": "web-key"}),
        ({}, {"api_key": "web-key"}),
        ({}, {"token": "web-key"}),
        (basic("id", "secret"), {}),
    ],
)
def test_the_key_is_found_where_every_sdk_puts_it(client, running, headers, body):
    reply = client.post("/v1/batch", json={"batch": [TRACK], **body}, headers=headers)
    assert reply.status_code == 200
    assert len(running.events()) == 1


@pytest.mark.parametrize("headers", [{}, basic("nobody"), {"authorization": "Basic %%%"}])
def test_an_unknown_key_leaves_nothing_but_a_count(client, running, headers):
    reply = client.post("/v1/batch", json={"batch": [TRACK, {}]}, headers=headers)
    assert reply.status_code == 401
    assert reply.json()["code"] == "unknown_key"
    assert running.events() == running.rejected() == []
    assert client.get("/health").json()["refused_requests"] == {"unknown_key": 1}


@pytest.mark.parametrize("slash", ["", "/"])
@pytest.mark.parametrize(
    "path",
    [
        *("/v1/batch", "/v1/b", "/v1/import", "/v1/track", "/v1/t", "/v1/identify", "/v1/i"),
        *("/v1/page", "/v1/p", "/v1/screen", "/v1/s", "/v1/group", "/v1/g", "/v1/alias", "/v1/a"),
        *("/api/s/track", "/api/s/page", "/api/s/identify", "/api/s/group"),
    ],
)
def test_every_segment_path_takes_events_with_and_without_a_slash(client, running, path, slash):
    reply = client.post(path + slash, json=TRACK, headers=KEY)
    assert (reply.status_code, len(running.events())) == (200, 1)


@pytest.mark.parametrize("path", ["/batch/", "/e/", "/i/v0/e/", "/capture/", "/e"])
def test_posthog_paths_take_raw_gzip_labelled_as_text(client, running, path):
    body = {"api_key": "web-key", "batch": [{"event": "Seen", "distinct_id": "ada"}]}
    data = gzip.compress(json.dumps(body).encode())
    reply = client.post(path, content=data, headers={"content-type": "text/plain"})
    assert (reply.status_code, len(running.events())) == (200, 1)


def test_a_message_sent_again_is_kept_once(client, running):
    for _ in range(3):
        assert client.post("/v1/t", json=TRACK, headers=KEY).status_code == 200
    assert (len(running.events()), running.duplicate_count()) == (1, 2)


def test_refused_items_go_to_the_debugger_and_the_others_into_the_journal(client, running):
    reply = client.post("/v1/batch", json={"batch": [TRACK, {"type": "x"}, 7]}, headers=KEY)
    assert reply.json() == {"success": True}
    assert len(running.events()) == 1
    assert [(item.code, item.number) for item in running.rejected()] == [
        ("unknown_type", 1),
        ("wrong_type", 2),
    ]


def test_a_result_per_item_for_who_asks(client):
    reply = client.post(
        "/v1/batch",
        json={"batch": [TRACK, {"type": "x"}, TRACK]},
        headers={**KEY, "X-Regard-Results": "items"},
    )
    accepted, rejected, duplicate = reply.json()["results"]
    assert accepted == {"number": 0, "status": "accepted", "offset": 1}
    assert (rejected["status"], rejected["code"]) == ("rejected", "unknown_type")
    assert duplicate == {"number": 2, "status": "duplicate", "offset": 1}


def test_a_caller_written_by_hand_is_told_when_nothing_was_taken(client, running):
    reply = client.post("/v1/events", json={"events": [{"event": "Seen"}]}, headers=KEY)
    assert (reply.status_code, reply.json()["code"]) == (400, "no_identifier")
    assert len(running.rejected()) == 1


@pytest.mark.parametrize(
    ("data", "status", "code"),
    [
        (b"{", 400, "bad_json"),
        (b"{" * 10_240, 400, "bad_json"),
        (b"[" * 10_240, 400, "too_deep"),
        (b'{"\xff":1}', 400, "bad_utf8"),
        (b"", 400, "empty_body"),
        (gzip.compress(b" " * 10_000_000, mtime=0), 413, "too_large"),
        (b"[" + b" " * 200_000 + b"]", 413, "too_large"),
    ],
)
def test_bodies_that_cannot_be_read_are_refused_with_code_and_message(client, data, status, code):
    reply = client.post("/v1/batch", content=data, headers=KEY)
    assert (reply.status_code, reply.json()["code"]) == (status, code)
    assert isinstance(reply.json()["message"], str)


def test_an_endless_body_is_refused_before_it_ends(client):
    sent = 0

    def endless():
        nonlocal sent
        while sent < 100:
            sent += 1
            yield b"[" * 50_000

    reply = client.post("/v1/batch", content=endless(), headers=KEY)
    assert reply.json()["code"] == "too_large"
    assert sent < 10


def test_a_house_that_ends_says_when_to_come_again(client, running):
    running.stop()
    assert client.get("/health").status_code == 503
    reply = client.post("/v1/t", json=TRACK, headers=KEY)
    assert (reply.status_code, reply.headers["retry-after"]) == (503, "5")
    assert set(reply.json()) == {"code", "message"}


@pytest.mark.parametrize("path", ["/v1/batch", "/v1/t/", "/e/", "/flags/", "/v1/cloudevents"])
def test_browsers_of_any_origin_may_send(client, path):
    asked = {
        "origin": "https://shop.example",
        "access-control-request-method": "POST",
        "access-control-request-headers": "authorization,anonymousid,x-new-header",
    }
    reply = client.options(path, headers=asked)
    assert reply.status_code == 204
    assert reply.headers["access-control-allow-origin"] == "*"
    assert "access-control-allow-credentials" not in reply.headers
    assert reply.headers["access-control-allow-headers"] == "authorization,anonymousid,x-new-header"
    assert int(reply.headers["access-control-max-age"]) >= 3_600


def test_replies_and_errors_carry_the_origin_too(client):
    origin = {"origin": "https://shop.example"}
    good = client.post("/v1/t", json=TRACK, headers=KEY | origin)
    bad = client.post("/v1/t", json=TRACK, headers=origin)
    for reply in (good, bad):
        assert reply.headers["access-control-allow-origin"] == "*"
        assert "access-control-allow-credentials" not in reply.headers


def test_sec_gpc_is_kept_with_the_event(client, running):
    client.post("/v1/t", json=TRACK, headers=KEY | {"sec-gpc": "1"})
    assert running.events()[0].context == {"gpc": True}


def test_a_published_program_is_in_force_at_the_next_request(client, programs):
    key = {"x-write-key": "new-key"}
    assert client.post("/v1/t", json=TRACK, headers=key).status_code == 401
    source = replace(WEBSITE, key="new-key")
    programs.append(replace(programs[0], sources={"website": source}))
    assert client.post("/v1/t", json=TRACK, headers=key).status_code == 200
    assert client.post("/v1/t", json=TRACK, headers=KEY).status_code == 401


def test_cloudevents_answer_the_webhook_handshake(client):
    reply = client.options("/v1/cloudevents", headers={"WebHook-Request-Origin": "till.example"})
    assert reply.headers["WebHook-Allowed-Origin"] == "till.example"
    assert reply.headers["Allow"] == "POST"


def test_cloudevents_without_attributes_are_refused_by_name(client):
    reply = client.post("/v1/cloudevents", json={"id": "1"}, headers=KEY)
    assert (reply.status_code, reply.json()["code"]) == (400, "bad_cloudevent")
