"""identity.yaml, consent.yaml, policies.yaml -> rules that hold for everybody.

Each file may be missing: then the defaults of `docs/project-folder.md` hold.
"""

from __future__ import annotations

import re
from collections.abc import Collection
from dataclasses import dataclass, replace
from datetime import time, timedelta
from typing import Literal, cast

import phonenumbers

from regard.core.event import DEPARTMENT
from regard.core.facts import MessageClass
from regard.core.rules import (
    AS_THEY_ARE,
    Arbitration,
    Cap,
    IdentifierKind,
    IdentityRules,
    Linking,
    Purpose,
    QuietHours,
    Validator,
)
from regard.project.arbitration import read_arbitration
from regard.project.reading import Table, check_word
from regard.project.words import id_of, language_of, pattern_of, time_of

CLASSES: tuple[MessageClass, ...] = ("service", "marketing")
NORMALISERS = ("none", "email", "phone", "lower", "upper")
COUNT_MAX = 10_000
"""Identifiers of one kind of one person; beyond it is a kiosk, not a human."""

LINKINGS: tuple[Linking, ...] = ("every", "one", "first", "new", "never")
VALIDATORS: tuple[Validator, ...] = ("none", "luhn", "uuid", "digits")

PRESETS: dict[str, tuple[Linking, Linking]] = {
    "link": ("one", "one"),
    "convert_anonymous": ("new", "one"),
    "isolate": ("never", "one"),
    "best_match": ("first", "first"),
}
"""Which evidence links devices, and which links other kinds that are not exclusive."""

DEFAULT_PRESET = "link"

DEFAULT_KINDS = (
    IdentifierKind(kind="user_id", priority=1, paths=("userId",), is_exclusive=True, count_max=1),
    IdentifierKind(
        kind="loyalty_number",
        priority=2,
        normalise="upper",
        paths=("traits.loyalty_number", "properties.loyalty_number"),
        is_exclusive=True,
        count_max=1,
    ),
    IdentifierKind(
        kind="email",
        priority=3,
        normalise="email",
        paths=("traits.email", "context.traits.email", "properties.email"),
    ),
    IdentifierKind(
        kind="phone",
        priority=4,
        normalise="phone",
        paths=("traits.phone", "context.traits.phone", "properties.phone"),
    ),
    IdentifierKind(
        kind="order_number",
        priority=5,
        normalise="upper",
        paths=("properties.order_number",),
        count_max=1_000,
    ),
    IdentifierKind(kind="device_id", priority=6, paths=("context.device.id",), is_device=True),
    IdentifierKind(
        kind="anonymous_id", priority=7, paths=("anonymousId",), is_device=True, count_max=100
    ),
)

BLOCKED = frozenset(
    (
        "", "-1", "0", "00000000-0000-0000-0000-000000000000", "[object object]", "anonymous",
        "distinct_id", "distinctid", "false", "guest", "id", "n/a", "na", "nan", "nil", "none",
        "not authenticated", "not-authenticated", "not_authenticated", "null", "true",
        "undefined", "unknown", "user", "visitor",
    )
)  # fmt: skip
"""Never an identifier, in any case: what clients send when they do not know (PostHog's list)."""

PLACEHOLDERS = re.compile(
    r"^(?:(?:no-?reply|do-?not-?reply|no-?e?mail|nobody)@"
    r"|(a|aa|aaa|abc|asdf|example|foo|na|no|none|null|test|unknown|x|xx|xxx)@\1\.)",
    re.IGNORECASE,
)
"""Addresses that people type where a form insists (none@none.com), and that nobody reads."""

