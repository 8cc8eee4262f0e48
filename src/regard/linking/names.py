"""Words of names and addresses in one spelling: letters, titles, generations, nicknames, sounds.

Everything here takes one text and is asked once per *distinct* value of a column. Nicknames are
those of the package `nicknames` (English); a name that begins like the other one counts too.
"""

from __future__ import annotations

import re
from collections.abc import Sequence
from functools import lru_cache

import jellyfish
from anyascii import anyascii
from nicknames import NickNamer

SEX_OF_TITLE = {
    "mr": "m", "herr": "m", "sir": "m", "mister": "m", "senor": "m", "monsieur": "m",
    "mrs": "f",
    "ms": "f", "miss": "f", "frau": "f", "madam": "f", "lady": "f", "mme": "f"
}  # fmt: skip
TITLES = frozenset({*SEX_OF_TITLE, "dr", "prof", "rev", "fr", "dipl", "ing", "mag", "mx"})
GENERATIONS = {
    "jr": "jr", "junior": "jr", "jnr": "jr", "sr": "sr", "senior": "sr", "snr": "sr",
    "ii": "ii", "iii": "iii", "2nd": "ii", "3rd": "iii", "iv": "iv",
}  # fmt: skip
STREET_WORDS = {
    "street": "st", "str": "st", "strasse": "st", "road": "rd", "avenue": "av", "ave": "av",
    "drive": "dr", "lane": "ln", "court": "ct", "crt": "ct", "place": "pl", "crescent": "cr",
    "cres": "cr", "boulevard": "bvd", "blvd": "bvd", "square": "sq", "terrace": "tce", "ter": "tce",
    "circuit": "cct", "close": "cl", "parade": "pde", "highway": "hwy", "apartment": "apt",
    "saint": "st", "mount": "mt", "north": "n", "south": "s", "east": "e", "west": "w",
    "parkway": "pkwy", "heights": "hts", "village": "vlge", "gardens": "gdns", "grove": "gr",
}  # fmt: skip
LEGAL_FORMS = frozenset({
    "gmbh", "gesmbh", "mbh", "ag", "aktiengesellschaft", "kg", "ohg", "ug", "inc", "incorporated",
    "ltd", "limited", "llc", "llp", "corp", "corporation", "co", "company", "plc", "sa", "sas",
    "sarl", "srl", "spa", "bv", "nv", "ab", "oy", "as", "aps", "sl", "the",
})  # fmt: skip
BUSINESS_WORDS = LEGAL_FORMS | {
    "restaurant", "cafe", "bar", "grill", "hotel", "inn", "deli", "kitchen", "bistro", "pizza",
    "pizzeria", "diner", "club", "house", "shop", "store", "bank", "bakery", "trattoria",
    "ristorante", "software", "systems", "services", "group", "verein", "and", "und", "et",
    "gasthaus", "apotheke", "pharmacy", "market",
}  # fmt: skip
"""Words that tell a business from a human."""

_ASCII = {code: " " for code in range(128) if not chr(code).isalnum()} | {ord("'"): None}


def plain(text: str) -> str:
    """Return a text in small Latin letters without accents and signs, words apart by one blank.

    Other alphabets are written in Latin letters, so that Иванов and Ivanov meet.
    """
    if not text.isascii():
        text = anyascii(text)
    return " ".join(text.casefold().translate(_ASCII).split())


def street_words(text: str) -> list[str]:
    """Return the words of an address, kinds of streets in their shortest spelling."""
    return [STREET_WORDS.get(word, word) for word in plain(text).split()]


def firm_words(text: str) -> list[str]:
    """Return the words of a firm's name without the form of law (G.m.b.H. is one word)."""
    joined = re.sub(r"\b(\w{1,3})\.(?=\w)", r"\1", text)
    words = plain(joined).split()
    return [w for w in words if w not in LEGAL_FORMS] or words


def parts_of_name(words: Sequence[str]) -> tuple[list[str], str, str]:
    """Return the words of a name without title and generation; the sex it tells; generation."""
    sex = next((SEX_OF_TITLE[w] for w in words[:2] if w in SEX_OF_TITLE), "")
    generation = next((GENERATIONS[w] for w in words[1:] if w in GENERATIONS), "")
    kept = [
        w
        for place, w in enumerate(words)
        if not (place and w in GENERATIONS) and not (w in TITLES and place < len(words) - 1)
    ]
    return kept, sex, generation


def split_name(text: str) -> tuple[str, str, str, str, str]:
    """Return (given, middle, surname, sex, generation) of a full name.

    ``Okafor, Ada Ngozi`` is read with the surname first, everything else with it last.
    """
    head, comma, tail = text.partition(",")
    if comma and plain(tail) and plain(tail) not in GENERATIONS:
        text = f"{tail} {head}"
        surname_length = max(1, len(plain(head).split()))
    else:
        surname_length = 1
    words, sex, generation = parts_of_name(plain(text).split())
    if len(words) < 2:
        return (words[0] if words else ""), "", "", sex, generation
    surname_length = min(surname_length, len(words) - 1)
    return (
        words[0],
        " ".join(words[1:-surname_length]),
        " ".join(words[-surname_length:]),
        sex,
        generation,
    )


@lru_cache(maxsize=65_536)
def sound(word: str) -> str:
    """Return how a word sounds (metaphone), or its first letters where that says nothing."""
    return jellyfish.metaphone(word.replace(" ", "")) or word[:3]


class Nicknames:
    """Tells whether two given names may be one person's: a known nickname, or one's beginning."""

    def __init__(self) -> None:
        self._namer = NickNamer()
        self._canonical: dict[str, frozenset[str]] = {}

    def has_another(self, name: str) -> bool:
        """Return whether a name is short for any other."""
        return len(self._of(name)) > 1

    def are_one(self, left: str, right: str) -> bool:
        """Return whether one name is a nickname of the other, or both are of a third."""
        return bool(self._of(left) & self._of(right))

    def _of(self, name: str) -> frozenset[str]:
        found = self._canonical.get(name)
        if found is None:
            found = frozenset({name, *self._namer.canonicals_of(name)})
            self._canonical[name] = found
        return found
