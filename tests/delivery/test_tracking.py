"""Opens and clicks: only of those who agreed, never of machines, and nowhere but where we said."""

from __future__ import annotations

import asyncio
import re
from collections.abc import Sequence
from datetime import timedelta
from html import unescape
from pathlib import Path
from typing import Any

import httpx
import pytest
from msgspec.structs import replace
from starlette.applications import Starlette

from regard.assembly import build_ledger
from regard.core.errors import Refused, Unavailable
from regard.core.event import Event, Identifier
from regard.core.person import Consent
from regard.core.ports import Draft
from regard.core.rows import Accepted, Rejected
from regard.delivery import Links, visit_routes
from regard.delivery.machines import AT_ONCE, EARLY, MESSAGES_MAX, Clicks, machine_of
from regard.delivery.tracking import may_track, tracked
from regard.project import load
from regard.store.memory import MemoryStore
from regard.testing import VirtualClock
from regard.testing.house import VirtualHouse
from tests.delivery.cast import LINKS, NOW, claimed, person

AIRLINE = load(Path(__file__).parent.parent.parent / "examples" / "airline", {})
BROWSER = {"user-agent": "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0"}
ROW = claimed().row


class Airline:
    """The airline of the examples in virtual time, with the doors that tracked links lead to."""

    def __init__(self) -> None:
        self.clock = VirtualClock(NOW)
        self.store = MemoryStore()
        self.house = VirtualHouse(build_ledger(self.store, lambda: AIRLINE), AIRLINE, self.clock)
        self.is_full = False
        routes = visit_routes(
            intake=self,
            library=self.store,
            links=Links("https://regard.example", ["a secret for virtual time"]),
            clock=self.clock,
            program=lambda: AIRLINE,
            pause=self.pause,
        )
        self._app = Starlette(routes=routes)
        self._arrived = self._asked = 0

    async def door(self, scope: Any, receive: Any, send: Any) -> None:
        """Answer a request, and count that it arrived."""

        async def counted(message: Any) -> None:
            self._arrived += message["type"] == "http.response.start"
            await send(message)

        await self._app(scope, receive, counted)

    def sign_up(self, *, agrees: bool) -> str:
        """Let Ada book, agreeing or not, and return the page of her check-in mail."""
        about = {"user_id": "ada", "channel": "web.desktop"}
        traits = {"email": "ada@example.com", "first_name": "Ada"}
        self.house.take("website", about | {"identify": traits})
        if agrees:
            self.say("Consent Granted")
        departure = NOW + timedelta(days=2)
        facts = {"booking_number": "SK1", "departure_at": departure.isoformat()}
        self.house.take("website", about | {"event": "Booking Confirmed", "properties": facts})
        self.house.run_until(NOW + timedelta(days=1, seconds=1))
        return self.house.channels["email"].messages[-1].html

    async def pause(self, seconds: float) -> None:
        """Let pass the time in which all that were asked at once arrive."""
        while self._arrived < self._asked:
            await asyncio.sleep(0)
        await asyncio.sleep(0)

    def say(self, event: str) -> None:
        item = {"user_id": "ada", "event": event, "properties": {"purpose": "analytics"}}
        self.house.take("website", item)

    async def append(self, drafts: Sequence[Draft]) -> Sequence[Accepted]:
        if self.is_full:
            raise Unavailable("The queue is full.")
        return self.house.ledger.append(drafts, self.clock.now())

    async def reject(self, items: Sequence[Rejected]) -> None:
        raise AssertionError("nothing is rejected here")

    def ask(self, method: str, *addresses: str, **headers: str) -> list[httpx.Response]:
        """Ask for addresses at once, as a browser unless `headers` say otherwise."""

        self._arrived, self._asked = 0, len(addresses)

        async def exchange() -> list[httpx.Response]:
            transport = httpx.ASGITransport(self.door)
            given = BROWSER | {k.replace("_", "-"): v for k, v in headers.items()}
            async with httpx.AsyncClient(transport=transport, base_url="https://h") as client:
                asked = (client.request(method, a, headers=given) for a in addresses)
                return list(await asyncio.gather(*asked))

        found = asyncio.run(exchange())
        self.house.settle()
        return found

    def events(self) -> list[Event]:
        """Return what was told of the mail, oldest first."""
        with self.store.reading() as reading:
            bodies = [entry.body for entry, _, _ in reading.tail.after(0, 500)]
        told = ("Message Opened", "Message Clicked", "Machine Opened", "Machine Clicked")
        return [body for body in bodies if isinstance(body, Event) and body.name in told]

    def ada(self) -> Any:
        with self.store.reading() as reading:
            found = reading.people.find(Identifier("user_id", "ada"))
            return reading.people.read(found or "")


@pytest.fixture
def airline() -> Airline:
    return Airline()


