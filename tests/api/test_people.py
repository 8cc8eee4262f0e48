"""Reading a person by any identifier."""

from __future__ import annotations

import pytest

from tests.api.conftest import TOKEN

BEARER = {"authorization": f"Bearer {TOKEN}"}
CONSENT = {
    "id": "consent-1",
    "event": "Consent Granted",
    "identifiers": {"email": "ada@example.com"},
    "traits": {"name": "Ada"},
    "properties": {"purpose": "offers", "channel": "email", "wording": "yes"},
}


@pytest.fixture(autouse=True)
def ada(client, running) -> None:
    """Let Ada be known by what she agreed to."""
    assert client.post("/v1/events", json=CONSENT, headers={"x-write-key": "web-key"}).is_success
    running.settle()


def test_a_person_is_read_by_any_identifier_as_events_write_it(client):
    profile = client.get("/v1/people/email/Ada@Example.com", headers=BEARER).json()
    assert profile["person_id"].startswith("p_")
    assert profile["traits"]["name"]["value"] == "Ada"
    assert profile["consents"] == [
        {
            "purpose": "offers",
            "channel": "email",
            "is_granted": True,
            "at": "2026-03-02T12:00:00Z",
            "source": "website",
            "proof": {
                "message_id": "consent-1",
                "event": "Consent Granted",
                "channel": "web.desktop",
                "wording": "yes",
            },
            "despite": [],
        }
    ]
    assert [(row["kind"], row["value"]) for row in profile["identifiers"]] == [
        ("email", "ada@example.com")
    ]
    assert "timeline" not in profile


def test_the_timeline_is_added_on_request(client):
    reply = client.get("/v1/people/email/ada@example.com?timeline=5", headers=BEARER)
    [entry] = reply.json()["timeline"]
    assert entry["body"]["name"] == "Consent Granted"


@pytest.mark.parametrize(
    ("path", "headers", "status", "code"),
    [
        ("email/ada@example.com", {}, 401, "unknown_token"),
        ("email/ada@example.com", {"authorization": "Bearer no"}, 401, "unknown_token"),
        ("email/bruno@example.com", BEARER, 404, "not_found"),
        ("email/nonsense", BEARER, 400, "bad_identifier"),
        ("tatoo/x", BEARER, 400, "bad_identifier"),
        ("email/ada@example.com?timeline=-1", BEARER, 400, "bad_query"),
        ("email/ada@example.com?before=x", BEARER, 400, "bad_query"),
    ],
)
def test_others_are_refused_by_name(client, path, headers, status, code):
    reply = client.get(f"/v1/people/{path}", headers=headers | {"origin": "https://x.example"})
    assert (reply.status_code, reply.json()["code"]) == (status, code)
    assert "access-control-allow-origin" not in reply.headers
