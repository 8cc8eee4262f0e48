"""The API as an attacker sees it: each trick ends in a clear error, or in nothing special."""

from __future__ import annotations

import gzip
import logging

import pytest

from tests.api.conftest import TOKEN

TRACK = {"type": "track", "event": "Seen", "userId": "ada", "messageId": "m-1"}
KEY = {"x-write-key": "web-key"}
BEARER = {"authorization": f"Bearer {TOKEN}"}


def item(text: str) -> bytes:
    """Return a batch of one item with `text` as its property ``x``, and a sound one behind it."""
    odd = '{"type":"track","event":"Odd","userId":"ada","properties":{"x":' + text + "}}"
    sound = '{"type":"track","event":"Sound","userId":"ada"}'
    return f'{{"batch":[{odd},{sound}]}}'.encode()


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("NaN", None),
        ("[Infinity, -Infinity]", [None, None]),
        ('"NaN \\" Infinity"', 'NaN " Infinity'),
        ("1" + "0" * 400, 10**400),
        ('{"a": 1, "a": 2}', {"a": 2}),
        ('"a\\u0000b\\u202eC"', "a\x00b\u202eC"),
    ],
)
def test_odd_values_are_kept_as_values(client, running, text, value):
    assert client.post("/v1/batch", content=item(text), headers=KEY).status_code == 200
    odd, sound = running.events()
    assert (odd.facts.get("x"), sound.name) == (value, "Sound")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("1e400", "bad_json"),
        ("9" * 5_000, "bad_json"),
        ("[" * 60 + "]" * 60, "too_deep"),
        ('"' + "x" * 33_000 + '"', "item_too_large"),
    ],
)
def test_impossible_values_are_refused_alone(client, running, text, code):
    assert client.post("/v1/batch", content=item(text), headers=KEY).status_code == 200
    assert [event.name for event in running.events()] == ["Sound"]
    assert [refused.code for refused in running.rejected()] == [code]


@pytest.mark.parametrize(
    "user_id",
    [
        *("ada\u0000", "a\u202eda", "ada\u200b", "\ufeffada", "ada\u2066", "a\nda", "a\u007fda"),
        *("a" * 257, "a" * 30_000, "\u00ad" * 3, True, {"a": 1}, ["ada"], 1.5),
    ],
)
def test_ids_that_only_look_like_one_are_nobodys(client, running, user_id):
    odd = {**TRACK, "userId": user_id}
    client.post("/v1/batch", json={"batch": [odd, TRACK]}, headers=KEY)
    assert [refused.code for refused in running.rejected()] == ["no_identifier"]
    assert [str(one) for event in running.events() for one in event.identifiers] == ["user_id:ada"]


def test_a_phone_number_copied_with_its_invisible_marks_is_the_number(client, running):
    traits = {"phone": "\u202a+43\u00a0664 1234567\u202c"}
    client.post("/v1/t", json={**TRACK, "context": {"traits": traits}}, headers=KEY)
    assert "phone:+436641234567" in map(str, running.events()[0].identifiers)


def test_a_megabyte_of_a_user_id_is_refused_with_its_item(client, running):
    body = b'{"type":"track","event":"Seen","userId":"' + b"a" * 150_000 + b'"}'
    client.post("/v1/t", content=body, headers=KEY)
    [refused] = running.rejected()
    assert refused.code == "item_too_large"
    assert len(refused.item) <= 4_096


def test_thousands_of_identifiers_in_one_event_are_not_read(client, running):
    ids = [{"type": "phone", "id": f"+43664{n:07}"} for n in range(600)]
    client.post("/v1/t", json={**TRACK, "context": {"externalIds": ids}}, headers=KEY)
    [event] = running.events()
    assert len(event.identifiers) == 33
    assert event.violations[-1] == "only the first 32 stated identifiers were read"


def test_a_thousand_mistakes_are_told_in_twenty_lines(client, running):
    item = {"event": "Seen", "user_id": "ada"} | {f"field{n}": n for n in range(1_000)}
    client.post("/v1/events", json=item, headers=KEY)
    violations = running.events()[0].violations
    assert (len(violations), violations[-1]) == (20, "and 981 more")


