"""Python SDKs from PyPI, unmodified, over a real socket."""

from __future__ import annotations

from datetime import UTC, datetime

import customerio.analytics
import httpx
import posthog
import pytest
import rudderstack.analytics.client
import segment.analytics.client
import segment.analytics.request
from cloudevents.core.bindings.http import to_binary, to_structured
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

pytestmark = pytest.mark.slow
EMAIL = "Ada@Example.com"
FAMILY = (
    segment.analytics.client.Client,
    rudderstack.analytics.client.Client,
    customerio.analytics.Client,
)
"""Clients of Segment's family: made and spoken to alike."""


def tell_adas_story(client) -> None:
    """Tell Ada's story with a client of Segment's family."""
    client.identify("ada", {"email": EMAIL, "gone": None})
    client.track("ada", "Booking Confirmed", {"booking_number": "SK1"}, anonymous_id="laptop-1")
    client.page(name="Home", properties={"url": "/"}, anonymous_id="laptop-1")
    client.group("ada", "acme", {"plan": "gold"})
    client.alias("laptop-1", "ada")
    client.screen("ada", "Main", "Start")
    client.flush()
    client.shutdown()


@pytest.mark.parametrize("is_gzip", [False, True])
def test_segment(server, adas_story, is_gzip):
    client = segment.analytics.client.Client("web-key", host=server.base_url, gzip=is_gzip)
    tell_adas_story(client)
    story = adas_story(("user_id", "anonymous_id"), also=("group", "alias", "screen"))
    assert story["group"].facts == {"plan": "gold", "group_id": "acme"}
    assert [str(one) for one in story["alias"].identifiers] == [
        "user_id:ada",
        "anonymous_id:laptop-1",
    ]


def test_rudderstack(server, adas_story):
    client = rudderstack.analytics.client.Client("web-key", host=server.base_url)
    tell_adas_story(client)
    adas_story(("user_id", "anonymous_id"), also=("group", "alias", "screen"))


def test_customerio(server, adas_story):
    client = customerio.analytics.Client("web-key", host=server.base_url)
    tell_adas_story(client)
    adas_story(("user_id", "anonymous_id"), also=("group", "alias", "screen"))


def test_posthog(server, adas_story):
    client = posthog.Posthog("web-key", host=server.base_url)
    client.set(distinct_id="ada", properties={"email": EMAIL})
    client.capture("Booking Confirmed", distinct_id="ada", properties={"booking_number": "SK1"})
    seen = {"title": "Home", "$is_identified": False}
    client.capture("$pageview", distinct_id="laptop-1", properties=seen)
    client.alias("laptop-1", "ada")
    client.flush()
    assert client.get_all_flags("ada") == {}
    client.shutdown()
    story = adas_story(also=("alias",))
    assert [str(one) for one in story["alias"].identifiers] == [
        "user_id:ada",
        "anonymous_id:laptop-1",
    ]


def test_posthog_comes_again_when_the_answer_was_lost(server):
    server.line.losses = 1
    client = posthog.Posthog("web-key", host=server.base_url)
    client.capture("Seen", distinct_id="ada")
    client.flush()
    client.shutdown()
    assert [event.name for event in server.events()] == ["Seen"]
    assert server.duplicate_count() == 1


def test_rudderstack_is_told_of_a_wrong_key_and_does_not_try_again(server):
    errors = []
    client = rudderstack.analytics.client.Client(
        "wrong", host=server.base_url, on_error=lambda error, _batch: errors.append(error)
    )
    client.track("ada", "Seen")
    client.flush()
    client.shutdown()
    assert [(error.status, error.code) for error in errors] == [(401, "unknown_key")]


@pytest.mark.parametrize("make", FAMILY)
def test_the_family_comes_again_when_the_answer_was_lost_and_nothing_is_doubled(
    server, adas_story, make
):
    server.line.losses = 1
    tell_adas_story(make("web-key", host=server.base_url))
    adas_story(("user_id", "anonymous_id"), also=("group", "alias", "screen"))
    assert server.duplicate_count() > 0


def test_segment_waits_as_long_as_its_source_is_told_to(server, monkeypatch):
    """Its source may send one event a second; the SDK believes Retry-After."""
    answers = []
    post = segment.analytics.request._session.post

    def noted(*arguments, **about):
        answers.append(post(*arguments, **about))
        return answers[-1]

    monkeypatch.setattr(segment.analytics.request._session, "post", noted)
    client = segment.analytics.client.Client("slow-key", host=server.base_url, upload_size=1)
    for number in range(2):
        client.track("ada", f"Seen {number}")
    client.flush()
    client.shutdown()
    assert [answer.status_code for answer in answers] == [200, 429, 200]
    assert answers[1].headers["retry-after"] == "1"
    assert [event.name for event in server.events()] == ["Seen 0", "Seen 1"]
    assert server.duplicate_count() == 0


@pytest.fixture
def purchase():
    attributes = {
        "id": "7",
        "source": "/till/3",
        "type": "Purchase Made",
        "specversion": "1.0",
        "time": datetime(2026, 3, 2, 11, tzinfo=UTC),
        "subject": "email:ada@example.com",
    }
    return CloudEvent(attributes, {"total": 5})


@pytest.mark.parametrize("mode", [to_binary, to_structured])
def test_cloudevents(server, purchase, mode):
    message = mode(purchase, JSONFormat())
    reply = httpx.post(
        f"{server.base_url}/v1/cloudevents",
        content=message.body,
        headers={**message.headers, "X-Write-Key": "till-key"},
        trust_env=False,
    )
    assert (reply.status_code, reply.json()) == (200, {"success": True})
    [event] = server.events()
    assert (event.name, event.channel, event.facts) == ("Purchase Made", "store.pos", {"total": 5})
    assert [str(one) for one in event.identifiers] == ["email:ada@example.com"]
    assert event.at == datetime(2026, 3, 2, 11, tzinfo=UTC)


def test_cloudevents_in_a_batch_are_kept_once_each(server, purchase):
    text = bytes(JSONFormat().write(purchase))
    other = text.replace(b'"7"', b'"8"')
    reply = httpx.post(
        f"{server.base_url}/v1/cloudevents",
        content=b"[" + b",".join([text, other, text]) + b"]",
        headers={
            "Content-Type": "application/cloudevents-batch+json",
            "Authorization": "Bearer till-key",
        },
        trust_env=False,
    )
    assert reply.status_code == 200
    assert (len(server.events()), server.duplicate_count()) == (2, 1)
