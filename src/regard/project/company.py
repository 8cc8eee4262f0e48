"""regard.toml -> company, channels, sources, departments.

Secrets stay in the environment: keys of sources are read here, those of channels when an adapter
opens; a variable that is named but not set is a problem. An adapter's own settings are passed on
as they stand and checked by `channels`.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from dataclasses import dataclass, replace
from datetime import timedelta
from importlib.metadata import entry_points
from typing import cast

from regard.core.backoff import FIRST_S, LONGEST_S
from regard.core.reaching import SELF, SUBSCRIPTION, nameless_kinds
from regard.core.rules import IdentityRules, Purpose
from regard.core.settings import (
    KEEP_ALL,
    USUAL_OPERATING,
    Channel,
    Company,
    Department,
    InboundMail,
    Lake,
    Operating,
    Permission,
    Retention,
    Source,
    Trust,
)
from regard.project.arbitration import read_capacity
from regard.project.inbound import read_domain_paces, read_inbound_mail
from regard.project.operating import read_operating
from regard.project.reading import Table, check_reference, check_word
from regard.project.retention import read_retention
from regard.project.words import channel_of, currency_of, id_of, language_of, time_of, zone_of

ADAPTERS = ("post_room", "smtp", "webhook", "sms", "push", "feed")
ANSWERING = ("post_room", "webhook")
"""Adapters that a journey may call: the one that answers, and the one that stands in for all."""

ADDRESSES = ("email", "phone", "webhook")
"""Where a department may be told something: traits that channels reach by."""

TRUSTS: dict[str, Trust] = {"customer": 0, "verified": 1, "observed": 2, "inferred": 3}
PERMISSIONS: dict[str, Permission] = {
    "receipts": "receipts",
    "rights": "rights",
    "journeys": "journeys",
    "identity": "identity",
    "decisions": "decisions",
    "cases": "cases",
}
OWN_SOURCES = ("console", "regard")
"""Names that Regard's own events carry as their source: nobody else may look like them."""

PUBLISHING_PACE_PER_S = 50.0
"""People whom an edit reaches a second: a shortened wait of 100,000 is let go within the hour."""

LAKE_EVERY, LAKE_EVERY_MIN = timedelta(hours=1), timedelta(minutes=1)
"""How often a house that serves fills its lake; each time looks at everybody whom it knows."""

DEFAULT_COMPANY = Company(id="company", name="", zone="UTC", languages=("en",))

_KEY = re.compile(r"[\x21-\x39\x3b-\x7e]{6,200}")
"""Write keys travel in Basic authorization, where a colon ends them."""


@dataclass(frozen=True, slots=True, kw_only=True)
class House:
    """Everything that regard.toml says."""

    company: Company
    channels: Mapping[str, Channel]
    sources: Mapping[str, Source]
    departments: Mapping[str, Department]
    publishing_pace_per_s: float = PUBLISHING_PACE_PER_S
    tracking_purpose: str = ""
    inbound_mail: InboundMail | None = None
    lake: Lake | None = None
    operating: Operating = USUAL_OPERATING
    retention: Retention = KEEP_ALL


def read_house(table: Table, environ: Mapping[str, str], purposes: Mapping[str, Purpose]) -> House:
    """Return what regard.toml says; every slip is reported."""
    channels = _channels(table, environ)
    table.text("store")  # where the house runs; read before the project is (cli.place)
    house = House(
        company=_company(table),
        channels=channels,
        sources=_sources(table, environ),
        departments=_departments(table),
        publishing_pace_per_s=_publishing_pace(table.table("publishing")),
        tracking_purpose=_tracking_purpose(table.table("tracking"), purposes),
        inbound_mail=read_inbound_mail(table.table("inbound"), channels),
        lake=_lake(table.table("lake")),
        operating=read_operating(table.table("operating"), environ),
        retention=read_retention(table.table("retention")),
    )
    table.close()
    return house


