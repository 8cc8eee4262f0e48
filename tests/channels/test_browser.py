"""In a real browser, on a page of another origin with a strict Content-Security-Policy.

The house is the real one with its engine and dispatcher; the site has nothing but the script. Needs
Chromium (see `tests.chromium`). `REGARD_PICTURES` names a folder for pictures to look at.
"""

from __future__ import annotations

import asyncio
import base64
import json
import os
import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from pathlib import Path

import httpx
import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser as Chromium
from playwright.sync_api import BrowserContext, ConsoleMessage, Page, expect
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import HTMLResponse, Response
from starlette.routing import Route

from regard.assembly.house import House, Plan
from regard.assembly.keys import Keys
from regard.channels.visitors import user_hash
from regard.core.clock import SystemClock
from regard.core.event import Event
from regard.project import load_text
from regard.store import MemoryStore
from tests import chromium
from tests.channels.lived import ENVIRON, FILES, KEY_OF_SITE
from tests.channels.service import Browser, PushService, serve
from tests.console.serve import listening

pytestmark = pytest.mark.slow
RULES = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa"]
OPEN = FILES["regard.toml"].replace('"PUSH_KEY"', '"PUSH_KEY"\nallow_internal = true')


@pytest.fixture(scope="module")
def browser() -> Iterator[Chromium]:
    with chromium.launched() as browser:
        yield browser


@pytest.fixture(scope="module")
def house() -> House:
    program = load_text({**FILES, "regard.toml": OPEN}, ENVIRON)
    keys = Keys(console_secret="s", api_token="t", signing_key="a key of sixteen bytes")
    return House(
        Plan(
            program=program,
            store=MemoryStore(),
            clock=SystemClock(),
            keys=keys,
            public_url="https://engage.example",
            environ=ENVIRON,
        )
    )


@pytest.fixture(scope="module")
def home(house: House) -> Iterator[str]:
    with listening(house.app) as address:
        yield address


@pytest.fixture(scope="module")
def site(home: str) -> Iterator[str]:
    """A site of another origin: a page with the feed, one with push, and its worker file."""
    policy = (
        f"default-src 'none'; script-src {home}; connect-src {home}; worker-src 'self'; "
        "base-uri 'none'; form-action 'none'"
    )

    def page(script: str) -> Callable[[Request], Response]:
        def show(request: Request) -> Response:
            about = " ".join(f'{k}="{v}"' for k, v in request.query_params.items())
            return HTMLResponse(
                "<!doctype html><html lang=en><title>Skylark</title><main><h1>Your trip</h1></main>"
                f'<script src="{home}/v1/{script}" data-key="{KEY_OF_SITE}" {about} defer>'
                "</script>",
                headers={"Content-Security-Policy": policy},
            )

        return show

    def worker(_request: Request) -> Response:
        text = f'self.regardHome = "{home}/v1/";importScripts(self.regardHome + "push/worker.js");'
        return Response(text, media_type="text/javascript")

    routes = [
        Route("/", page("feed.js")),
        Route("/push", page("push.js")),
        Route("/regard-push.js", worker),
    ]
    with listening(Starlette(routes=routes)) as address:
        yield address


