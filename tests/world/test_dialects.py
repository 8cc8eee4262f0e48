"""What goes over the wire: the particulars of INTAKE.md, and that intake reads it back whole."""

from __future__ import annotations

import base64
import gzip
import json
from datetime import datetime, timedelta
from pathlib import Path
from typing import Any

import pytest

from regard.core.event import Event
from regard.core.ports import Draft
from regard.core.rows import Rejected
from regard.intake import Arrival, Drafter, open_body, read_envelope
from regard.project import load
from regard.world import plan_day, settle
from regard.world.dialects import build
from regard.world.records import Act, Dialect, Parcel, Request

from .conftest import START

AIRLINE = load(Path(__file__).parents[2] / "examples" / "airline", {})
DRAFTER = Drafter(AIRLINE)
_SOURCES = {source.id: source for source in AIRLINE.sources.values()}
_HINTS = {"/v1/t": "track", "/v1/p": "page", "/v1/i": "identify"}
SENT_AT = START + timedelta(seconds=30)
LOGIN = Act(
    message_id="m-1",
    type="identify",
    name="identify",
    at=START,
    user="ada",
    anonymous="handset-ada",
    traits={"name": "Ada", "email": "ada@example.com"},
)
VIEW = Act(
    message_id="m-2",
    type="track",
    name="Offer Viewed",
    at=START,
    anonymous="handset-ada",
    properties={"offer": "Rome"},
    context={"timezone": "Europe/Vienna"},
)


def parcel(dialect: Dialect, *acts: Act, **more: Any) -> Parcel:
    return Parcel(send_at=SENT_AT, source="app", dialect=dialect, acts=acts or (VIEW,), **more)


def one(dialect: Dialect, *acts: Act, **more: Any) -> Request:
    (request,) = build(parcel(dialect, *acts, **more), "the-key", SENT_AT)
    return request


def test_segment_posts_a_batch_with_basic_auth_and_nulls() -> None:
    request = one("segment", LOGIN, VIEW)
    body = json.loads(request.content)
    assert request.path == "/v1/batch"
    assert request.headers["Authorization"] == _basic("the-key:")
    assert body["writeKey"] == "the-key"
    assert body["sentAt"] == "2026-03-02T06:00:30+00:00"
    assert body["batch"][1]["userId"] is None
    assert body["batch"][0]["traits"]["email"] == "ada@example.com"
    assert request.item_count == 2


def test_rudder_posts_gzip_with_original_timestamps() -> None:
    request = one("rudder")
    item = json.loads(gzip.decompress(request.content))["batch"][0]
    assert request.headers["Content-Encoding"] == "gzip"
    assert item["originalTimestamp"] == "2026-03-02T06:00:00+00:00"
    assert "timestamp" not in item


def test_browser_posts_each_act_as_text_plain_with_its_own_sent_at() -> None:
    requests = build(parcel("browser", LOGIN, VIEW), "the-key", SENT_AT)
    assert [r.path for r in requests] == ["/v1/i", "/v1/t"]
    assert {r.headers["Content-Type"] for r in requests} == {"text/plain"}
    bodies = [json.loads(r.content) for r in requests]
    assert all(body["sentAt"] and body["writeKey"] == "the-key" for body in bodies)
    assert not any("Authorization" in r.headers for r in requests)


def test_posthog_names_the_device_before_the_login_and_ties_it_then() -> None:
    request = one("posthog", VIEW, LOGIN)
    body = json.loads(gzip.decompress(request.content))
    before, login = body["batch"]
    assert request.path == "/batch/"
    assert body["api_key"] == "the-key"
    assert before["distinct_id"] == before["properties"]["$device_id"] == "handset-ada"
    assert login["event"] == "$identify"
    assert login["distinct_id"] == "ada"
    assert login["properties"]["$anon_distinct_id"] == "handset-ada"
    assert login["properties"]["$set"]["email"] == "ada@example.com"


