"""Reading a person by any identifier."""

from __future__ import annotations

import pytest

from tests.api.conftest import TOKEN

BEARER = {"authorization": f"Bearer {TOKEN}"}


def test_a_person_is_read_by_any_identifier_as_events_write_it(client):
    profile = client.get("/v1/people/email/Ada@Example.com", headers=BEARER).json()
    assert profile["person_id"] == "p_ada"
    assert profile["traits"]["name"]["value"] == "Ada"
    assert profile["consents"] == [
        {
            "purpose": "offers",
            "channel": "email",
            "is_granted": True,
            "at": "2026-03-02T12:00:00Z",
            "source": "website",
            "proof": {"wording": "yes"},
        }
    ]
    assert [(row["kind"], row["value"]) for row in profile["identifiers"]] == [
        ("email", "ada@example.com")
    ]
    assert "timeline" not in profile


def test_the_timeline_is_added_on_request(client):
    reply = client.get("/v1/people/email/ada@example.com?timeline=5", headers=BEARER)
    assert reply.json()["timeline"] == []


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
