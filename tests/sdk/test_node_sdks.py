"""Node SDKs from npm, unmodified, over a real socket."""

from __future__ import annotations

import pytest

from tests.sdk.tools import run_node

pytestmark = pytest.mark.slow
DEVICE = ("user_id", "anonymous_id")


@pytest.mark.parametrize("sdk", ["segment", "customerio", "rudderstack"])
def test_segments_family(server, adas_story, sdk):
    run_node("tell.cjs", sdk, server.base_url)
    story = adas_story(DEVICE, also=("group", "alias"))
    assert story["group"].facts == {"plan": "gold", "group_id": "acme"}
    assert [str(one) for one in story["alias"].identifiers] == [
        "user_id:ada",
        "anonymous_id:laptop-1",
    ]


def test_posthog(server, adas_story):
    run_node("tell.cjs", "posthog", server.base_url)
    story = adas_story(also=("alias",))
    assert [str(one) for one in story["alias"].identifiers] == [
        "user_id:ada",
        "anonymous_id:laptop-1",
    ]


@pytest.mark.parametrize("sdk", ["segment", "customerio", "rudderstack", "posthog", "jitsu"])
def test_they_come_again_when_the_answer_was_lost_and_nothing_is_doubled(server, adas_story, sdk):
    server.line.losses = 1
    run_node("tell.cjs", sdk, server.base_url)
    also = {"posthog": ("alias",), "jitsu": ("group",)}.get(sdk, ("group", "alias"))
    adas_story(also=also)
    assert server.duplicate_count() > 0 or sdk == "jitsu"  # it never tries again


def test_jitsu(server, adas_story):
    run_node("tell.cjs", "jitsu", server.base_url)
    story = adas_story(DEVICE, also=("group",))
    assert {event.source for event in story.values()} == {"mobile"}


def test_cloudevents(server):
    run_node("tell.cjs", "cloudevents", server.base_url)
    events = server.events()
    assert [event.name for event in events] == ["Seen binary", "Seen structured"]
    for event in events:
        assert event.facts == {"place": "Zürich"}
        assert [str(one) for one in event.identifiers] == ["user_id:ada"]
