"""The pages that a message leads to speak the reader's language, each whole and the right way."""

from __future__ import annotations

import re
from dataclasses import replace

import pytest
from starlette.applications import Starlette

from regard.delivery import routes
from regard.delivery.catalogue import Catalogue
from regard.testing import VirtualClock
from tests.delivery.cast import LINKS, NOW, claimed, program
from tests.delivery.test_unsubscribe import Browser, MemoryIntake

CATALOGUE = Catalogue()
ROW = claimed(purpose="offers", message_class="marketing").row
WANTED = ("en", "de", "fr", "es", "it", "pt", "nl", "pl", "tr", "ja", "ar", "he")


@pytest.fixture
def client() -> Browser:
    pages = routes(intake=MemoryIntake(), links=LINKS, clock=VirtualClock(NOW), program=program)
    return Browser(Starlette(routes=pages))


@pytest.mark.parametrize("language", CATALOGUE.languages)
def test_every_language_says_everything_and_loses_nothing_in_braces(language: str) -> None:
    core, own = CATALOGUE.of(["en"]).texts, CATALOGUE.of([language]).texts
    assert own.keys() == core.keys()
    for key, text in own.items():
        assert text.strip(), (language, key)
        assert re.findall(r"\{\w+\}", text) == re.findall(r"\{\w+\}", core[key]), (language, key)


def test_the_languages_are_there() -> None:
    assert set(WANTED) <= set(CATALOGUE.languages)


@pytest.mark.parametrize(
    ("of_message", "of_browser", "language"),
    [
        ("de-AT", "fr", "de"),
        ("", "fr-CA,en;q=0.8", "fr"),
        ("", "xx, tr;q=0.2, ja;q=0.9", "ja"),
        ("gsw", "", "de"),
        ("pt-BR", "", "pt"),
        ("sw", "*;q=broken,,;", "en"),
        ("iw", "", "he"),
    ],
)
def test_a_page_speaks_the_language_of_its_message_else_of_the_browser(
    client: Browser, of_message: str, of_browser: str, language: str
) -> None:
    token = LINKS.token(ROW, "email", of_message)
    asked = {"accept-language": of_browser}
    for method, path in (("GET", "unsubscribe"), ("GET", "preferences"), ("POST", "unsubscribe")):
        answer = client.ask(method, f"/{path}/{token}", headers=asked)
        assert answer.status_code == 200
        assert answer.headers["content-language"] == language
        assert f'<html lang="{language}" dir="' in answer.text
    assert CATALOGUE.of([language]).say("done") in answer.text


def test_a_purpose_is_called_what_it_is_called_in_that_language() -> None:
    here = program()
    offers = replace(here.purposes["offers"], titles={"de": "Angebote & Meilen"})
    here = replace(here, purposes={**here.purposes, "offers": offers})
    pages = routes(
        intake=MemoryIntake(), links=LINKS, clock=VirtualClock(NOW), program=lambda: here
    )
    browser = Browser(Starlette(routes=pages))
    german = browser.get(f"/unsubscribe/{LINKS.token(ROW, 'email', 'de-CH')}").text
    assert "Nachrichten zu „Angebote &amp; Meilen“ abbestellen?" in german
    french = browser.get(f"/preferences/{LINKS.token(ROW, 'email', 'fr')}").text
    assert "Offers &amp; miles" in french


def test_what_is_written_from_the_right_is_shown_from_the_right(client: Browser) -> None:
    page = client.get(f"/preferences/{LINKS.token(ROW, 'email', 'ar')}").text
    assert '<html lang="ar" dir="rtl">' in page
    assert "ما الرسائل التي لم تعد تريدها؟" in page
    assert "Offers &amp; miles" in page


def test_a_title_is_escaped_in_every_language() -> None:
    said = CATALOGUE.of(["fr"]).say("ask_about", title="{unsubscribe}<b>")
    assert said == "Ne plus recevoir de messages sur « {unsubscribe}<b> » ?"


def test_tokens_of_older_messages_have_no_language() -> None:
    assert LINKS.read(LINKS.token(ROW, "email")).language == ""
    assert LINKS.read(LINKS.token(ROW, "email", "ja")).language == "ja"
