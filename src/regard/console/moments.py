"""Moments as people read them: in the person's own zone, with the distance from now.

Aware UTC datetimes in, short English texts out. Pure; the zone and the present are handed in.
Unknown zones fall back to the company's, and the caller is told which zone was used.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel.dates import format_datetime

from regard.core.event import Event
from regard.core.facts import Entry
from regard.core.person import Person
from regard.core.program import Program
from regard.drawing.durations import SHORT_UNITS, short_duration

LOCALE = "en"


@lru_cache(maxsize=512)
def zone_named(name: str) -> ZoneInfo | None:
    """Return the zone of an IANA name, or None when there is no such zone."""
    try:
        return ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return None


def zone_of(person: Person | None, program: Program) -> str:
    """Return the IANA name of the person's zone, else of the company's."""
    claimed = person.trait("time_zone") if person else None
    if isinstance(claimed, str) and zone_named(claimed):
        return claimed
    return program.company.zone if zone_named(program.company.zone) else "UTC"


def told_at(entry: Entry) -> datetime:
    """Return when an entry happened as people tell it.

    An event at its own moment. All else when we took note: a conclusion carries the moment of the
    event that it hangs on, and a promise that broke today did not break when it was made.
    """
    return entry.at if isinstance(entry.body, Event) else entry.received_at


def place_of(zone: str) -> str:
    """Return the city that an IANA zone is named after: ``New York`` of ``America/New_York``."""
    return zone.rpartition("/")[2].replace("_", " ")


def local(moment: datetime, zone: str, pattern: str = "EEE d MMM HH:mm") -> str:
    """Return ``Tue 3 Mar 09:00`` in `zone`; `pattern` is a CLDR date pattern."""
    return format_datetime(moment, pattern, tzinfo=zone_named(zone) or UTC, locale=LOCALE)


def utc(moment: datetime) -> str:
    """Return ``2026-03-03 08:00:00 UTC``."""
    return moment.astimezone(UTC).strftime("%Y-%m-%d %H:%M:%S UTC")


def span(length: timedelta) -> str:
    """Return a length by its two largest units: ``2 d 3 h``, ``45 s``; signs are dropped."""
    return short_duration(abs(round(length.total_seconds())))


def distance(moment: datetime, now: datetime) -> str:
    """Return ``3 min ago``, ``in 2 h`` or ``now``, by the largest unit only."""
    seconds = round((moment - now).total_seconds())
    if abs(seconds) < 2:
        return "now"
    unit, size = next((u, s) for u, s in SHORT_UNITS if abs(seconds) >= s)
    text = f"{abs(seconds) // size} {unit}"
    return f"in {text}" if seconds > 0 else f"{text} ago"
