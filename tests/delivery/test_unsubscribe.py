"""The way out: unforgeable links, one click, nothing by merely looking, durable before 200."""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from typing import Any

import httpx
import pytest
from starlette.applications import Starlette

from regard.core.errors import Refused, Unavailable
from regard.core.event import Event, Identifier
from regard.core.ports import Draft
from regard.core.rows import Accepted, Rejected
from regard.delivery import Links, routes, unsubscribed
from regard.testing import VirtualClock
from tests.delivery.cast import LINKS, NOW, claimed, program

ROW = claimed(purpose="offers", message_class="marketing").row
TOKEN = LINKS.token(ROW, "email")


class MemoryIntake:
    """An intake in memory that remembers keys for ever, and may be full."""

    def __init__(self) -> None:
        self.drafts: list[Draft] = []
        self.is_full = False

    async def append(self, drafts: Sequence[Draft]) -> Sequence[Accepted]:
        if self.is_full:
            raise Unavailable("The queue is full.", retry_after_s=7)
        known = {draft.key for draft in self.drafts}
        self.drafts += [draft for draft in drafts if draft.key not in known]
        return [Accepted(offset=1, is_duplicate=draft.key in known) for draft in drafts]

    async def reject(self, items: Sequence[Rejected]) -> None:
        raise AssertionError("nothing is rejected here")

    @property
    def events(self) -> list[Event]:
        return [draft.body for draft in self.drafts if isinstance(draft.body, Event)]


class Browser:
    """Asks an application and follows no redirect."""

    def __init__(self, app: Starlette) -> None:
        self._app = app

    def ask(self, method: str, path: str, **options: Any) -> httpx.Response:
        async def exchange() -> httpx.Response:
            transport = httpx.ASGITransport(self._app)
            async with httpx.AsyncClient(transport=transport, base_url="https://here") as client:
                return await client.request(method, path, **options)

        return asyncio.run(exchange())

    def get(self, path: str) -> httpx.Response:
        return self.ask("GET", path)

    def head(self, path: str) -> httpx.Response:
        return self.ask("HEAD", path)

    def post(self, path: str, **options: Any) -> httpx.Response:
        return self.ask("POST", path, **options)


@pytest.fixture
def intake():
    return MemoryIntake()


@pytest.fixture
def clock():
    return VirtualClock(NOW)


@pytest.fixture
def client(intake, clock):
    made = routes(intake=intake, links=LINKS, clock=clock, program=program)
    return Browser(Starlette(routes=made))


def test_a_token_says_what_was_put_into_it():
    token = LINKS.read(TOKEN)
    assert (token.message_id, token.purpose, token.identity) == ("m1", "offers", ROW.identity)
    assert (token.kind, token.value) == ("email", "ada@example.com")


@pytest.mark.parametrize("broken", ["", "x", TOKEN[:-1], TOKEN + "x", "W10." + TOKEN[4:], "é" * 9])
def test_a_changed_token_is_refused(broken):
    with pytest.raises(Refused):
        LINKS.read(broken)


def test_a_token_of_another_house_is_refused():
    other = Links("https://engage.example.com", ["another-secret-of-32-characters!"])
    with pytest.raises(Refused):
        LINKS.read(other.token(ROW, "email"))


def test_a_token_outlives_a_change_of_the_secret():
    changed = Links("https://engage.example.com", ["a new secret of enough length", LINKS_SECRET])
    assert changed.read(TOKEN).message_id == "m1"
    assert changed.token(ROW, "email") != TOKEN


LINKS_SECRET = "0123456789abcdef0123456789abcdef"


@pytest.mark.parametrize(
    ("url", "secrets"),
    [
        ("engage.example.com", [LINKS_SECRET]),
        ("https://x.example/?a=b", [LINKS_SECRET]),
        ("https://x.example", []),
        ("https://x.example", ["short"]),
    ],
)
def test_links_that_could_not_work_are_refused_at_the_start(url, secrets):
    with pytest.raises(Refused):
        Links(url, secrets)


def test_the_event_hangs_on_the_identity_that_was_written_to():
    draft = unsubscribed(LINKS.read(TOKEN), NOW)
    event = draft.body
    assert isinstance(event, Event)
    assert draft.identity == ROW.identity
    assert event.identifiers == (Identifier("email", "ada@example.com"),)
    assert event.facts["purpose"] == "offers"
    assert event.facts["channel"] == "email"
    assert event.facts["message_id"] == "m1"
    assert event.trust == 0


def test_one_click_unsubscribes_without_cookie_or_redirect(client, intake):
    response = client.post(
        f"/unsubscribe/{TOKEN}",
        content="List-Unsubscribe=One-Click",
        headers={"content-type": "application/x-www-form-urlencoded"},
    )
    assert response.status_code == 200
    assert "set-cookie" not in response.headers
    (event,) = intake.events
    assert (event.name, event.facts["method"]) == ("Unsubscribed", "one_click")


def test_one_click_works_as_multipart_too(client, intake):
    parts = {"List-Unsubscribe": (None, "One-Click")}
    assert client.post(f"/unsubscribe/{TOKEN}", files=parts).status_code == 200
    assert len(intake.events) == 1


def test_looking_changes_nothing(client, intake):
    for path in (f"/unsubscribe/{TOKEN}", f"/preferences/{TOKEN}"):
        assert client.get(path).status_code == 200
        assert client.head(path).status_code == 200
    assert intake.drafts == []


def test_the_page_says_what_it_is_about_and_escapes_it(client):
    page = client.get(f"/unsubscribe/{TOKEN}").text
    assert "Offers &amp; miles" in page
    assert '<form method="post" action="?purpose=offers">' in page
    assert "default-src 'none'" in client.get("/unsubscribe/x").headers["content-security-policy"]


def test_a_double_click_is_one_event_and_a_later_one_is_another(client, intake, clock):
    for _ in range(2):
        client.post(f"/unsubscribe/{TOKEN}")
    assert len(intake.events) == 1
    clock.advance(3600)
    client.post(f"/unsubscribe/{TOKEN}")
    assert len(intake.events) == 2


@pytest.mark.parametrize(
    ("asked", "purpose"),
    [("?purpose=*", "*"), ("?purpose=travel", "travel"), ("?purpose=nonsense", "offers")],
)
def test_another_purpose_can_be_left_from_the_same_mail(client, intake, asked, purpose):
    assert client.post(f"/unsubscribe/{TOKEN}{asked}").status_code == 200
    assert intake.events[0].facts["purpose"] == purpose


def test_the_overview_shows_what_can_be_left(client):
    page = client.get(f"/preferences/{TOKEN}").text
    assert "Offers &amp; miles" in page
    assert "Your journeys" not in page  # needs no consent, so it cannot be withdrawn
    assert f'action="../unsubscribe/{TOKEN}?purpose=offers"' in page


@pytest.mark.parametrize("path", ["/unsubscribe/forged", "/preferences/forged"])
def test_a_forged_link_is_not_found(client, intake, path):
    assert client.get(path).status_code == 404
    if path.startswith("/unsubscribe"):
        assert client.post(path).status_code == 404
    assert intake.drafts == []


def test_nothing_is_promised_that_is_not_durable(client, intake):
    intake.is_full = True
    response = client.post(f"/unsubscribe/{TOKEN}")
    assert (response.status_code, response.headers["retry-after"]) == (503, "7")
    assert "Nothing has changed yet" in response.text