def test_thousands_of_empty_gzip_members_are_refused(client):
    body = gzip.compress(b"") * 5_000
    reply = client.post("/v1/batch", content=body, headers=KEY)
    assert (reply.status_code, reply.json()["code"]) == (400, "bad_gzip")


@pytest.mark.parametrize("query", ["writeKey=web-key", "write_key=web-key", "api_key=web-key"])
def test_a_key_in_the_address_opens_nothing(client, running, query):
    assert client.post(f"/v1/t?{query}", json=TRACK).status_code == 401
    assert client.get(f"/v1/people/user_id/ada?token={TOKEN}").status_code == 401
    assert running.events() == []


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"authorization": "Bearer "}, 401),
        ({"authorization": "Bearer \xe4\xff"}, 401),
        ({"authorization": f"Basic {TOKEN}"}, 401),
        ({"authorization": f"Bearer {TOKEN}x"}, 401),
        ({"authorization": f"bearer  {TOKEN} "}, 404),
    ],
)
def test_only_the_whole_token_opens_people(client, headers, status):
    raw = {name: value.encode("latin-1") for name, value in headers.items()}
    assert client.get("/v1/people/user_id/ada", headers=raw).status_code == status


@pytest.mark.parametrize(
    "path",
    [
        *("/v1/../v1/people/user_id/ada", "//v1/people/user_id/ada", "/v1//t", "/v1/t%00"),
        *("/analytics-next/bundles/..%2f..%2f..%2f..%2fpackage.json", "/v1/t;x", "/V1/T"),
        *("/analytics-next/bundles/407.bundle.js%0a", "/analytics-next/bundles/%00.js"),
        *("/array/..%2fweb-key/config", "/v1/people/user_id/", "/v1/people/", "/v1/people"),
    ],
)
def test_path_tricks_lead_nowhere(client, path):
    for reply in (client.get(path), client.post(path, json=TRACK, headers=KEY)):
        assert reply.status_code in (401, 404, 405)


@pytest.mark.parametrize("value", ["ada%00", "%e2%80%ae", "a" * 5_000, "%27%20or%201=1", "%25"])
def test_any_text_may_be_asked_for_and_is_nobody(client, value):
    reply = client.get(f"/v1/people/user_id/{value}", headers=BEARER)
    assert reply.json()["code"] in ("bad_identifier", "not_found")


def test_no_page_of_another_origin_reads_people_or_uses_cookies(client):
    origin = {"origin": "https://evil.example", "cookie": "regard=x"}
    reply = client.get("/v1/people/user_id/ada", headers=BEARER | origin)
    assert "access-control-allow-origin" not in reply.headers
    for path in ("/v1/people/user_id/ada", "/v1/receipts/sms", "/v1/bounces/email", "/health"):
        asked = origin | {"access-control-request-method": "GET"}
        assert "access-control-allow-origin" not in client.options(path, headers=asked).headers
    reply = client.post("/v1/t", json=TRACK, headers=KEY | origin)
    assert "access-control-allow-credentials" not in reply.headers
    assert "set-cookie" not in reply.headers


def test_nothing_that_a_stranger_sends_is_written_to_the_log(client, caplog):
    caplog.set_level(logging.DEBUG, logger="regard")
    for path in ("/v1/t%0aFORGED line", "/v1/people/user_id/x%0d%0aFORGED"):
        client.post(path, content=b"\nFORGED", headers={"x-write-key": "FORGED", **BEARER})
    assert "FORGED" not in caplog.text


@pytest.mark.parametrize("content_length", ["-1", "0x10", "99999999999999999999", "1e9", "\xb2"])
def test_a_length_that_lies_is_not_believed(client, running, content_length):
    headers = KEY | {"content-length": content_length.encode("latin-1")}
    reply = client.post("/v1/t", content=iter([b"{}"]), headers=headers)
    assert reply.status_code in (200, 400, 413)
    assert running.events() == []
