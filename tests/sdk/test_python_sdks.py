"""Python SDKs from PyPI, unmodified, over a real socket."""

from __future__ import annotations

from datetime import UTC, datetime

import customerio.analytics
import httpx
import posthog
import pytest
import rudderstack.analytics.client
import segment.analytics.client
from cloudevents.core.bindings.http import to_binary, to_structured
from cloudevents.core.formats.json import JSONFormat
from cloudevents.core.v1.event import CloudEvent

from regard.core.errors import Unavailable

pytestmark = pytest.mark.slow
EMAIL = "Ada@Example.com"


def tell_adas_story(client) -> None:
    """Tell Ada's story with a client of Segment's family."""
    client.identify("ada", {"email": EMAIL, "gone": None})
    client.track("ada", "Booking Confirmed", {"booking_number": "SK1"}, anonymous_id="laptop-1")
    client.page("ada", name="Home", properties={"url": "/"})
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
    client.capture("$pageview", distinct_id="ada", properties={"title": "Home"})
    client.alias("laptop-1", "ada")
    client.flush()
    assert client.get_all_flags("ada") == {}
    client.shutdown()
    story = adas_story(also=("alias",))
    assert [str(one) for one in story["alias"].identifiers] == [
        "user_id:ada",
        "anonymous_id:laptop-1",
    ]


def test_rudderstack_is_told_of_a_wrong_key_and_does_not_try_again(server):
    errors = []
    client = rudderstack.analytics.client.Client(
        "wrong", host=server.base_url, on_error=lambda error, _batch: errors.append(error)
    )
    client.track("ada", "Seen")
    client.flush()
    client.shutdown()
    assert [(error.status, error.code) for error in errors] == [(401, "unknown_key")]


def test_segment_comes_again_when_the_house_is_busy_and_nothing_is_doubled(server):
    server.intake.errors = [Unavailable("The queue is full.", retry_after_s=1)]
    client = segment.analytics.client.Client("web-key", host=server.base_url)
    client.track("ada", "Seen")
    client.flush()
    client.shutdown()
    assert [event.name for event in server.events()] == ["Seen"]


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
    assert (len(server.events()), server.intake.duplicate_count) == (2, 1)
