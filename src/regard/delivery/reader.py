"""Who reads a message: name, first name and language, out of what sources claimed.

In: a person and the company. Out: the `person` that templates see, and which language to speak.
Sources name the same trait differently; the names tried are listed here and nowhere else.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import Any

from regard.core.person import Person

FIRST_NAME_TRAITS = ("first_name", "firstName", "given_name", "givenName")
LAST_NAME_TRAITS = ("last_name", "lastName", "family_name", "familyName")
LANGUAGE_TRAITS = ("language", "locale")


def languages_of(person: Person) -> tuple[str, ...]:
    """Return what to look for, best first: ``("de-at", "de")``; empty when nothing is known.

    ``de_AT.UTF-8`` is read as ``de-at``.
    """
    tag = _first_text(person, LANGUAGE_TRAITS).partition(".")[0].replace("_", "-").lower()
    if not tag:
        return ()
    base = tag.partition("-")[0]
    return (tag,) if base == tag else (tag, base)


def names_of(person: Person) -> tuple[str, str]:
    """Return the full name and the first name; either may be empty."""
    first = _first_text(person, FIRST_NAME_TRAITS)
    last = _first_text(person, LAST_NAME_TRAITS)
    name = _first_text(person, ("name",)) or f"{first} {last}".strip()
    return name, first or name.partition(" ")[0]


def reader_data(person: Person, language: str) -> dict[str, Any]:
    """Return the `person` of templates: every trait, and `name`, `first_name`, `language`."""
    name, first_name = names_of(person)
    data = {trait: claim.value for trait, claim in person.claims.items()}
    data["name"], data["first_name"], data["language"] = name, first_name, language
    return data


def _first_text(person: Person, traits: Sequence[str]) -> str:
    for trait in traits:
        value = person.trait(trait)
        if isinstance(value, str) and value.strip():
            return value.strip()
    return ""