def entered(context: BrowserContext, url: str) -> tuple[Page, list[str]]:
    """Open a page and note everything that its console complains about."""
    page, complaints = context.new_page(), []

    def note(message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            complaints.append(message.text)

    page.on("console", note)
    page.on("pageerror", lambda error: complaints.append(str(error)))
    page.goto(url)
    return page, complaints


def called(home: str, name: str, **about: object) -> None:
    said = {"type": "track", "event": f"Called {name}", **about}
    reply = httpx.post(f"{home}/v1/batch", json={"batch": [said], "writeKey": KEY_OF_SITE})
    assert reply.status_code == 200


def receipts(house: House) -> list[str]:
    with house.plan.store.reading() as reading:
        entries = [entry.body for entry, _, _ in reading.tail.after(0, 10_000)]
    return [e.name for e in entries if isinstance(e, Event) and e.source.startswith("receipts.")]


def until(condition: Callable[[], bool], within_s: float = 20.0) -> None:
    """Wait for something that happens in the house."""
    end = time.monotonic() + within_s
    while not condition():
        assert time.monotonic() < end, "it did not happen"
        time.sleep(0.02)


def picture(page: Page, name: str) -> None:
    folder = os.environ.get("REGARD_PICTURES", "")
    if folder:
        page.screenshot(path=Path(folder) / f"{name}.png")


def test_a_message_arrives_is_read_and_is_seen_elsewhere(
    browser: Chromium, site: str, home: str, house: House
) -> None:
    context = browser.new_context(viewport={"width": 900, "height": 640})
    page, complaints = entered(context, site)
    bell = page.get_by_role("button", name="Messages")
    expect(bell).to_be_visible()
    expect(page.locator("regard-feed .count")).to_be_hidden()
    own = page.evaluate("localStorage.getItem('regard_anonymous_id')")
    elsewhere, _ = entered(context, site)

    called(home, "gate", anonymousId=own, properties={"gate": "B7"})
    expect(page.get_by_role("status")).to_have_text("B7 is your gate")
    expect(page.locator("regard-feed .count")).to_have_text("1")
    picture(page, "feed-toast")
    bell.focus()
    page.keyboard.press("Enter")
    item = page.get_by_role("listitem")
    expect(item).to_contain_text("Gate B7, <b>now</b>.")
    expect(item.get_by_role("link")).to_have_attribute(
        "href", "https://skylark.example/trip?a=1&b=2"
    )
    picture(page, "feed-light")
    results = Axe().run(page, options={"runOnly": RULES})
    assert results.violations_count == 0, results.generate_report()
    until(lambda: "Message Opened" in receipts(house))
    expect(elsewhere.locator("regard-feed .count")).to_be_hidden()
    page.keyboard.press("Escape")
    expect(item).to_be_hidden()
    expect(bell).to_be_focused()

    page.keyboard.press("Enter")
    page.get_by_role("button", name="Dismiss: B7 is your gate").click()
    expect(page.get_by_text("Nothing new.")).to_be_visible()
    until(lambda: "Message Dismissed" in receipts(house))
    elsewhere.get_by_role("button", name="Messages").click()
    expect(elsewhere.get_by_text("Nothing new.")).to_be_visible()
    assert complaints == []
    context.close()


def test_the_page_is_known_by_its_sdk_and_looks_well_in_the_dark(
    browser: Chromium, site: str, home: str
) -> None:
    known = "5f0c2f9e-1111-4222-8333-abcdefabcdef"
    context = browser.new_context(viewport={"width": 360, "height": 640}, color_scheme="dark")
    context.add_init_script(f"localStorage.setItem('ajs_anonymous_id', JSON.stringify('{known}'))")
    for gate in ("A1", "C22"):
        called(home, "gate", anonymousId=known, properties={"gate": gate})
    page, complaints = entered(context, site)
    expect(page.locator("regard-feed .count")).to_have_text("2")
    page.get_by_role("button", name="Messages").click()
    expect(page.get_by_role("listitem")).to_have_count(2)
    assert page.evaluate("document.documentElement.scrollWidth") <= 360
    results = Axe().run(page, options={"runOnly": RULES})
    assert results.violations_count == 0, results.generate_report()
    picture(page, "feed-dark-narrow")
    assert complaints == []
    context.close()


def test_who_is_signed_in_is_proven_by_a_hash(browser: Chromium, site: str, home: str) -> None:
    called(home, "gate", userId="ada", properties={"gate": "D9"})
    proof = user_hash(ENVIRON["USER_SECRET"], "ada")
    context = browser.new_context()
    page, _ = entered(context, f"{site}/?data-user-id=ada&data-user-hash={proof}")
    expect(page.locator("regard-feed .count")).to_have_text("1")
    forged, complaints = entered(context, f"{site}/?data-user-id=ada&data-user-hash={'0' * 64}")
    until(lambda: bool(forged.evaluate("1")) and any("401" in one for one in complaints))
    expect(forged.locator("regard-feed .count")).to_be_hidden()
    context.close()


@contextmanager
def push_service(service: PushService) -> Iterator[str]:
    """Serve a push service in a thread of its own."""
    address: list[str] = []
    is_up, is_over = threading.Event(), threading.Event()

    async def run() -> None:
        async with serve(service) as url:
            address.append(url)
            is_up.set()
            await asyncio.to_thread(is_over.wait)

    thread = threading.Thread(target=lambda: asyncio.run(run()))
    thread.start()
    is_up.wait(10)
    try:
        yield address[0]
    finally:
        is_over.set()
        thread.join()


def test_a_push_travels_encrypted_is_shown_and_tells_it(
    browser: Chromium, site: str, home: str, house: House
) -> None:
    """All but the vendor's own push service: nobody can subscribe with it off line."""
    theirs = Browser()
    service = PushService([theirs])
    proof = {"userId": "bruno", "userHash": user_hash(ENVIRON["USER_SECRET"], "bruno")}
    with push_service(service) as address:
        said = {"subscription": theirs.subscription(address), **proof}
        reply = httpx.post(f"{home}/v1/push/subscribe?key={KEY_OF_SITE}", content=json.dumps(said))
        assert reply.status_code == 200
        called(home, "nudge", userId="bruno", properties={"gate": "E5"})
        until(lambda: bool(service.shown))
    [(_, payload)] = service.shown

    context = browser.new_context(permissions=["notifications"])
    page, complaints = entered(context, f"{site}/push")
    session = context.new_cdp_session(page)
    registrations: list[str] = []
    session.on(
        "ServiceWorker.workerRegistrationUpdated",
        lambda told: registrations.extend(r["registrationId"] for r in told["registrations"]),
    )
    session.send("ServiceWorker.enable")
    page.evaluate(
        "navigator.serviceWorker.register('/regard-push.js')"
        ".then(() => navigator.serviceWorker.ready).then(() => true)"
    )
    before = receipts(house).count("Message Delivered")
    session.send(
        "ServiceWorker.deliverPushMessage",
        {"origin": site, "registrationId": registrations[-1], "data": json.dumps(payload)},
    )
    until(lambda: receipts(house).count("Message Delivered") == before + 1)
    shown = page.evaluate(
        "navigator.serviceWorker.ready.then((r) => r.getNotifications())"
        ".then((all) => all.map((n) => [n.title, n.body, n.tag]))"
    )
    assert shown == [["E5 is your gate", "Gate E5, <b>now</b>.", payload["id"]]]
    assert page.evaluate("typeof window.regardPush.ask") == "function"
    # Chromium has no push service here, and says so when the script asks for one.
    assert [one for one in complaints if "Push API" not in one] == []
    context.close()


def test_the_public_key_is_one_that_browsers_take(browser: Chromium, site: str, home: str) -> None:
    key = httpx.get(f"{home}/v1/push/key", params={"key": KEY_OF_SITE}).json()["key"]
    raw = base64.urlsafe_b64decode(key + "=" * (-len(key) % 4))
    context = browser.new_context()
    page, _ = entered(context, site)
    taken = page.evaluate(
        "(raw) => crypto.subtle.importKey('raw', new Uint8Array(raw),"
        " {name: 'ECDSA', namedCurve: 'P-256'}, false, ['verify']).then((k) => k.type)",
        list(raw),
    )
    assert taken == "public"
    context.close()
