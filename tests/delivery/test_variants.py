"""Which template a reader gets: by arm, rule, channel and language, and why."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import pytest
from msgspec.structs import replace

from regard.core.errors import Refused
from regard.core.offers import VariantRule
from regard.core.scope import Scope
from regard.delivery import variant
from regard.delivery.reader import age_of, languages_of, locale_of, region_of, zone_of
from tests.delivery.cast import NOW, Words, engagement, person


@dataclass(frozen=True)
class Condition:
    text: str
    holds: Callable[[Scope], Any]

    def __call__(self, scope: Scope) -> Any:
        return self.holds(scope)


TEXTS = (
    Words(channel="email", language="de", text="core de"),
    Words(channel="email", text="core"),
    Words(channel="*", text="any"),
    Words(id="older", channel="email", text="older"),
    Words(id="older", channel="email", language="de", text="older de"),
    Words(id="tablet", channel="email", text="tablet"),
    Words(id="alps", channel="email", language="de", text="alps de"),
    Words(id="rich", channel="sms", text="rich"),
    Words(id="drawn", channel="email", text="drawn"),
)
RULES = (
    VariantRule(
        id="rich", when=Condition("facts.total > 9", lambda s: s.facts.get("total", 0) > 9)
    ),
    VariantRule(id="older", ages=(60, 150)),
    VariantRule(id="tablet", devices=("tablet",)),
    VariantRule(id="alps", regions=("AT", "CH")),
    VariantRule(id="drawn"),
)


def chosen(channel: str = "email", arm: str = "", total: int = 0, last: str = "", **traits: Any):
    who = replace(person(**traits), last_channel=last)
    scope = Scope(person=who, facts={"total": total}, now=NOW, channel=channel)
    offered = engagement(*TEXTS, variant_rules=RULES)
    return variant(offered, channel, languages_of(who), scope, arm, "en")


@pytest.mark.parametrize(
    ("given", "text", "why"),
    [
        ({}, "core", "no variant is for them; no language known"),
        ({"birth_date": "1950-01-01"}, "older", "variant older: age 76; no language known"),
        ({"birth_date": "1950-01-01", "language": "de"}, "older de", "age 76; reads de"),
        ({"age": 60}, "older", "age 60"),
        ({"birth_date": "1966-03-02"}, "older", "age 60"),
        ({"birth_date": "1966-03-03"}, "core", "no variant"),
        ({"birth_date": "yesterday"}, "core", "no variant"),
        ({"birth_date": "2099-01-01"}, "core", "no variant"),
        ({"last": "app.tablet"}, "tablet", "reads on a tablet"),
        ({"last": "app.tablet", "age": 70}, "older", "age 70"),
        ({"channel": "sms", "total": 10}, "rich", "when facts.total > 9"),
        ({"total": 10}, "core", "no variant"),
        ({"channel": "sms", "age": 70}, "any", "no variant"),
        ({"locale": "de-AT"}, "alps de", "region AT; de-AT reads de"),
        ({"language": "en", "country": "ch"}, "core", "region CH; reads en"),
        ({"arm": "drawn", "age": 70}, "drawn", "arm drawn of its experiment"),
        ({"arm": "core", "age": 70}, "core", "arm core of its experiment"),
        ({"arm": "rich"}, "core", "arm rich of its experiment has no text for this channel"),
    ],
)
def test_the_first_rule_that_holds_is_taken_and_says_why(given, text, why) -> None:
    found = chosen(**given)
    assert found.variant.text == text
    assert why in found.why


SPOKEN = ("de", "pt-BR", "pt-PT", "zh-Hant", "no", "sr-Latn", "he", "es-419", "es")


@pytest.mark.parametrize(
    ("reader", "language"),
    [
        ("de-CH", "de"), ("gsw", "de"), ("pt-PT", "pt-PT"), ("pt-AO", "pt-PT"), ("pt", "pt-BR"),
        ("zh-TW", "zh-Hant"), ("zh-HK", "zh-Hant"), ("zh-CN", "en"), ("nb", "no"),
        ("sr", "sr-Latn"), ("iw", "he"), ("es-MX", "es-419"), ("es-ES", "es"), ("ca", "en"),
        ("uk", "en"), ("en-AU", "en"), ("fr", "en"), ("de_AT.UTF-8", "de"), ("klingon!", "en"),
        ("", "en"),
    ],
)  # fmt: skip
def test_languages_are_matched_by_their_distance(reader: str, language: str) -> None:
    texts = [Words(language=tag, text=tag) for tag in SPOKEN]
    who = person(language=reader)
    scope = Scope(person=who, facts={}, now=NOW, channel="email")
    offered = engagement(*texts, Words(text="en"))
    assert variant(offered, "email", languages_of(who), scope).language == language


def test_who_reads_the_core_gets_it_before_their_second_language() -> None:
    who = person(language="en", languages=["de"])
    scope = Scope(person=who, facts={}, now=NOW, channel="email")
    texts = (Words(language="de", text="deutsch"), Words(text="core"))
    assert variant(engagement(*texts), "email", languages_of(who), scope).language == "en"
    who = person(language="fr", languages=["de"])
    assert variant(engagement(*texts), "email", languages_of(who), scope).language == "de"


def test_a_channel_that_nothing_serves_is_refused() -> None:
    scope = Scope(person=person(), facts={}, now=NOW, channel="sms")
    with pytest.raises(Refused) as caught:
        variant(engagement(Words(channel="email")), "sms", (), scope)
    assert caught.value.code == "no_variant"


@pytest.mark.parametrize(
    ("traits", "locale", "region", "zone"),
    [
        ({}, "", "", ""),
        ({"language": "de", "country": "CH"}, "de-CH", "CH", ""),
        ({"locale": "en_GB", "country": "AT"}, "en-GB", "GB", ""),
        ({"language": "de", "locale": "de-AT"}, "de-AT", "AT", ""),
        ({"language": "de", "address": {"country": "at"}}, "de-AT", "AT", ""),
        ({"country": "Austria", "timezone": "Europe/Vienna"}, "", "", "Europe/Vienna"),
        ({"time_zone": "Mars/North"}, "", "", ""),
    ],
)
def test_what_is_known_of_a_reader(traits, locale, region, zone) -> None:
    who = person(**traits)
    assert (locale_of(who), region_of(who), zone_of(who)) == (locale, region, zone)


def test_nothing_is_known_of_an_age_that_nobody_told() -> None:
    assert age_of(person(), NOW.date()) is None
    assert age_of(person(age=True), NOW.date()) is None
    assert age_of(person(birthday="1990-03-02T00:00:00Z"), NOW.date()) == 36