def _tracking_purpose(table: Table | None, purposes: Mapping[str, Purpose]) -> str:
    """Return the purpose under which opens and clicks are looked at; it needs consent."""
    if table is None:
        return ""
    purpose = table.text("purpose", required=True)
    place = table.at("purpose")
    is_known = bool(purpose) and check_reference(place, purpose, purposes, "purpose")
    if is_known and not purposes[purpose].needs_consent:
        place.problem("opens and clicks are looked at with consent alone", "needs_consent: true")
    table.close()
    return purpose


def _lake(table: Table | None) -> Lake | None:
    if table is None:
        return None
    every = table.duration("every") or LAKE_EVERY
    if every < LAKE_EVERY_MIN:
        table.at("every").problem("the lake is filled once a minute at most", "1 minute")
    folder = table.text("folder")
    if folder and not folder.startswith((".", "/")):
        # A year of it is more files than a project may have.
        table.at("folder").problem(
            "the lake lies among the definitions", f"../{folder} or .{folder}"
        )
    lake = Lake(folder=folder, every=every, is_open=table.flag("now", default=True))
    table.close()
    return lake


def _publishing_pace(table: Table | None) -> float:
    if table is None:
        return PUBLISHING_PACE_PER_S
    pace = table.number("pace_per_s", PUBLISHING_PACE_PER_S, low=0, high=100_000)
    table.close()
    return float(pace)


def _company(table: Table) -> Company:
    website = table.text("website")
    if website and not re.match(r"https?://[^\s/]", website):
        table.at("website").problem(f"{website!r} is not a web address", "https://…")
    return Company(
        id=table.word("id", id_of, DEFAULT_COMPANY.id, required=True),
        name=table.text("name", required=True),
        zone=table.word("zone", zone_of, DEFAULT_COMPANY.zone),
        languages=table.words("languages", language_of) or DEFAULT_COMPANY.languages,
        address=table.text("address"),
        website=website.rstrip("/"),
        currency=table.word("currency", currency_of, ""),
    )


def _channels(table: Table, environ: Mapping[str, str]) -> dict[str, Channel]:
    channels = {}
    for name, given in table.named_tables("channels"):
        if check_word(given.place, name, channel_of):
            channels[name] = _channel(name, given, environ)
    return channels


def _channel(name: str, given: Table, environ: Mapping[str, str]) -> Channel:
    adapter = given.choice("adapter", (*ADAPTERS, *installed_adapters(given.data)), "post_room")
    for key, value in given.data.items():
        if key == "domains":
            continue
        if isinstance(value, dict | list):
            given.at(key).problem(
                "a setting is a text, a number, true or false",
                f'a channel with a dot is written [channels."{name}.{key}"]',
            )
        elif key.endswith("_env") and adapter != "post_room":
            _secret(given, key, environ)
    return Channel(
        id=name,
        adapter=adapter,
        settings={key: value for key, value in given.data.items() if key != "domains"},
        reaches_by=given.text("reaches_by") or _address_trait(name, adapter),
        disturbs=given.flag("disturbs", default=_disturbs(name)),
        pace_per_s=float(given.number("pace_per_s", 0.0, low=0, high=100_000)),
        retry_first_s=float(given.number("retry_first_s", FIRST_S, low=0.05, high=LONGEST_S)),
        domain_paces=read_domain_paces(given),
    )


def installed_adapters(given: Mapping[str, object]) -> tuple[str, ...]:
    """Return the adapter that a channel names, if another package brings it by an entry point.

    Only its name is looked at; `regard.channels` loads it when the channel opens.
    """
    name = given.get("adapter")
    if not isinstance(name, str) or name in ADAPTERS:
        return ()
    return tuple({point.name for point in entry_points(group="regard.channels", name=name)})


def judged(channels: Mapping[str, Channel], identity: IdentityRules) -> dict[str, Channel]:
    """Return channels that know which identifiers name nobody; ``anonymous = "always"``: all."""
    nameless, every = nameless_kinds(identity), frozenset(k.kind for k in identity.kinds)
    return {
        name: replace(
            channel,
            unproven_kinds=every if channel.settings.get("anonymous") == "always" else nameless,
        )
        if channel.reaches_by == SUBSCRIPTION
        else channel
        for name, channel in channels.items()
    }


