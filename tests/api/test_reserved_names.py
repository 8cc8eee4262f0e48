"""What a public write key must not be able to say, and what follows for those who may."""

from __future__ import annotations

from dataclasses import replace

import pytest

from regard.core.signal import OWN_NAMES
from regard.intake.reserved import RESERVED
from regard.profiles import stage as profiles
from regard.promises import stage as promises
from regard.runtime import projection
from tests.intake.house import TILL, WEBSITE

KEY = {"x-write-key": "web-key", "x-regard-results": "items"}


def forged(name: str) -> dict[str, object]:
    return {"event": name, "user_id": "ada", "properties": {"message_id": "m", "permanent": True}}


@pytest.mark.parametrize("name", RESERVED)
def test_a_public_key_cannot_forge_what_changes_rights_or_books(client, running, name):
    reply = client.post("/v1/events", json=forged(name), headers=KEY)
    [result] = reply.json()["results"]
    assert (result["status"], result["code"]) == ("rejected", "reserved_name")
    assert f'may = ["{RESERVED[name]}"] to [sources.website]' in result["message"]
    assert running.events() == []
    assert [item.code for item in running.rejected()] == ["reserved_name"]


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/v1/track", {"event": " Person Erased ", "userId": "ada"}),
        ("/v1/batch", {"batch": [{"type": "track", "event": "Person Erased", "userId": "ada"}]}),
        ("/capture", {"event": "Person Erased", "distinct_id": "ada", "api_key": "web-key"}),
        (
            "/v1/cloudevents",
            {
                "specversion": "1.0",
                "id": "1",
                "source": "/x",
                "type": "Person Erased",
                "userid": "ada",
            },
        ),
    ],
)
def test_no_dialect_is_a_way_around(client, running, path, body):
    client.post(path, json=body, headers=KEY)
    assert running.events() == []
    assert [item.code for item in running.rejected()] == ["reserved_name"]


def test_a_source_that_may_send_receipts_may_not_change_rights(client, running, programs):
    trusted = replace(TILL, may=frozenset({"receipts"}))
    programs.append(replace(programs[0], sources={"till": trusted, "website": WEBSITE}))
    items = [forged("Email Bounced"), forged("Person Frozen")]
    headers = {"x-write-key": "till-key"}
    assert client.post("/v1/events", json=items, headers=headers).status_code == 200
    assert [event.name for event in running.events()] == ["Email Bounced"]
    assert [item.code for item in running.rejected()] == ["reserved_name"]


def test_every_name_that_the_rooms_take_for_a_receipt_is_reserved():
    known = {*profiles.ABSENT, *promises.DELIVERIES, *promises.BOUNCES, *projection.RECEIPTS}
    assert known <= set(RESERVED)


@pytest.mark.parametrize("name", sorted(OWN_NAMES))
@pytest.mark.parametrize("about", ["", "|vip", " |vip"])
def test_what_regard_notes_itself_cannot_be_sent_by_anybody(client, running, programs, name, about):
    trusted = replace(TILL, may=frozenset({"receipts", "rights", "journeys"}))
    programs.append(replace(programs[0], sources={"till": trusted}))
    headers = {"x-write-key": "till-key", "x-regard-results": "items"}
    reply = client.post("/v1/events", json=forged(name + about), headers=headers)
    assert [r["code"] for r in reply.json()["results"]] == ["reserved_name"]
    assert running.events() == []
