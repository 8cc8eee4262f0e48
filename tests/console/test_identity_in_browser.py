"""Who is one person, in a real browser and by keyboard alone: split, take back, answer the queue.

Needs Chromium (see `tests.chromium`).
"""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from tests import chromium
from tests.console.kiosk import Kiosk, propose, with_questions
from tests.console.serve import listening
from tests.console.test_browser import RULES, enter

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with chromium.launched() as browser:
        yield browser


@pytest.fixture
def kiosk() -> Kiosk:
    return with_questions()


@pytest.fixture
def base_url(kiosk: Kiosk) -> Iterator[str]:
    with listening(kiosk.site) as address:
        yield address


def place_of(kiosk: Kiosk) -> str:
    return f"/people/{kiosk.id('email', 'dalia@example.com')}/identity"


def check(page: Page) -> None:
    """Nothing scrolls sideways, and no rule of accessibility is broken."""
    assert page.evaluate("document.documentElement.scrollWidth - innerWidth") <= 0, page.url
    found = Axe().run(page, options={"runOnly": RULES}).response["violations"]
    assert [(v["id"], v["nodes"][0]["html"][:120]) for v in found] == [], page.url


def choose(page: Page, identifier: str, side: str) -> None:
    """Choose a side for an identifier by the arrow keys."""
    group = page.get_by_role("group", name=identifier)
    group.get_by_role("radio", checked=True).focus()
    for _ in range(("stays", "leaves", "is of both").index(side)):
        page.keyboard.press("ArrowRight")
    expect(group.get_by_label(side)).to_be_checked()


@pytest.mark.parametrize(("width", "theme"), [(1360, "dark"), (380, "light")])
def test_wrong_merge_is_taken_apart_and_back_by_keyboard(
    browser: Browser, base_url: str, kiosk: Kiosk, width: int, theme: str
) -> None:
    page = enter(browser, base_url, width, theme)
    page.goto(base_url + place_of(kiosk))
    check(page)
    choose(page, "email dario@example.com", "leaves")
    choose(page, "booking number SK7002", "leaves")
    choose(page, "anonymous id kiosk-1", "is of both")
    page.keyboard.press("Enter")
    expect(page.get_by_role("heading", name="Then")).to_be_visible()
    check(page)
    page.get_by_label("Why").focus()
    page.keyboard.type("two guests at one kiosk")
    page.keyboard.press("Tab")
    page.keyboard.type("Ines")
    page.keyboard.press("Enter")
    expect(page.get_by_text("by Ines: two guests at one kiosk")).to_be_visible()
    assert kiosk.id("email", "dario@example.com") != kiosk.id("email", "dalia@example.com")
    check(page)
    page.locator("summary", has_text="Undo").focus()
    page.keyboard.press("Enter")
    undo = page.locator("#past form")
    expect(undo.get_by_label("Your name")).to_have_value("Ines")
    undo.get_by_label("Why").focus()
    page.keyboard.type("it was one person")
    page.keyboard.press("Enter")
    expect(page.get_by_text("taken back")).to_be_visible()
    assert kiosk.id("email", "dario@example.com") == kiosk.id("email", "dalia@example.com")
    check(page)
    page.context.close()


def test_queue_is_answered_by_single_keys_and_moves_on_by_itself(
    browser: Browser, base_url: str, kiosk: Kiosk
) -> None:
    page = enter(browser, base_url)
    page.keyboard.press("g")
    page.keyboard.press("i")
    expect(page).to_have_title("Reviews · Regard")
    questions = page.locator("#queue a")
    expect(questions).to_have_count(2)
    check(page)
    page.keyboard.press("j")
    expect(questions.nth(1)).to_have_attribute("aria-current", "true")
    page.keyboard.press("k")
    expect(questions.nth(0)).to_have_attribute("aria-current", "true")
    expect(page.get_by_role("heading", level=2)).to_have_text("Are they one person?")
    page.keyboard.press("a")
    expect(page.get_by_text("Look, or undo")).to_be_visible()
    expect(questions).to_have_count(1)
    assert kiosk.id("email", "ada.l@example.org") == kiosk.id("email", "ada@example.com")
    check(page)
    kiosk.say(propose("dalia@example.com", "ada@example.com"))
    expect(questions).to_have_count(2)
    page.keyboard.press("d")
    expect(questions).to_have_count(1)
    page.keyboard.press("n")
    expect(page.get_by_text("No question waits")).to_be_visible()
    assert [act.act for act in kiosk.acts()] == ["propose", "link", "propose", "dismiss", "never"]
    page.context.close()
