"""Drawings in a real browser: every text stays in its room, pages fit and have no barriers.

Needs Chromium (see `tests.chromium`).
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect

from regard.core.program import Program
from regard.drawing import draw, journey_flow, promise_flow
from regard.project import load
from tests import chromium
from tests.console.serve import SECRET, listening
from tests.console.test_browser import RULES
from tests.console.test_journeys import AIRLINE, Life

pytestmark = pytest.mark.slow

OUTSIDE = """() => [...document.querySelectorAll('.station')].flatMap((station) => {
  const box = station.querySelector('.outline').getBoundingClientRect();
  return [...station.querySelectorAll('text')].filter((text) => {
    const own = text.getBoundingClientRect();
    return own.left < box.left || own.right > box.right
      || own.top < box.top || own.bottom > box.bottom;
  }).map((text) => text.textContent);
})"""
"""The texts that leave the box of their station."""

TOUCHING = """() => {
  const boxes = [...document.querySelectorAll('.labels g')].map((g) => g.getBoundingClientRect());
  return boxes.flatMap((one, n) => boxes.slice(n + 1).filter((other) =>
    one.left < other.right && other.left < one.right
    && one.top < other.bottom && other.top < one.bottom)).length;
}"""
"""How many labels touch another one."""


@pytest.fixture(scope="module")
def browser(life: Life) -> Iterator[Browser]:
    """A browser; the life is lived before, since its house turns an event loop of its own."""
    with chromium.launched() as browser:
        yield browser


@pytest.fixture(scope="module")
def program() -> Program:
    return load(AIRLINE, {})


@pytest.fixture(scope="module")
def life(program: Program) -> Life:
    life = Life(program)
    for user in ("ada", "bruno"):
        life.identifies(user)
        life.signs_up(user)
    life.consents("ada")
    life.after(days=2)
    life.books("bruno")
    life.after(days=13)
    life.identifies("chen")
    life.signs_up("chen")
    return life


def entered(browser: Browser, address: str, width: int, theme: str) -> Page:
    page = browser.new_context(
        viewport={"width": width, "height": 800},
        color_scheme=theme,  # type: ignore[arg-type]
    ).new_page()
    page.goto(f"{address}/sign-in")
    page.get_by_label("Secret").fill(SECRET)
    page.get_by_role("button", name="Sign in").click()
    expect(page).to_have_title("Today · Regard")
    return page


@pytest.mark.parametrize(("width", "theme"), [(1360, "dark"), (380, "light")])
def test_pages_with_drawings_fit_and_are_accessible(
    browser: Browser, life: Life, width: int, theme: str
) -> None:
    paths = (
        "/journeys",
        "/journeys/welcome?step=first_booking",
        f"/journeys/welcome/{life.run_of('ada')}",
        "/promises/check_in_reminder",
        f"/people/{life.person('ada')}",
    )
    with listening(life.site) as address:
        page = entered(browser, address, width, theme)
        for path in paths:
            page.goto(address + path)
            wide = page.evaluate("document.documentElement.scrollWidth - innerWidth")
            assert wide <= 0, f"{path} scrolls sideways by {wide} px at {width} px"
            assert page.evaluate(OUTSIDE) == [], path
            found = Axe().run(page, options={"runOnly": RULES}).response["violations"]
            assert [(v["id"], v["nodes"][0]["html"][:120]) for v in found] == [], path
        page.context.close()


def test_a_step_in_the_drawing_leads_to_who_stands_there(browser: Browser, life: Life) -> None:
    with listening(life.site) as address:
        page = entered(browser, address, 1360, "light")
        page.goto(f"{address}/journeys/welcome")
        page.locator(".flow a", has_text="For Booking Confirmed").click()
        expect(page.locator("#runs h2")).to_contain_text("Who stands at For Booking Confirmed")
        page.locator("#runs").get_by_role("link", name="Chen").click()
        expect(page.locator("h2").first).to_contain_text("Waits for Booking Confirmed")
        page.context.close()


def test_every_drawing_of_the_example_keeps_its_texts_apart(
    browser: Browser, program: Program, tmp_path: Path
) -> None:
    flows = [journey_flow(found, program) for found in program.journeys.values()]
    flows += [promise_flow(found, program) for found in program.promises.values()]
    page = browser.new_page()
    for flow in flows:
        file = tmp_path / "drawing.svg"
        file.write_text(draw(flow, standalone=True), encoding="utf-8")
        page.goto(file.as_uri())
        assert page.evaluate(OUTSIDE) == [], flow.id
        assert page.evaluate(TOUCHING) == 0, flow.id
    page.close()
