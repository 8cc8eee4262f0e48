"""Which identifiers an event carries: found by the program's paths, normalised, strongest first.

Normalising is left to phonenumbers and email-validator and remembered, because a phone number
costs 57 µs to parse. What is blocked or unreadable is dropped and said so, never kept as it came:
one ``null`` as an identifier makes one person of thousands (PAINS: the mega person).
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any

import phonenumbers
from email_validator import EmailNotValidError, validate_email

from regard.core.event import Identifier
from regard.core.program import IdentifierKind, IdentityRules

REMEMBERED_MAX = 16_384
"""Values per kind whose normal form is remembered: some 5 MB a kind at the most."""

VALUE_LENGTH_MAX = 256
"""No identifier in use is longer; an e-mail address may have 254 characters."""

Normaliser = Callable[[str], str]
Path = tuple[str, ...]
Checked = tuple[Identifier | None, str]
"""An identifier, or None and what is wrong with it (nothing, for an empty text)."""

_NOWHERE: dict[str, Any] = {}


class IdentifierReader:
    """Reads identifiers by the rules of one program. Pure; remembers what it has normalised."""

    def __init__(self, rules: IdentityRules) -> None:
        ways = {kind.kind: [tuple(path.split(".")) for path in kind.paths] for kind in rules.kinds}
        # Many paths share few parents (traits, context.traits ...): each is looked up once.
        self._parents = tuple({way[:-1]: None for found in ways.values() for way in found})
        self._checks = {
            kind.kind: lru_cache(maxsize=REMEMBERED_MAX)(partial(_check, kind, rules))
            for kind in rules.kinds
        }
        self._kinds = tuple(
            (kind, check, tuple((self._parents.index(way[:-1]), way[-1]) for way in ways[kind]))
            for kind, check in self._checks.items()
        )

    def read(
        self,
        fields: Mapping[str, Any],
        stated: Sequence[tuple[str, Any]] = (),
        hinted: Sequence[tuple[str, Any]] = (),
    ) -> tuple[tuple[Identifier, ...], tuple[str, ...]]:
        """Return the identifiers found, the strongest kind first, and complaints.

        They are looked up in `fields` by the program's paths and added from (kind, value) pairs;
        an unknown kind is a complaint when `stated`, and nothing when only `hinted`.
        """
        found: list[Identifier] = []
        complaints: list[str] = []
        pairs = (*stated, *hinted)
        places = [_object_at(fields, parent) for parent in self._parents]
        for kind, check, leaves in self._kinds:
            values = [places[index][leaf] for index, leaf in leaves if leaf in places[index]]
            if pairs:
                values += [value for pair_kind, value in pairs if pair_kind == kind]
            for value in values:
                identifier, complaint = check(value if type(value) is str else _text_of(value))
                if complaint:
                    complaints.append(f"identifier {kind} {str(value)[:64]!r} {complaint}")
                elif identifier is not None and identifier not in found:
                    found.append(identifier)
        complaints += [
            f"identifier kind {kind[:64]!r} is unknown"
            for kind, _ in stated
            if kind not in self._checks
        ]
        return tuple(found), tuple(complaints)

    def normalise(self, kind: str, value: str) -> Identifier | None:
        """Return the identifier as events carry it; None when it is blocked or unreadable."""
        check = self._checks.get(kind)
        return check(value)[0] if check else None


def _object_at(fields: Mapping[str, Any], path: Path) -> Mapping[str, Any]:
    place: Any = fields
    for key in path:
        place = place.get(key)
        if type(place) is not dict:
            return _NOWHERE
    return place  # type: ignore[no-any-return]


def _text_of(value: Any) -> str | None:
    """Return the text of a number, so that 12 and "12" are one person; "" for null."""
    if value is None:
        return ""
    if isinstance(value, float) and value.is_integer():
        return str(int(value))
    return str(value) if isinstance(value, int) and not isinstance(value, bool) else None


def _check(kind: IdentifierKind, rules: IdentityRules, given: str | None) -> Checked:
    if given is None:
        return None, "is not a text or a whole number"
    text = given.strip()
    if not text:
        return None, ""
    if len(text) > VALUE_LENGTH_MAX:
        return None, f"is longer than {VALUE_LENGTH_MAX} characters"
    if _is_blocked(text, rules):
        return None, "is blocked"
    try:
        normal = _normaliser(kind, rules.phone_region)(text)
    except ValueError as error:
        return None, f"is not usable: {error}"
    if normal != text and _is_blocked(normal, rules):
        return None, "is blocked"
    return Identifier(kind.kind, normal), ""


def _is_blocked(text: str, rules: IdentityRules) -> bool:
    values = rules.blocked_values
    if text in values or text.casefold() in values:
        return True
    return any(pattern.search(text) for pattern in rules.blocked_patterns)


def _normaliser(kind: IdentifierKind, phone_region: str) -> Normaliser:
    match kind.normalise:
        case "email":
            return email_of
        case "phone":
            return partial(phone_of, region=phone_region)
        case "lower":
            return str.casefold
        case "upper":
            return str.upper
    return str


def email_of(text: str) -> str:
    """Return an address in lower case, its domain in Unicode; raise `ValueError` if it is none.

    Nothing is looked up in DNS. Local parts are case-sensitive by RFC 5321 and nowhere in life.
    """
    try:
        found = validate_email(text, check_deliverability=False, test_environment=True)
    except EmailNotValidError as error:
        raise ValueError(str(error)) from error
    return found.normalized.lower()


def phone_of(text: str, region: str) -> str:
    """Return a number in E.164 (``+436641234567``); raise `ValueError` when it cannot be one."""
    try:
        number = phonenumbers.parse(text, region or None)
    except phonenumbers.NumberParseException as error:
        raise ValueError(str(error)) from error
    if not phonenumbers.is_possible_number(number):
        raise ValueError("no such number is possible")
    return str(phonenumbers.format_number(number, phonenumbers.PhoneNumberFormat.E164))
