"""A day with a customer: one real journey, as it was lived, hour by hour, without a name.

A person with what they consented to and their touches in, a `LivedDay` out. Refused for who did
not consent to be told about. Everything that points at a human (names, addresses, identifiers,
wherever they stand in a text) becomes a word for its kind, and numbers of orders become letters;
the weekday stays, the date does not.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterable, Mapping, Sequence
from datetime import date, timedelta
from string import ascii_uppercase
from zoneinfo import ZoneInfo

from regard.core.errors import Refused
from regard.core.event import Identifier
from regard.core.lived import LivedDay, LivedMoment, LivedTouch
from regard.core.person import Person

TELLING = ("product", "reason", "text", "from", "to", "is_solved", "room", "name")
"""Facts that say what happened; the rest is for machines."""

SECRET_CHARS_MIN = 3
"""Shorter values (a country, a size) point at nobody and would blank half of a text."""

PUBLIC_TRAITS = frozenset(
    {"locale", "language", "time_zone", "country", "preferred_channel", "tier", "gpc", "user_agent"}
)


def day_with(
    person: Person,
    identifiers: Iterable[Identifier],
    touches: Sequence[LivedTouch],
    purpose: str,
    zone: str,
) -> LivedDay:
    """Return the fullest day of a person in `zone`, anonymised.

    Raise `Refused` without consent to `purpose`, and when nothing happened.
    """
    if not has_consented(person, purpose):
        raise Refused(
            f"This person did not consent to {purpose}.",
            code="no_consent",
            hint="Name nobody, and somebody who did is chosen.",
        )
    if not touches:
        raise Refused("Nothing happened with this person.", code="nothing_lived")
    clock = ZoneInfo(zone)
    days = Counter(touch.at.astimezone(clock).date() for touch in touches)
    fullest = min(days, key=lambda day: (-days[day], day))
    mask = Mask(person, identifiers, touches)
    return LivedDay(
        title=f"A {fullest:%A} with a customer",
        zone=zone,
        moments=tuple(_moments(touches, fullest, clock, mask)),
    )


def has_consented(person: Person, purpose: str) -> bool:
    """Return whether a person lets themselves be told about: one no is enough against it."""
    words = [c for key, c in person.consents.items() if key.partition("|")[0] == purpose]
    return bool(words) and all(word.is_granted for word in words) and not person.is_erased


def _moments(
    touches: Sequence[LivedTouch], day: date, clock: ZoneInfo, mask: Mask
) -> Iterable[LivedMoment]:
    before = None
    for touch in sorted(touches, key=lambda t: t.at):
        at = touch.at.astimezone(clock)
        if at.date() != day:
            continue
        told = {name: value for name, value in touch.told if name in TELLING}
        said = ", ".join(f"{name.replace('_', ' ')}: {value}" for name, value in told.items())
        about = f" ({mask.matter(touch.matter)})" if touch.matter else ""
        yield LivedMoment(
            at=at,
            channel=touch.channel,
            direction=touch.direction,
            words=mask.text(f"{touch.activity}{about}{f': {said}' if said else ''}"),
            waited=at - before if before else timedelta(0),
        )
        before = at


class Mask:
    """Takes everything that points at a human out of texts, the same thing always for the same."""

    def __init__(
        self, person: Person, identifiers: Iterable[Identifier], touches: Iterable[LivedTouch]
    ) -> None:
        secrets: dict[str, str] = {}
        for name, claim in person.claims.items():
            if name not in PUBLIC_TRAITS:
                for text in _texts(claim.value):
                    secrets.setdefault(text, name)
        for identifier in identifiers:
            secrets.setdefault(identifier.value, identifier.kind)
        self._secrets = {t.casefold(): n for t, n in secrets.items() if len(t) >= SECRET_CHARS_MIN}
        longest_first = sorted(self._secrets, key=len, reverse=True)
        self._pattern = re.compile("|".join(map(re.escape, longest_first)), re.IGNORECASE)
        matters = dict.fromkeys(touch.matter for touch in touches if touch.matter)
        self._letters: Mapping[str, str] = {
            matter: f"{matter.partition('=')[0].removesuffix('_number')} {_letter(place)}"
            for place, matter in enumerate(matters)
        }

    def matter(self, matter: str) -> str:
        """Return a matter by a letter (``order A``)."""
        return self._letters.get(matter, "")

    def text(self, text: str) -> str:
        """Return a text with words for kinds in the place of what points at somebody."""
        for matter, letter in self._letters.items():
            value = matter.partition("=")[2]
            text = text.replace(value, letter) if len(value) >= SECRET_CHARS_MIN else text
        if not self._secrets:
            return text
        return self._pattern.sub(
            lambda found: f"[{self._secrets[found[0].casefold()].replace('_', ' ')}]", text
        )


def _letter(place: int) -> str:
    return ascii_uppercase[place] if place < len(ascii_uppercase) else str(place + 1)


def _texts(value: object) -> list[str]:
    """Return the texts inside a value; a full name also by its words."""
    if isinstance(value, dict):
        return [text for part in value.values() for text in _texts(part)]
    if isinstance(value, list):
        return [text for part in value for text in _texts(part)]
    text = str(value) if isinstance(value, str | int) and not isinstance(value, bool) else ""
    return [text, *text.split()] if text else []