def links_of(page: str) -> list[str]:
    return [unescape(url) for url in re.findall(r'href="(https://regard\.example/l/[^"]+)"', page)]


def picture_of(page: str) -> str:
    found = re.search(r'src="(https://regard\.example/o/[^"]+\.gif)"', page)
    assert found
    return found[1]


def test_without_consent_a_mail_is_as_it_was_written(airline: Airline) -> None:
    page = airline.sign_up(agrees=False)
    assert 'href="https://skylark.example/check-in/SK1"' in page
    assert "/l/" not in page
    assert "/o/" not in page


def test_a_click_leads_on_and_is_told_of_the_person(airline: Airline) -> None:
    page = airline.sign_up(agrees=True)
    assert "https://skylark.example/check-in/SK1" not in page
    airline.clock.advance(3600)
    (answer,) = airline.ask("GET", links_of(page)[0])
    assert (answer.status_code, answer.headers["location"]) == (
        302, "https://skylark.example/check-in/SK1",
    )  # fmt: skip
    (event,) = airline.events()
    assert event.name == "Message Clicked"
    assert event.facts["link_id"] == "l1"
    assert event.facts["url"] == "https://skylark.example/check-in/SK1"
    ada = airline.ada()
    assert ada.touches[event.facts["message_id"]].state == "clicked"
    assert ada.seen["Message Clicked"].count == 1


def test_our_own_links_and_other_kinds_stay_as_they_are(airline: Airline) -> None:
    page = airline.sign_up(agrees=True)
    assert 'href="https://regard.example/preferences/' in page


def test_a_loaded_picture_is_an_opened_mail(airline: Airline) -> None:
    page = airline.sign_up(agrees=True)
    airline.clock.advance(60)
    (answer,) = airline.ask("GET", picture_of(page))
    assert answer.headers["content-type"] == "image/gif"
    assert answer.headers["cache-control"] == "no-store"
    assert [event.name for event in airline.events()] == ["Message Opened"]
    seen_at = airline.ada().last_seen_at
    assert seen_at == airline.clock.now()


@pytest.mark.parametrize(
    ("method", "headers", "machine"),
    [
        ("HEAD", {}, "head"),
        ("GET", {"user_agent": ""}, "no_agent"),
        ("GET", {"user_agent": "Mozilla/5.0"}, "privacy_protection"),
        ("GET", {"user_agent": "Mozilla/5.0 (via ggpht.com GoogleImageProxy)"}, "image_proxy"),
        ("GET", {"user_agent": "YahooMailProxy; https://help.yahoo.com"}, "image_proxy"),
        ("GET", {"user_agent": "Barracuda Sentinel (EE)"}, "scanner"),
        ("GET", {"user_agent": "python-requests/2.32"}, "robot"),
        ("GET", {"sec_purpose": "prefetch;prerender"}, "prefetch"),
    ],
)
def test_a_machine_is_told_apart_and_counts_for_nothing(
    airline: Airline, method: str, headers: dict[str, str], machine: str
) -> None:
    page = airline.sign_up(agrees=True)
    airline.clock.advance(3600)
    before = airline.ada()
    airline.ask(method, picture_of(page), **headers)
    (event,) = airline.events()
    assert event.name == "Machine Opened"
    assert (event.facts["is_machine"], event.facts["machine"]) == (True, machine)
    after = airline.ada()
    assert "Message Opened" not in after.seen
    assert after.last_seen_at == before.last_seen_at
    assert after.touches == before.touches


def test_several_links_within_seconds_of_the_hand_over_are_a_scanner(airline: Airline) -> None:
    page = airline.sign_up(agrees=True)
    message_id = airline.house.channels["email"].messages[-1].message_id
    found = links_of(page)
    links = Links("https://regard.example", ["a secret for virtual time"])
    with airline.store.reading() as reading:
        row = reading.registers.messages(message_id=message_id, limit=1)[0][0]
    second = links.follow(row, "email", "l2", "https://skylark.example/miles")
    airline.clock.advance(5)
    airline.ask("GET", found[0], second)
    told = {event.facts["link_id"]: event.facts.get("machine") for event in airline.events()}
    assert told == {"l1": "many_links", "l2": "many_links"}
    airline.clock.advance(EARLY.total_seconds())
    airline.ask("GET", found[0])
    assert [event.name for event in airline.events()][-1] == "Message Clicked"


def test_one_early_click_is_a_person(airline: Airline) -> None:
    page = airline.sign_up(agrees=True)
    airline.clock.advance(5)
    airline.ask("GET", links_of(page)[0])
    assert [event.name for event in airline.events()] == ["Message Clicked"]


