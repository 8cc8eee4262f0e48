"""The engagement model in a real browser: pages fit, have no barriers, and a name is remembered.

Needs Chromium (see `tests.chromium`).
"""

from __future__ import annotations

from collections.abc import Iterator
from urllib.parse import quote

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, expect

from tests import chromium
from tests.console.lumen import LATE, Lumen
from tests.console.serve import listening
from tests.console.test_browser import RULES
from tests.console.test_drawings_in_browser import entered

pytestmark = pytest.mark.slow

ABOUT = f"/model/about/{quote(LATE, safe='')}"


@pytest.fixture(scope="module")
def lumen() -> Lumen:
    lumen = Lumen()
    lumen.orders(60)
    return lumen


@pytest.fixture(scope="module")
def browser(lumen: Lumen) -> Iterator[Browser]:
    """A browser; the house lives before, since Playwright turns an event loop of its own."""
    assert lumen.program.hash
    with chromium.launched() as browser:
        yield browser


@pytest.mark.parametrize(("width", "theme"), [(1360, "dark"), (380, "light")])
def test_pages_of_the_model_fit_and_are_accessible(
    browser: Browser, lumen: Lumen, width: int, theme: str
) -> None:
    with listening(lumen.site) as address:
        page = entered(browser, address, width, theme)
        page.goto(f"{address}/model/lived")
        page.get_by_role("button", name="Measure").click()
        expect(page.get_by_role("button", name="Measure again")).to_be_visible()
        for path in ("/model?which=difference", "/model/map", "/model/lived", "/model/day", ABOUT):
            page.goto(address + path)
            wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wide <= 0, f"{path} scrolls sideways by {wide} px at {width} px"
            found = Axe().run(page, options={"runOnly": RULES}).response["violations"]
            assert [(v["id"], v["nodes"][0]["html"][:120]) for v in found] == [], path
        page.context.close()


def test_who_votes_gives_their_name_once(browser: Browser, lumen: Lumen) -> None:
    with listening(lumen.site) as address:
        page = entered(browser, address, 1360, "light")
        page.goto(address + ABOUT)
        page.get_by_label("disagree").check()
        page.get_by_label("Why").first.fill("It runs at noon.")
        page.get_by_label("Your name").first.fill("Ines")
        page.get_by_role("button", name="Vote").click()
        expect(page.locator("#said")).to_contain_text("It runs at noon.")
        expect(page.get_by_label("Your name").first).to_have_value("Ines")
        page.keyboard.press("g")
        page.keyboard.press("e")
        expect(page.locator("#disputes")).to_contain_text("Ines")
        expect(page.locator("svg.page .disputed").first).to_be_attached()
        page.context.close()
