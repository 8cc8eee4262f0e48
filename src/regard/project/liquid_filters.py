"""Liquid filters that write moments, days, numbers and money as the reader does (Babel, CLDR).

They look at ``locale`` and ``timezone`` of the render data. Missing values give an empty text and
strange ones stay as written: a message is never lost over a date.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, datetime
from typing import Any
from zoneinfo import ZoneInfo

from babel.dates import format_date, format_datetime, format_time
from babel.numbers import format_currency, format_decimal
from liquid.context import RenderContext
from liquid.filter import with_context

from regard.project.words import as_utc

_STYLES = ("short", "medium", "long", "full")


@with_context
def datetime_filter(value: Any, style: str = "medium", *, context: RenderContext) -> str:
    """``{{ facts.departure_at | datetime: 'long' }}``: day and time in the reader's zone."""
    return _written(value, style, context, format_datetime)


@with_context
def day_filter(value: Any, style: str = "medium", *, context: RenderContext) -> str:
    """``{{ facts.departure_at | day: 'full' }}``: the day in the reader's zone."""

    def in_zone(moment: datetime, style: str, *, tzinfo: ZoneInfo, locale: str) -> str:
        return format_date(moment.astimezone(tzinfo), style, locale=locale)

    return _written(value, style, context, in_zone)


@with_context
def time_filter(value: Any, style: str = "short", *, context: RenderContext) -> str:
    """``{{ facts.departure_at | time }}``: the time of day in the reader's zone."""
    return _written(value, style, context, format_time)


@with_context
def money_filter(value: Any, currency: Any = "EUR", *, context: RenderContext) -> str:
    """``{{ facts.total | money: 'EUR' }}``: an amount with its currency."""
    number = _number(value)
    if number is None:
        return _as_it_is(value)
    return format_currency(number, str(currency), locale=_locale(context))


@with_context
def number_filter(value: Any, *, context: RenderContext) -> str:
    """``{{ facts.miles | number }}``: a number with the reader's separators."""
    number = _number(value)
    return _as_it_is(value) if number is None else format_decimal(number, locale=_locale(context))


FILTERS: dict[str, Callable[..., str]] = {
    "datetime": datetime_filter,
    "day": day_filter,
    "time": time_filter,
    "money": money_filter,
    "number": number_filter,
}


def _written(value: Any, style: str, context: RenderContext, write: Callable[..., str]) -> str:
    moment = _moment(value)
    if moment is None:
        return _as_it_is(value)
    chosen = style if style in _STYLES else "medium"
    zone = ZoneInfo(str(context.resolve("timezone", default="UTC")))
    return write(moment, chosen, tzinfo=zone, locale=_locale(context))


def _moment(value: Any) -> datetime | None:
    try:
        if isinstance(value, str):
            return as_utc(datetime.fromisoformat(value))
        return as_utc(value) if isinstance(value, date) else None
    except (ValueError, OverflowError):
        return None


def _number(value: Any) -> int | float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if is_number else None


def _as_it_is(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _locale(context: RenderContext) -> str:
    return str(context.resolve("locale", default="en"))
