"""Browser SDKs, unmodified, in headless Chromium on a page of another origin."""

from __future__ import annotations

import pytest

from tests.sdk.tools import CHROMIUM_FLAGS, chromium, run_node

pytestmark = pytest.mark.slow
DEVICE = ("user_id", "anonymous_id")


@pytest.fixture
def visit(server, pages):
    """Open one of the shop's pages, let it tell its story to `server`."""

    def open_page(name: str) -> None:
        url = f"{pages}/{name}.html?regard={server.base_url}"
        run_node("browse.cjs", chromium(), url, *CHROMIUM_FLAGS)

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


def test_posthog(visit, adas_story):
    visit("posthog")
    story = adas_story(("user_id", "device_id"))
    devices = {str(one) for one in story["page"].identifiers if one.kind == "anonymous_id"}
    assert devices <= set(map(str, story["identify"].identifiers))
