"""Who reads a message: name, languages, region, zone, age and device, out of what sources claimed.

In: a person. Out: the `person` that templates see, and what a variant is chosen by. Sources name
the same trait differently; the names tried are listed here and nowhere else. Languages are BCP 47
tags, matched by the distances of CLDR (`langcodes`).
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from datetime import date
from functools import lru_cache
from typing import Any
from zoneinfo import ZoneInfo

from langcodes import Language, closest_match, standardize_tag
from langcodes.tag_parser import LanguageTagError

from regard.core.person import Person
from regard.core.reaching import HOUSE_CLAIM

FIRST_NAME_TRAITS = ("first_name", "firstName", "given_name", "givenName")
LAST_NAME_TRAITS = ("last_name", "lastName", "family_name", "familyName")
LANGUAGE_TRAITS = ("language", "locale")
ZONE_TRAITS = ("time_zone", "timezone")
BIRTH_TRAITS = ("birth_date", "birthDate", "birthday", "date_of_birth", "dateOfBirth")

DISTANCE_MAX = 10
"""How far a text's language may be from the reader's. CLDR's distances: 5 between regions of a
language, 8 from Swiss German to German; 20 and more where people read another language besides
their own (Catalan and Spanish, Ukrainian and Russian), which nobody should assume of them."""

LANGUAGES_MAX = 5
"""Languages of one reader that are tried."""

CACHED_MAX = 4_096
"""Answers kept; there are far fewer languages than readers."""

DEVICES = frozenset({"desktop", "phone", "tablet", "tv", "watch", "car", "kiosk"})
"""Devices that an exact channel names (``app.phone``); ``phone.call`` names none."""

_TAG = re.compile(r"[A-Za-z]{2,8}(?:[-_][A-Za-z0-9]{1,8})*")


def languages_of(person: Person) -> tuple[str, ...]:
    """Return the languages that the person asked for, best first, as BCP 47 tags.

    ``de_AT.UTF-8`` is read as ``de-AT``. What they chose counts before what their device speaks,
    which only says more of the same language; ``languages`` may list others.
    """
    tags = [tag for t in LANGUAGE_TRAITS if (tag := tag_of(_first_text(person, (t,))))][:2]
    if len(tags) == 2:
        tags = tags[1:] if tags[1].partition("-")[0] == tags[0] else tags[:1]
    others = person.trait("languages")
    if isinstance(others, list | tuple):
        tags += [tag_of(other) for other in others[:LANGUAGES_MAX] if isinstance(other, str)]
    return tuple(dict.fromkeys(filter(None, tags)))


@lru_cache(maxsize=CACHED_MAX)
def closest(wanted: tuple[str, ...], spoken: tuple[str, ...]) -> tuple[str, str]:
    """Return the best of the languages that are `spoken`, and which wanted one it answers.

    Empty texts when none comes near one of the wanted, which are tried in their order.
    """
    for tag in wanted:
        found, _ = closest_match(tag, list(spoken), max_distance=DISTANCE_MAX)
        if found != "und":
            return found, tag
    return "", ""


def locale_of(person: Person, known: tuple[str, ...] | None = None) -> str:
    """Return how the person writes dates and numbers: their language, in their region if known.

    `known` are their languages where somebody has read them before.
    """
    languages = languages_of(person) if known is None else known
    if not languages:
        return ""
    if _territory(languages[0]):
        return languages[0]
    region = region_of(person)
    return f"{languages[0]}-{region}" if region else languages[0]


def region_of(person: Person) -> str:
    """Return the region of the person's locale or country (ISO 3166), empty when not known."""
    for tag in languages_of(person):
        if territory := _territory(tag):
            return territory
    address = person.trait("address")
    given = address.get("country") if isinstance(address, dict) else ""
    country = _first_text(person, ("country", "country_code")) or given
    is_code = isinstance(country, str) and len(country) == 2 and country.isalpha()
    return str(country).upper() if is_code else ""


def zone_of(person: Person) -> str:
    """Return the IANA name of the person's own zone, empty when not known."""
    name = _first_text(person, ZONE_TRAITS)
    return name if name and _is_zone(name) else ""


def age_of(person: Person, on: date) -> int | None:
    """Return the person's age in full years on a day; None when nothing is known of it."""
    text = _first_text(person, BIRTH_TRAITS)
    try:
        born = date.fromisoformat(text[:10]) if text else None
    except ValueError:
        born = None
    if born is not None and born <= on:
        return on.year - born.year - ((on.month, on.day) < (born.month, born.day))
    age = person.trait("age")
    return int(age) if isinstance(age, int | float) and not isinstance(age, bool) else None


def device_of(channel: str, person: Person) -> str:
    """Return the device that a channel is read on, else that the person was last seen on."""
    for name in (channel, person.last_channel):
        _, _, device = name.partition(".")
        if device in DEVICES:
            return device
    return ""


def names_of(person: Person) -> tuple[str, str]:
    """Return the full name and the first name; either may be empty."""
    first = _first_text(person, FIRST_NAME_TRAITS)
    last = _first_text(person, LAST_NAME_TRAITS)
    name = _first_text(person, ("name",)) or f"{first} {last}".strip()
    return name, first or name.partition(" ")[0]


def reader_data(person: Person, language: str) -> dict[str, Any]:
    """Return the `person` of templates: every trait, and `name`, `first_name`, `language`."""
    name, first_name = names_of(person)
    data = {
        trait: claim.value
        for trait, claim in person.claims.items()
        if not trait.startswith(HOUSE_CLAIM)
    }
    data["name"], data["first_name"], data["language"] = name, first_name, language
    return data


@lru_cache(maxsize=CACHED_MAX)
def tag_of(text: str) -> str:
    """Return a language as sources write it as a BCP 47 tag, empty when it is none."""
    tag = text.partition(".")[0].partition("@")[0].replace("_", "-")
    if not _TAG.fullmatch(tag):
        return ""
    try:
        found = standardize_tag(tag)
        return found if Language.get(found).language else ""
    except LanguageTagError:
        return ""


@lru_cache(maxsize=CACHED_MAX)
def _territory(tag: str) -> str:
    return Language.get(tag).territory or ""


@lru_cache(maxsize=1_024)
def _is_zone(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return False
    return True


def _first_text(person: Person, traits: Sequence[str]) -> str:
    for trait in traits:
        value = person.trait(trait)
        if isinstance(value, str) and value.strip():
            return value.strip()
    return ""
