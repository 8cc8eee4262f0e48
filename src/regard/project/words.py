"""Words of a project folder as values: durations, times of day, zones, languages, patterns.

Each function takes the text as written and returns the value, or raises `ValueError` with a
message that says what was expected. No clock, no locale of the machine.
"""

from __future__ import annotations

import re
from datetime import UTC, date, datetime, time, timedelta
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from babel import Locale, UnknownLocaleError
from cronsim import CronSim, CronSimError

UNITS_S = {"second": 1, "minute": 60, "hour": 3_600, "day": 86_400, "week": 604_800}
"""Seconds of each unit. Months and years are left out: they have no fixed length."""

DURATION_MAX = timedelta(days=3_660)
"""Ten years; a longer wait is a slip of the keyboard."""

ID_PATTERN = re.compile(r"[a-z][a-z0-9_]{0,62}")
CHANNEL_PATTERN = re.compile(r"[a-z][a-z0-9_]*(?:\.[a-z0-9_]+){0,3}")

_DURATION_PART = re.compile(r"\s*(\d{1,9}(?:\.\d{1,6})?)\s*([a-z]+?)s?(?=[\s,\d]|$),?")


def duration_of(text: str) -> timedelta:
    """Return the duration of ``15 minutes`` or ``1 day 2 hours``: 0 seconds to ten years."""
    total_s = 0.0
    position = 0
    while position < len(text.rstrip()):
        part = _DURATION_PART.match(text.lower(), position)
        if part is None or part[2] not in UNITS_S:
            raise ValueError(_not_a_duration(text))
        total_s += float(part[1]) * UNITS_S[part[2]]
        position = part.end()
    if position == 0:
        raise ValueError(_not_a_duration(text))
    if total_s > DURATION_MAX.total_seconds():
        raise ValueError(f"{text!r} is longer than ten years")
    return timedelta(seconds=total_s)


def _not_a_duration(text: str) -> str:
    if re.search(r"month|year", text, re.IGNORECASE):
        return f"{text!r} has no fixed length; say it in days or weeks"
    return f"{text[:60]!r} is not a duration such as '15 minutes', '24 hours' or '3 days'"


def time_of(text: str) -> time:
    """Return the time of day of ``HH:MM``; ``24:00`` is not one (say ``00:00``)."""
    found = re.fullmatch(r"([01]?\d|2[0-3]):([0-5]\d)", text)
    if found is None:
        raise ValueError(f"{text[:60]!r} is not a time of day such as '08:00'")
    return time(int(found[1]), int(found[2]))


def zone_of(text: str) -> str:
    """Return the name of an IANA time zone such as ``Europe/Vienna``."""
    try:
        ZoneInfo(text)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        raise ValueError(f"{text[:60]!r} is not a time zone such as 'Europe/Vienna'") from None
    return text


def cron_of(text: str) -> str:
    """Return a cron line of five fields (minute, hour, day, month, weekday) that comes to pass."""
    try:
        if len(text.split()) != 5:
            raise CronSimError("five fields are wanted")
        next(CronSim(text, datetime(2026, 1, 1, tzinfo=UTC)))
    except (CronSimError, StopIteration) as error:
        why = str(error) or "it never comes"
        raise ValueError(f"{text[:60]!r} is not a cron line such as '0 9 * * 1': {why}") from None
    return " ".join(text.split())


def language_of(text: str) -> str:
    """Return a language tag such as ``de`` or ``pt-BR`` (BCP 47, as far as CLDR knows it)."""
    try:
        Locale.parse(text, sep="-")
    except (UnknownLocaleError, ValueError, TypeError):
        raise ValueError(f"{text[:60]!r} is not a language such as 'en' or 'pt-BR'") from None
    return text


def currency_of(text: str) -> str:
    """Return a currency code of ISO 4217 such as ``EUR`` (as far as CLDR knows it)."""
    if text not in Locale("en").currencies:
        raise ValueError(f"{text[:60]!r} is not a currency such as 'EUR'")
    return text


def id_of(text: str) -> str:
    """Return an id: a small letter, then small letters, digits and ``_``; at most 63."""
    if not ID_PATTERN.fullmatch(text):
        raise ValueError(f"{text[:60]!r} is not an id such as 'check_in_reminder'")
    return text


def channel_of(text: str) -> str:
    """Return an exact channel such as ``email``, ``push.web`` or ``app.phone``."""
    if not CHANNEL_PATTERN.fullmatch(text):
        raise ValueError(f"{text[:60]!r} is not a channel such as 'email' or 'push.web'")
    return text


def pattern_of(text: str) -> re.Pattern[str]:
    """Return a compiled regular expression of at most 200 characters."""
    if len(text) > 200:
        raise ValueError("a pattern has at most 200 characters")
    try:
        return re.compile(text)
    except (re.error, RecursionError, OverflowError) as error:
        raise ValueError(f"{text!r} is not a regular expression: {error}") from None


def moment_of(text: str) -> datetime:
    """Return the aware UTC moment of an ISO 8601 text; without a zone it is taken as UTC."""
    try:
        return as_utc(datetime.fromisoformat(text))
    except (ValueError, OverflowError):
        raise ValueError(f"{text[:60]!r} is not a moment such as '2026-01-01T00:00:00Z'") from None


def as_utc(moment: datetime | date) -> datetime:
    """Return a moment as aware UTC; a day is its first moment, a naive moment is UTC."""
    if not isinstance(moment, datetime):
        return datetime(moment.year, moment.month, moment.day, tzinfo=UTC)
    return moment.replace(tzinfo=UTC) if moment.tzinfo is None else moment.astimezone(UTC)
