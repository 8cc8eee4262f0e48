"""Where could the person be now? The set of time zones that what we know allows.

A person and the company in; zones out, never none. A zone the person or their device named
stands alone; else every zone of the phone number (of its country, unless it is a fixed line), the
country and the locale is possible; else every zone of the company's country. Sources:
phonenumbers, CLDR (babel), tzdata.
"""

from __future__ import annotations

from functools import lru_cache
from zoneinfo import ZoneInfo

import phonenumbers
from babel import Locale
from babel.core import get_global
from phonenumbers import PhoneNumberType, number_type, region_code_for_number
from phonenumbers.timezone import time_zones_for_number

from regard.core.person import Person
from regard.core.program import Program

CACHED_MAX = 16_384
"""Answers kept: parsing a phone number costs more than all the rest of a decision."""

Zones = tuple[ZoneInfo, ...]


def zones_of(person: Person, program: Program) -> Zones:
    """Return the zones the person may be in, sorted by name."""
    own = _text(person.trait("time_zone"))
    if own:
        zone = zone_named(own)
        if zone is not None:
            return (zone,)
    return _possible(
        _text(person.trait("phone")),
        program.identity.phone_region,
        _country(person),
        _text(person.trait("locale")),
        program.company.zone,
    )


@lru_cache(maxsize=1_024)
def zone_named(name: str) -> ZoneInfo | None:
    """Return the zone of an IANA name, None when there is none."""
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError):
        return None


def _country(person: Person) -> str:
    country = _text(person.trait("country"))
    if country:
        return country
    address = person.trait("address")
    return _text(address.get("country")) if isinstance(address, dict) else ""


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


@lru_cache(maxsize=CACHED_MAX)
def _possible(phone: str, region: str, country: str, locale: str, company_zone: str) -> Zones:
    names = {*_of_phone(phone, region), *_of_country(country), *_of_locale(locale)}
    at_home = {company_zone, *_of_country(_country_of_zone(company_zone))}
    return _loaded(names) or _loaded(at_home) or (ZoneInfo("UTC"),)


def _loaded(names: set[str]) -> Zones:
    found = (zone_named(name) for name in sorted(names))
    return tuple(zone for zone in found if zone is not None)


def _of_phone(phone: str, region: str) -> tuple[str, ...]:
    if not phone:
        return ()
    try:
        number = phonenumbers.parse(phone, region or None)
    except phonenumbers.NumberParseException:
        return ()
    zones = tuple(time_zones_for_number(number))
    if number_type(number) == PhoneNumberType.FIXED_LINE:
        return zones
    # A mobile number moves with its owner: its area code says where it was once bought.
    return (*zones, *_of_country(region_code_for_number(number) or ""))


def _of_country(country: str) -> tuple[str, ...]:
    """Return the zones of an ISO 3166 code (two or three letters) or an English name."""
    if not country:
        return ()
    code = country.strip().upper()
    zones = get_global("territory_zones")
    code = code if code in zones else _codes().get(code, "")
    return tuple(zones.get(code, ()))


@lru_cache(maxsize=1)
def _codes() -> dict[str, str]:
    aliases = get_global("territory_aliases")
    codes = {alias: targets[0] for alias, targets in aliases.items() if len(targets) == 1}
    names = Locale("en").territories
    return {**codes, **{name.upper(): code for code, name in names.items() if len(code) == 2}}


def _of_locale(locale: str) -> tuple[str, ...]:
    """Return the zones of a locale's own territory (``de-AT``); a bare language names none."""
    if not locale:
        return ()
    try:
        territory = Locale.parse(locale.replace("-", "_").partition(".")[0]).territory
    except (ValueError, TypeError, LookupError):
        return ()
    return _of_country(territory or "")


def _country_of_zone(zone: str) -> str:
    zones = get_global("territory_zones")
    return next((code for code, names in zones.items() if zone in names and len(code) == 2), "")
