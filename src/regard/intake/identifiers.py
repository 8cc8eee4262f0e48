"""Which identifiers an event carries: found by the program's paths, normalised, strongest first.

Normalising is left to phonenumbers and email-validator and remembered, because a phone number
costs 57 µs to parse. What is blocked or unreadable is dropped and said so, never kept as it came:
one ``null`` as an identifier makes one person of thousands (PAINS: the mega person).
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping, Sequence
from functools import lru_cache, partial
from typing import Any
from uuid import UUID

import phonenumbers
from email_validator import SPECIAL_USE_DOMAIN_NAMES, EmailNotValidError, validate_email

from regard.core.event import Identifier
from regard.core.rules import IdentifierKind, IdentityRules, Validator

REMEMBERED_MAX = 16_384
"""Values per kind whose normal form is remembered: some 5 MB a kind at the most."""

VALUE_LENGTH_MAX = 256
"""No identifier in use is longer; an e-mail address may have 254 characters."""

PAIRS_MAX = 32
"""Identifiers that one event may state beside its paths; each may cost a phone number's parsing."""

Normaliser = Callable[[str], str]
Path = tuple[str, ...]
Rank = tuple[int, int]
"""The place of a kind, and of a path among the paths of its kind."""

PAIRS_LAST = 1_000
"""What a sender states beside the fields comes behind every path of its kind."""

Checked = tuple[Identifier | None, str]
"""An identifier, or None and what is wrong with it (nothing, for an empty text)."""

_PLAIN_ADDRESS = re.compile(
    r"[a-z0-9]+(?:[._+-][a-z0-9]+)*@(?:[a-z0-9]+(?:-[a-z0-9]+)*\.)+([a-z]{2,})", re.ASCII
)
"""Addresses that need no second look: nearly all. The last group is the top-level domain."""

PLAIN_LENGTH_MAX = 64
"""So short, no part of an address can be too long (RFC 5321 4.5.3.1, RFC 1035 2.3.4)."""

_SPECIAL_ENDS = frozenset(name.rpartition(".")[2] for name in SPECIAL_USE_DOMAIN_NAMES)


class IdentifierReader:
    """Reads identifiers by the rules of one program. Pure; remembers what it has normalised."""

    def __init__(self, rules: IdentityRules) -> None:
        self._checks = {
            kind.kind: lru_cache(maxsize=REMEMBERED_MAX)(partial(_check, kind, rules))
            for kind in rules.kinds
        }
        self._kinds = tuple(self._checks)
        self._checks_by_rank = tuple(self._checks.values())
        # Many paths share few parents (traits, context.traits ...): each is looked up once.
        parents: dict[Path, list[tuple[str, Rank]]] = {}
        for rank, kind in enumerate(rules.kinds):
            for number, path in enumerate(kind.paths):
                *parent, leaf = path.split(".")
                parents.setdefault(tuple(parent), []).append((leaf, (rank, number)))
        self._parents = tuple(parents.items())

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
        pairs = (*stated, *hinted) if stated or hinted else ()
        for (rank, _), value in self._values(fields, pairs[:PAIRS_MAX]):
            identifier, complaint = self._checks_by_rank[rank](
                value if type(value) is str else _text_of(value)
            )
            if complaint:
                kind = self._kinds[rank]
                complaints.append(f"identifier {kind} {str(value)[:64]!r} {complaint}")
            elif identifier is not None and identifier not in found:
                found.append(identifier)
        for kind, _ in stated:
            if kind not in self._checks:
                complaints.append(f"identifier kind {kind[:64]!r} is unknown")
        if len(pairs) > PAIRS_MAX:
            complaints.append(f"only the first {PAIRS_MAX} stated identifiers were read")
        return tuple(found), tuple(complaints)

    def normalise(self, kind: str, value: str) -> Identifier | None:
        """Return the identifier as events carry it; None when it is blocked or unreadable."""
        check = self._checks.get(kind)
        return check(value)[0] if check else None

    def _values(
        self, fields: Mapping[str, Any], pairs: Sequence[tuple[str, Any]]
    ) -> list[tuple[Rank, Any]]:
        """Return what stands at the paths and in the pairs, the strongest kind first."""
        values: list[tuple[Rank, Any]] = []
        for parent, leaves in self._parents:
            place: Any = fields
            for key in parent:
                place = place.get(key)
                if type(place) is not dict:
                    break
            else:
                for leaf, rank in leaves:
                    if leaf in place:
                        values.append((rank, place[leaf]))
        for kind, value in pairs:
            if kind in self._checks:
                values.append(((self._kinds.index(kind), PAIRS_LAST), value))
        values.sort(key=_rank)
        return values


def _rank(place: tuple[Rank, Any]) -> Rank:
    return place[0]


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
    problem = _invalid(kind, normal)
    return (None, problem) if problem else (Identifier(kind.kind, normal), "")


def _invalid(kind: IdentifierKind, normal: str) -> str:
    """Return what a kind's own rules have against a normal form, or ``""``."""
    blocked = normal.casefold() in kind.blocked_values or any(
        pattern.search(normal) for pattern in kind.blocked_patterns
    )
    if blocked:
        return "is blocked"
    if kind.pattern is not None and kind.pattern.fullmatch(normal) is None:
        return "does not have the form of its kind"
    if not VALIDATORS[kind.validator](normal):
        return f"is no {kind.validator}"
    # Two ids that look alike must not be two people (UTS #39), nor end a text early.
    return "" if normal.isprintable() else "holds an invisible or control character"


def is_luhn(text: str) -> bool:
    """Return whether digits (spaces and dashes aside) end in their check digit, ISO/IEC 7812-1."""
    digits = [int(c) for c in text if c not in " -"] if text.isascii() else []
    if len(digits) < 2:
        return False
    doubled = [sum(divmod(2 * d, 10)) for d in digits[-2::-2]]
    return (sum(digits[-1::-2]) + sum(doubled)) % 10 == 0


def _is_uuid(text: str) -> bool:
    try:
        return UUID(text).int != 0
    except ValueError:
        return False


VALIDATORS: Mapping[Validator, Callable[[str], bool]] = {
    "none": lambda _text: True,
    "luhn": lambda text: text.replace(" ", "").replace("-", "").isdecimal() and is_luhn(text),
    "uuid": _is_uuid,
    "digits": lambda text: text.isascii() and text.isdecimal(),
}
"""Named checks of a value in its normal form."""


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
    Plain addresses are told by their form: email-validator takes 100 µs for what it says of them.
    """
    plain = _PLAIN_ADDRESS.fullmatch(text.lower()) if len(text) <= PLAIN_LENGTH_MAX else None
    if plain and text.isascii() and plain[1] not in _SPECIAL_ENDS:
        return plain[0]
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