def _address_trait(channel: str, adapter: str) -> str:
    if adapter == "push":
        return SUBSCRIPTION
    if adapter == "feed":
        return SELF
    if channel == "email":
        return "email"
    if channel in ("sms", "whatsapp", "phone.call"):
        return "phone"
    return "push_token"


def _disturbs(channel: str) -> bool:
    return channel in ("sms", "phone.call") or channel.startswith("push.")


def _secret(given: Table, key: str, environ: Mapping[str, str]) -> str:
    variable = given.text(key)
    value = environ.get(variable, "")
    if variable and not value:
        given.at(key).problem(
            f"the environment variable {variable} is not set", f"export {variable}=…"
        )
    return value


def _sources(table: Table, environ: Mapping[str, str]) -> dict[str, Source]:
    sources: dict[str, Source] = {}
    owners: dict[str, str] = {}
    for name, given in table.named_tables("sources"):
        source = _source(name, given, environ)
        if source.key in owners:
            given.place.problem(f"has the same key as the source {owners[source.key]!r}")
        elif source.key:
            owners[source.key] = name
        sources[name] = source
    return sources


def _source(name: str, given: Table, environ: Mapping[str, str]) -> Source:
    check_word(given.place, name, id_of)
    if name in OWN_SOURCES:
        given.place.problem(f"{name!r} is Regard's own source", "choose another name")
    if "key" in given and "key_env" in given:
        given.at("key_env").problem("a source has key or key_env, not both")
    if "key" not in given and "key_env" not in given:
        given.place.problem("has no key", 'key_env = "REGARD_KEY_…" keeps it out of the folder')
    key = given.text("key") or _secret(given, "key_env", environ)
    if key and not _KEY.fullmatch(key):
        given.place.problem("a key has 6 to 200 characters, no spaces and no colon")
    channel = given.word("channel", channel_of, "")
    source = Source(
        id=name,
        key=key,
        title=given.text("title") or name,
        channel=channel,
        trust=TRUSTS[given.choice("trust", TRUSTS, "observed")],
        may=_permissions(given, channel),
        limit_per_s=float(given.number("limit_per_s", 0.0, low=0, high=100_000)),
    )
    given.close()
    return source


def _permissions(given: Table, channel: str) -> frozenset[Permission]:
    """Return what a source is trusted with; warns where its key is there for all to read."""
    names = given.references("may", PERMISSIONS, "permission")
    if names and channel.partition(".")[0] in ("web", "app"):
        given.at("may").warn(
            "whoever reads this key in a page or an app may use the permission",
            "give it to a source of your servers",
        )
    return frozenset(PERMISSIONS[name] for name in names)


def _departments(table: Table) -> dict[str, Department]:
    departments = {}
    for name, given in table.named_tables("departments"):
        check_word(given.place, name, id_of)
        opens, closes = given.word("opens", time_of, None), given.word("closes", time_of, None)
        capacity, window = read_capacity(given)
        if (opens is None) != (closes is None):
            given.place.problem("opens and closes belong together")
        departments[name] = Department(
            id=name,
            title=given.text("title") or name,
            opens=opens,
            closes=closes,
            weekdays=_weekdays(given),
            addresses=_addresses(given),
            capacity=capacity,
            capacity_window=window,
        )
        given.close()
    return departments


def _addresses(given: Table) -> dict[str, str]:
    """Return the traits that channels reach the department by."""
    found = {trait: given.text(trait) for trait in ADDRESSES}
    return {trait: address for trait, address in found.items() if address}


def _weekdays(given: Table) -> tuple[int, ...]:
    days = given.any("weekdays")
    if days is None:
        return tuple(range(7))
    is_list = isinstance(days, list) and bool(days)
    if not is_list or any(type(day) is not int or not 0 <= day <= 6 for day in days):
        given.at("weekdays").problem("is not a list of days from 0 (Monday) to 6 (Sunday)")
        return tuple(range(7))
    return tuple(sorted(set(cast(list[int], days))))
