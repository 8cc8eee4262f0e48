"""Browser SDKs, unmodified, in headless Chromium on a page of another origin."""

from __future__ import annotations

import pytest

from tests import chromium
from tests.sdk.tools import run_node

pytestmark = pytest.mark.slow
DEVICE = ("user_id", "anonymous_id")


@pytest.fixture
def visit(server, pages):
    """Open one of the shop's pages, let it tell its story to `server`."""

    def open_page(name: str) -> None:
        url = f"{pages}/{name}.html?regard={server.base_url}"
        run_node("browse.cjs", chromium.chromium(), url, *chromium.FLAGS)

    return open_page


def test_segments_snippet_with_the_script_and_settings_that_regard_serves(visit, adas_story):
    visit("segment")
    story = adas_story(DEVICE, also=("group", "alias"))
    booking = story["Booking Confirmed"]
    assert booking.channel == "web.desktop"
    assert booking.context["timezone"]
    assert "segment.html" in booking.context["page"]["url"]


def test_customerio(visit, adas_story):
    visit("customerio")
    adas_story(DEVICE)


def test_rudderstack(visit, adas_story):
    visit("rudderstack")
    adas_story(DEVICE, also=("group",))


@pytest.mark.parametrize(
    ("sdk", "also"),
    [
        ("segment", ("group", "alias")),
        ("customerio", ()),
        ("rudderstack", ("group",)),
        ("posthog", ()),
    ],
)
def test_they_come_again_when_the_answer_was_lost_and_nothing_is_doubled(
    server, visit, adas_story, sdk, also
):
    server.line.losses = 1
    visit(sdk)
    adas_story(also=also)
    assert server.duplicate_count() > 0 or sdk == "customerio"  # it looks at no status


def test_posthog(visit, adas_story):
    visit("posthog")
    story = adas_story(("user_id", "device_id"))
    devices = {str(one) for one in story["page"].identifiers if one.kind == "anonymous_id"}
    assert devices <= set(map(str, story["identify"].identifiers))