TEMPLATES = re.compile(
    r"\{\{.*\}\}|\{%.*%\}|\$\{.*\}|#\{.*\}|<%.*%>|%%.+%%|\*\|.+\|\*|^%\w+%$|^\{[\w.]+\}$"
)
"""What was to be filled in and was not ({{userId}}, ${userId}, %%user_id%%, *|EMAIL|*): the same
text for everybody, from every mail or page that the template went into."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Policies:
    """What policies.yaml says."""

    quiet_hours: tuple[QuietHours, ...] = ()
    caps: tuple[Cap, ...] = ()
    silence_value: float = 0.5
    fatigue_per_touch: float = 0.2
    arbitration: Arbitration = AS_THEY_ARE


def read_identity(table: Table | None) -> IdentityRules:
    """Return the kinds of identifiers, strongest first, and what is never one."""
    if table is None:
        return IdentityRules(
            kinds=_default_kinds(DEFAULT_PRESET),
            blocked_values=BLOCKED,
            blocked_patterns=(PLACEHOLDERS, TEMPLATES),
            phone_region="",
        )
    preset = table.choice("preset", PRESETS, DEFAULT_PRESET)
    kinds = tuple(
        _kind(name, given, priority, preset)
        for priority, (name, given) in enumerate(table.named_tables("kinds"), start=1)
    )
    region = table.text("phone_region")
    if region and region not in phonenumbers.SUPPORTED_REGIONS:
        table.at("phone_region").problem(f"{region!r} is not a region such as 'AT'")
    if not kinds:
        kinds = _default_kinds(preset)
    rules = IdentityRules(
        kinds=kinds,
        blocked_values=BLOCKED | {value.casefold() for value in table.texts("blocked")},
        blocked_patterns=(PLACEHOLDERS, TEMPLATES, *table.words("blocked_patterns", pattern_of)),
        phone_region=region,
    )
    table.close()
    return rules


def _default_kinds(preset: str) -> tuple[IdentifierKind, ...]:
    return tuple(replace(kind, linking=_linking_of(preset, kind)) for kind in DEFAULT_KINDS)


def _linking_of(preset: str, kind: IdentifierKind) -> Linking:
    """Return which evidence links a kind by a preset; what a kind says itself goes before."""
    if kind.is_device:
        return PRESETS[preset][0]
    return "every" if kind.is_exclusive else PRESETS[preset][1]


def _kind(name: str, given: Table, priority: int, preset: str) -> IdentifierKind:
    check_word(given.place, name, id_of)
    if name == DEPARTMENT:
        given.place.problem("is the kind of the company's own departments", "choose another name")
    paths = given.texts("paths")
    if not paths:
        given.place.problem("has no paths", "paths: [traits.email]")
    for index, path in enumerate(paths):
        root, _, rest = path.partition(".")
        if path not in ("userId", "anonymousId") and not (
            root in ("traits", "properties", "context") and rest
        ):
            given.place.under("paths", index).problem(
                f"{path!r} is not a place in an event",
                "userId, anonymousId, traits.x, properties.x or context.x.y",
            )
    normalise = given.choice("normalise", NORMALISERS, "none")
    kind = IdentifierKind(
        kind=name,
        priority=priority,
        normalise=cast(Literal["none", "email", "phone", "lower", "upper"], normalise),
        paths=paths,
        is_exclusive=given.flag("exclusive", default=False),
        is_device=given.flag("device", default=False),
        count_max=given.whole("count_max", 10, low=1, high=COUNT_MAX),
        count_window=given.duration("within"),
        persons_max=given.whole("persons_max", 1, low=1, high=COUNT_MAX),
        pattern=given.word("pattern", pattern_of, None),
        validator=cast(Validator, given.choice("validator", VALIDATORS, "none")),
        blocked_values=frozenset(value.casefold() for value in given.texts("blocked")),
        blocked_patterns=given.words("blocked_patterns", pattern_of),
    )
    links = given.choice("links", LINKINGS, _linking_of(preset, kind))
    _check_kind(given, kind, links)
    given.close()
    return replace(kind, linking=cast(Linking, links))


def _check_kind(given: Table, kind: IdentifierKind, links: str) -> None:
    """Report settings that contradict one another."""
    if kind.is_exclusive and kind.count_max > 1 and "count_max" in given:
        given.at("count_max").problem("a person has one value of an exclusive kind", "count_max: 1")
    if kind.count_window is not None and kind.is_exclusive:
        given.at("within").problem("a person has one value of an exclusive kind, ever")
    if kind.count_window is not None and kind.count_window <= timedelta(0):
        given.at("within").problem("a window of no length counts nothing", "within: 30 days")
    if kind.is_exclusive and links != "every":
        given.at("links").problem(
            "an exclusive kind tells persons apart; it links by every evidence", "links: every"
        )


def read_purposes(table: Table | None) -> dict[str, Purpose]:
    """Return the purposes that consent is given for, by id."""
    purposes: dict[str, Purpose] = {}
    if table is None:
        return purposes
    for name, given in table.named_tables("purposes"):
        check_word(given.place, name, id_of)
        purposes[name] = Purpose(
            id=name,
            title=given.text("title") or name,
            needs_consent=given.flag("needs_consent", default=True),
            titles=_titles(given),
        )
        given.close()
    table.close()
    return purposes


def _titles(given: Table) -> dict[str, str]:
    """Return what a purpose is called in other languages."""
    others = given.table("titles")
    if others is None:
        return {}
    for language in others.data:
        check_word(others.at(language), language, language_of)
    return {language: others.text(language) for language in others.data}


def read_policies(table: Table | None, channels: Collection[str]) -> Policies:
    """Return quiet hours, caps and the value of silence."""
    if table is None:
        return Policies()
    silence = table.table("silence")
    default = Policies()
    policies = Policies(
        quiet_hours=tuple(_quiet_hours(given) for given in table.tables("quiet_hours")),
        caps=_caps(table, channels),
        silence_value=_value(silence, "value", default.silence_value),
        fatigue_per_touch=_value(silence, "fatigue_per_touch", default.fatigue_per_touch),
        arbitration=read_arbitration(table.table("arbitration")),
    )
    for key in ("holdouts", "learning"):
        table.any(key)  # read when the engagements are known
    if silence is not None:
        silence.close()
    table.close()
    return policies


def _value(table: Table | None, key: str, default: float) -> float:
    return default if table is None else float(table.number(key, default, low=0, high=1_000))


def _quiet_hours(given: Table) -> QuietHours:
    start = given.word("from", time_of, time(21), required=True)
    end = given.word("to", time_of, time(8), required=True)
    if start == end:
        given.place.problem("quiet hours that end when they start last all day or not at all")
    hours = QuietHours(start=start, end=end, message_classes=_classes(given))
    given.close()
    return hours


def _classes(given: Table) -> tuple[MessageClass, ...]:
    found = given.references("for", CLASSES, "message class")
    return cast(tuple[MessageClass, ...], found) or ("marketing",)


def _caps(table: Table, channels: Collection[str]) -> tuple[Cap, ...]:
    caps: dict[str, Cap] = {}
    for given in table.tables("caps"):
        cap = Cap(
            id=given.word("id", id_of, "", required=True),
            count=given.whole("at_most", 1, low=0, high=10_000),
            window=given.duration("within") or timedelta(days=1),
            message_classes=_classes(given),
            channels=given.references("channels", channels, "channel"),
        )
        for key in ("at_most", "within"):
            if key not in given:
                given.missing(key)
        if cap.id in caps:
            given.at("id").problem(f"there are two caps {cap.id!r}")
        caps[cap.id] = cap
        given.close()
    return tuple(caps.values())
