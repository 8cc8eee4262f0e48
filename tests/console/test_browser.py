"""In a real browser: a live row arrives, the keyboard leads, nothing scrolls sideways, no barriers.

Needs Chromium (see `tests.chromium`).
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from regard.testing.clock import VirtualClock
from tests import chromium
from tests.console.cast import NOW, Cast, full_house
from tests.console.serve import SECRET, app, listening
from tests.console.test_pages import PLACES

pytestmark = pytest.mark.slow
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium.launched() as browser:
        yield browser


@pytest.fixture(scope="module")
def cast() -> Cast:
    return full_house()


@pytest.fixture(scope="module")
def base_url(cast: Cast) -> Iterator[str]:
    """The console on a real socket."""
    with listening(app(cast.shelf, VirtualClock(NOW))) as address:
        yield address


def enter(browser: Browser, base_url: str, width: int = 1360, theme: str = "light") -> Page:
    """Open the door by the sign-in page, as a person would."""
    context = browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme=theme,  # type: ignore[arg-type]
        bypass_csp=False,
    )
    page = context.new_page()
    page.goto(base_url + "/now")
    page.get_by_label("Secret").fill(SECRET)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_title("Now · Regard")
    return page


def test_live_row_arrives_and_pausing_loses_nothing(
    browser: Browser, base_url: str, cast: Cast
) -> None:
    page = enter(browser, base_url)
    expect(page.locator("[data-live]")).to_have_text("Live")
    who = next(iter(cast.shelf.persons))
    cast.event(who, NOW, "Boarded", "app.phone")
    expect(page.locator("tbody tr").first).to_contain_text("Boarded")
    page.get_by_role("button", name="Pause").click()
    expect(page.locator("[data-live]")).to_have_text("Paused")
    cast.event(who, NOW, "Landed", "app.phone")
    page.get_by_role("button", name="Resume").click()
    expect(page.locator("tbody tr").first).to_contain_text("Landed")
    expect(page.get_by_text("Boarded")).to_have_count(1)
    page.context.close()


def test_keyboard_leads_everywhere(browser: Browser, base_url: str) -> None:
    page = enter(browser, base_url)
    page.keyboard.press("g")
    page.keyboard.press("p")
    expect(page).to_have_title("People · Regard")
    page.keyboard.press("/")
    page.keyboard.type("chen")
    expect(page.locator("#found tbody tr")).to_have_count(1)
    page.keyboard.press("Tab")
    page.locator("body").press("j")
    page.keyboard.press("Enter")
    expect(page).to_have_title("Chen Wei · Regard")
    page.context.close()


def test_letters_change_beside_the_list(browser: Browser, base_url: str) -> None:
    page = enter(browser, base_url)
    page.goto(base_url + "/post-room")
    page.get_by_role("link", name="Your gate has changed").click()
    mail = page.frame_locator("iframe")
    expect(mail.get_by_role("heading", name="Your gate has changed")).to_be_visible()
    expect(page.locator(".letters [aria-current]")).to_contain_text("Chen Wei")
    assert page.evaluate("window.hurt") is None
    page.context.close()


@pytest.mark.parametrize(("width", "theme"), [(1360, "dark"), (380, "light")])
def test_pages_fit_and_are_accessible(
    browser: Browser, base_url: str, cast: Cast, width: int, theme: str
) -> None:
    page = enter(browser, base_url, width, theme)
    for path in (*PLACES, f"/people/{next(iter(cast.shelf.persons))}"):
        page.goto(base_url + path)
        wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
        assert wide <= 0, f"{path} scrolls sideways by {wide} px at {width} px"
        found = Axe().run(page, options={"runOnly": RULES}).response["violations"]
        assert [(v["id"], v["nodes"][0]["html"][:120]) for v in found] == [], path
    page.context.close()


def test_the_bar_of_a_phone_shows_the_place_one_is_at_and_that_it_goes_on(
    browser: Browser, base_url: str
) -> None:
    page = enter(browser, base_url, width=390)
    arrow = "getComputedStyle(document.querySelector('.places'), '::after').content"
    assert page.evaluate(arrow) == '"›"'
    page.goto(base_url + "/versions")
    expect(page.locator(".places [aria-current]")).to_be_in_viewport(ratio=1)
    page.goto(base_url + "/model")
    page.evaluate("document.querySelector('.places').scrollLeft = 9999")
    page.wait_for_function(f"{arrow} === 'none'")
    page.context.close()
