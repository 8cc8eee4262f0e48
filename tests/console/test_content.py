"""Preview: what a named person would get, by the very code that sends, with why and what misses."""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import replace as with_fields
from pathlib import Path
from typing import Any

import pytest
from msgspec.structs import replace
from starlette.applications import Starlette

from regard.assembly import build_kernel
from regard.console import routes
from regard.core.event import Identifier
from regard.core.person import Claim, Consent
from regard.project import load
from regard.testing.clock import VirtualClock
from tests.console.cast import NOW, full_house
from tests.console.conftest import sign_in
from tests.console.serve import HEALTH, SECRET
from tests.console.shelf import Shelf
from tests.console.visitor import Visitor

AIRLINE = load(Path(__file__).parent.parent.parent / "examples" / "airline", {})


@pytest.fixture(scope="module")
def house() -> Shelf:
    shelf = full_house().shelf
    ada = shelf.persons[_id(shelf)]
    born = Claim("1944-12-10", NOW, "website", 0, 1)
    agreed = Consent(True, NOW, "website", {}, 1)
    shelf.persons[ada.id] = replace(
        ada,
        claims={**ada.claims, "birth_date": born},
        consents={**ada.consents, "analytics|*": agreed},
    )
    return shelf


@pytest.fixture(scope="module")
def console(house: Shelf) -> Iterator[Visitor]:
    site = Starlette(
        routes=routes(
            *(house, lambda: AIRLINE, VirtualClock(NOW), house, SECRET, lambda: (True, HEALTH)),
            kernel=build_kernel(),
        )
    )
    with Visitor(site) as visitor:
        sign_in(visitor, SECRET)
        yield visitor


def _id(shelf: Shelf) -> str:
    found = shelf.find(Identifier("user_id", "ada"))
    assert found
    return found


def asked(console: Visitor, query: str) -> Any:
    return console.get(f"/preview?{query}&format=json").json()


def test_a_named_person_sees_their_own_variant_and_we_see_why(
    console: Visitor, house: Shelf
) -> None:
    before = len(house.drafts)
    page = console.get(f"/engagements/check_in/preview?person={_id(house)}")
    assert page.status_code == 200
    view = console.get(f"/engagements/check_in/preview?person={_id(house)}&format=json").json()
    assert view["subject"] == "Check-in is open for SK1"
    assert view["variant"] == "large_print"
    assert "age 81" in view["chosen_by"]
    assert view["facts"] == "of the promise Check-in reminder 24 hours before departure, SK1"
    assert "facts.flight_number" in view["missing"]
    assert view["is_tracked"] is True
    assert view["warnings"] == []
    assert "SK1" in view["text"]
    assert len(house.drafts) == before


def test_channel_variant_and_language_can_be_chosen(console: Visitor, house: Shelf) -> None:
    about = f"engagement=check_in&person={_id(house)}"
    sms = asked(console, f"{about}&channel=sms")
    assert (sms["has_html"], sms["character_count"]) == (False, len(sms["text"].strip()))
    assert sms["segments"].endswith(("GSM-7", "UCS-2"))
    arabic = asked(console, f"{about}&language=ar&variant=core")
    assert (arabic["variant"], arabic["direction"]) == ("core", "rtl")
    assert arabic["subject"].startswith("تسجيل")
    german = asked(console, f"{about}&language=de")
    assert german["variant"] == "large_print"
    assert german["language"] == "German"


def test_the_mail_is_framed_as_it_is_and_in_the_dark(console: Visitor, house: Shelf) -> None:
    about = f"engagement=check_in&person={_id(house)}"
    page = console.get(f"/preview?{about}").text
    assert "<iframe sandbox" in page
    mail = console.get(f"/preview/mail?{about}")
    assert "script-src" not in mail.headers["content-security-policy"]
    assert "default-src 'none'" in mail.headers["content-security-policy"]
    assert "Check-in is open, Ada" in mail.text
    assert "invert(1)" not in mail.text
    assert "invert(1)" in console.get(f"/preview/mail?{about}&part=dark").text


def test_its_links_let_nobody_out(console: Visitor, house: Shelf) -> None:
    mail = console.get(f"/preview/mail?engagement=check_in&person={_id(house)}").text
    assert "https://preview.invalid/preferences/" in mail


def test_people_are_named_by_id_or_by_the_only_hit_of_a_search(
    console: Visitor, house: Shelf
) -> None:
    assert asked(console, "engagement=check_in&person=Lovelace")["person_id"] == _id(house)
    several = asked(console, "engagement=check_in&person=Okafor")
    assert several["person_id"] == ""
    assert len(several["people"]) == 3
    page = console.get("/preview?engagement=check_in&person=Okafor").text
    assert "Whose?" in page


def test_what_keeps_a_message_from_going_is_told(console: Visitor, house: Shelf) -> None:
    chen = house.find(Identifier("user_id", "chen"))
    view = asked(console, f"engagement=gate_change&person={chen}&channel=push.app")
    assert any("no address" in words for words in view["warnings"])
    missing = console.get("/engagements/nothing/preview")
    assert missing.status_code == 404
    assert "no engagement" in missing.text


def test_a_person_page_leads_there(console: Visitor, house: Shelf) -> None:
    assert f'href="/preview?person={_id(house)}"' in console.get(f"/people/{_id(house)}").text


def test_what_is_asked_for_needs_no_address(house: Shelf) -> None:
    shown = with_fields(AIRLINE.engagements["lounge_seat"], offer_when="asked")
    asking = with_fields(AIRLINE, engagements={**AIRLINE.engagements, shown.id: shown})
    for program, told in ((AIRLINE, 1), (asking, 0)):
        site = Starlette(
            routes=routes(
                *(house, lambda p=program: p, VirtualClock(NOW), house, SECRET),
                lambda: (True, HEALTH),
                kernel=build_kernel(),
            )
        )
        with Visitor(site) as visitor:
            sign_in(visitor, SECRET)
            query = f"engagement=lounge_seat&person={_id(house)}&channel=push.app"
            warnings = asked(visitor, query)["warnings"]
        assert sum("no address" in warning for warning in warnings) == told