def test_cloudevents_are_structured_alone_and_batched_together() -> None:
    single, batch = one("cloudevents"), one("cloudevents", VIEW, VIEW)
    assert single.headers["Content-Type"] == "application/cloudevents+json"
    assert json.loads(single.content)["type"] == "Offer Viewed"
    assert batch.headers["Content-Type"] == "application/cloudevents-batch+json"
    assert len(json.loads(batch.content)) == 2
    assert single.headers["X-Write-Key"] == "the-key"


def test_one_click_posts_the_form_of_rfc_8058_and_counts_nothing() -> None:
    click = Act(
        message_id="m-3",
        type="track",
        name="one click",
        at=START,
        properties={"url": "https://regard.example/u/token"},
    )
    request = one("one_click", click)
    assert request.path == "https://regard.example/u/token"
    assert request.content == b"List-Unsubscribe=One-Click"
    assert request.item_count == 0


def test_a_wrong_clock_moves_both_moments() -> None:
    request = one("segment", skew_s=3_600)
    body = json.loads(request.content)
    assert body["sentAt"] == "2026-03-02T07:00:30+00:00"
    assert body["batch"][0]["timestamp"] == "2026-03-02T07:00:00+00:00"


def test_a_retry_sends_the_same_bytes() -> None:
    for dialect in ("segment", "rudder", "posthog", "cloudevents", "plain"):
        assert one(dialect) == one(dialect)


@pytest.mark.parametrize("dialect", ["segment", "rudder", "posthog", "plain"])
def test_intake_reads_every_dialect_back(dialect: Dialect) -> None:
    (outcome,) = _read(one(dialect, skew_s=600), dialect)
    event = _event(outcome)
    assert event.name == "Offer Viewed"
    assert event.facts["offer"] == "Rome"
    assert event.at == START
    assert "anonymous_id:handset-ada" in [str(i) for i in event.identifiers]


def test_intake_refuses_nothing_of_a_whole_day_but_what_is_broken() -> None:
    broken_count = 0
    for sent in plan_day(settle(7, 90), 7, START, is_first=True):
        for request in build(sent, "the-key", sent.send_at):
            outcomes = _read(request, sent.dialect, sent.source, sent.send_at)
            refused = [o for o in outcomes if isinstance(o, Rejected)]
            assert len(refused) == (1 if sent.broken else 0), refused
            broken_count += len(refused)
            events = [_event(o) for o in outcomes if isinstance(o, Draft)]
            assert [event.violations for event in events] == [()] * request.item_count
    assert broken_count


@pytest.mark.parametrize("dialect", ["segment", "rudder", "posthog"])
def test_intake_ties_the_device_to_the_login_in_every_dialect(dialect: Dialect) -> None:
    (outcome,) = _read(one(dialect, LOGIN), dialect)
    kinds = {i.kind: i.value for i in _event(outcome).identifiers}
    assert kinds == {
        "user_id": "ada",
        "email": "ada@example.com",
        "anonymous_id": "handset-ada",
    } | ({"device_id": "handset-ada"} if "device_id" in kinds else {})


@pytest.mark.parametrize("dialect", ["segment", "rudder", "posthog", "plain"])
@pytest.mark.parametrize("broken", ["no_identifier", "no_name", "not_an_object"])
def test_intake_refuses_the_broken_item_and_only_that(dialect: Dialect, broken: Any) -> None:
    outcomes = _read(one(dialect, broken=broken), dialect)
    assert [type(outcome) for outcome in outcomes] == [Draft, Rejected]


def _read(
    request: Request, dialect: Dialect, source: str = "app", received_at: datetime = SENT_AT
) -> list[Draft | Rejected]:
    spoken: Any = {"rudder": "segment", "browser": "segment"}.get(dialect, dialect)
    hint: Any = _HINTS.get(request.path, "")
    arrival = Arrival(
        source=_SOURCES[source], received_at=received_at, dialect=spoken, type_hint=hint
    )
    return DRAFTER.read(read_envelope(open_body(request.content), spoken), arrival)


def _event(outcome: Draft | Rejected) -> Event:
    assert isinstance(outcome, Draft), outcome
    assert isinstance(outcome.body, Event)
    return outcome.body


def _basic(pair: str) -> str:
    return "Basic " + base64.b64encode(pair.encode()).decode()