def test_who_takes_consent_back_is_led_on_and_nothing_is_told(airline: Airline) -> None:
    page = airline.sign_up(agrees=True)
    airline.clock.advance(3600)
    airline.say("Consent Withdrawn")
    (answer,) = airline.ask("GET", links_of(page)[0])
    assert answer.status_code == 302
    assert airline.events() == []


def test_a_full_queue_keeps_nobody_waiting(airline: Airline) -> None:
    page = airline.sign_up(agrees=True)
    airline.clock.advance(3600)
    airline.is_full = True
    (answer,) = airline.ask("GET", links_of(page)[0])
    assert answer.status_code == 302


def test_nobody_is_led_where_we_did_not_say(airline: Airline) -> None:
    page = airline.sign_up(agrees=True)
    address = links_of(page)[0]
    token = address.rpartition("/")[2]
    for changed in (
        "/l/https://evil.example", f"/l/{token[:-1]}", f"/l/x{token}", "/o/x.gif", "/l/x?url=a",
        f"/l/{picture_of(page).rpartition('/')[2].removesuffix('.gif')}",
    ):  # fmt: skip
        (answer,) = airline.ask("GET", changed)
        assert answer.status_code == 404, changed
        assert "location" not in answer.headers
    (answer,) = airline.ask("GET", f"{address}?url=https://evil.example")
    assert answer.headers["location"] == "https://skylark.example/check-in/SK1"
    with pytest.raises(Refused):
        LINKS.read_followed(LINKS.token(ROW, "email"))


@pytest.mark.parametrize(
    ("link", "leads"),
    [
        ('<a href="https://a.example/?x=1&amp;y=2#z">', "https://a.example/?x=1&y=2#z"),
        ("<A class='b' HREF='http://a.example'>", "http://a.example"),
        ('<a title="1 > 0" href="https://a.example" target="_blank">', "https://a.example"),
        ('<a href="mailto:a@b.example">', ""),
        ('<a href="tel:+43">', ""),
        ('<a href="#top">', ""),
        ('<a href="javascript:alert(1)">', ""),
        ('<a href="https://a.example" data-untracked>', ""),
        ('<a href="https://engage.example.com/unsubscribe/x">', ""),
        ('<a data-href="https://a.example" name="x">', ""),
        ('<link href="https://a.example">', ""),
    ],
)
def test_which_links_are_led_over_ours(link: str, leads: str) -> None:
    page = tracked(f"<body>{link}x</a></body>", ROW, "email", LINKS)
    found = re.search(r'href="https://engage\.example\.com/l/([^"]+)"', page, re.IGNORECASE)
    if not leads:
        assert found is None
        assert link in page
    else:
        assert found is not None
        assert LINKS.read_followed(unescape(found[1])).url == leads
    assert page.endswith("</body>")
    assert page.count("/o/") == 1


def test_consent_is_the_latest_word_on_anything_that_says_it() -> None:
    def agreed(**words: tuple[bool, int]) -> bool:
        consents = {
            key.replace("__", "|").replace("all", "*"): Consent(
                yes, NOW + timedelta(seconds=at), "website", {}, 1
            )
            for key, (yes, at) in words.items()
        }
        return may_track(replace(person(), consents=consents), "analytics", "email")

    assert not agreed()
    assert agreed(analytics__all=(True, 0))
    assert agreed(analytics__email=(True, 0))
    assert not agreed(analytics__sms=(True, 0))
    assert not agreed(analytics__all=(True, 0), all__all=(False, 1))
    assert not agreed(analytics__all=(True, 0), analytics__email=(False, 0))
    assert agreed(analytics__all=(True, 2), all__email=(False, 1))
    assert not may_track(person(), "", "email")
    frozen = replace(
        person(), is_frozen=True, consents={"analytics|*": Consent(True, NOW, "w", {}, 1)}
    )
    assert not may_track(frozen, "analytics", "email")


def test_a_browser_is_no_machine_and_memory_of_clicks_is_bounded() -> None:
    assert machine_of("GET", BROWSER, is_click=True) == ""
    assert machine_of("GET", {"user-agent": "Mozilla/5.0"}, is_click=True) == "scanner"
    clicks = Clicks()
    for number in range(MESSAGES_MAX + 5):
        clicks.note(f"m{number}", "l1", NOW)
    assert clicks.machine_of("m0", "l2", NOW, NOW - AT_ONCE) == ""
    assert clicks.machine_of("m9", "l2", NOW, NOW - AT_ONCE) == "many_links"
    assert clicks.machine_of("m9", "l1", NOW, NOW) == "at_once"


@pytest.mark.parametrize("piece", ["<a ", "<a href='", "<a x='", '<a href="x" ', "<a href=x>"])
def test_a_strange_page_is_read_in_one_go(piece: str) -> None:
    page = piece * 5_000
    assert tracked(page, ROW, "email", LINKS).startswith(page)
