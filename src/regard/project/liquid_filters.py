"""Liquid filters that write moments, numbers, money and counts as the reader does (Babel, CLDR).

They look at ``locale``, ``language`` and ``timezone`` of the render data, money at the company's
currency too. Missing values give an empty text and strange ones stay as written: a message is
never lost over a date.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from datetime import date, datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from babel import Locale
from babel.dates import (
    format_date,
    format_datetime,
    format_time,
    get_day_names,
    get_month_names,
)
from babel.numbers import format_currency, format_decimal
from liquid.builtin.filters.misc import date as liquid_date
from liquid.context import RenderContext
from liquid.filter import with_context

from regard.project.words import as_utc

_STYLES = ("short", "medium", "long", "full")
_NAMES = re.compile(r"%(%|[aAbBh])")
"""Names of days and months in a pattern of strftime, which knows English alone."""

_WIDTHS: Mapping[str, Literal["abbreviated", "wide"]] = {
    "a": "abbreviated",
    "A": "wide",
    "b": "abbreviated",
    "h": "abbreviated",
    "B": "wide",
}


@with_context
def datetime_filter(value: Any, style: str = "medium", *, context: RenderContext) -> str:
    """``{{ facts.departure_at | datetime: 'long' }}``: day and time in the reader's zone."""
    return _written(value, style, context, format_datetime)


@with_context
def date_filter(value: Any, style: Any = "medium", *, context: RenderContext) -> str:
    """``{{ facts.departure_at | date: 'long' }}``: the day, as `day` writes it.

    Or by a pattern of strftime (``'%a %d %B'``): the moment as written, not moved to a zone, with
    days and months named in the reader's language.
    """
    if style in _STYLES:
        return str(day_filter(value, style, context=context))
    if isinstance(style, str) and (moment := _as_written(value)) is not None:
        style = _NAMES.sub(lambda found: _name(found[0], moment, context), style)
    return str(liquid_date(value, style, environment=context.env))


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
def money_filter(value: Any, currency: Any = None, *, context: RenderContext) -> str:
    """``{{ facts.total | money: 'EUR' }}``: an amount with its currency, else the company's."""
    number = _number(value)
    if number is None:
        return _as_it_is(value)
    if not isinstance(currency, str) or not currency:
        company = context.resolve("company", default=None)
        own = company.get("currency") if isinstance(company, Mapping) else None
        currency = own or "EUR"
    return format_currency(number, currency, locale=_locale(context))


@with_context
def number_filter(value: Any, *, context: RenderContext) -> str:
    """``{{ facts.miles | number }}``: a number with the reader's separators."""
    number = _number(value)
    return _as_it_is(value) if number is None else format_decimal(number, locale=_locale(context))


@with_context
def plural_filter(value: Any, *, context: RenderContext, **forms: Any) -> str:
    """``{{ facts.bags | plural: one: '# bag', other: '# bags' }}``: a number and its noun.

    The form is that of the template's language (CLDR: zero, one, two, few, many, other), ``#`` is
    the number as the reader writes it.
    """
    number = _number(value)
    if number is None:
        return _as_it_is(value)
    language = Locale.parse(str(context.resolve("language", default="en")), sep="-")
    chosen = forms.get(language.plural_form(abs(number)), forms.get("other", "#"))
    return str(chosen).replace("#", format_decimal(number, locale=_locale(context)))


FILTERS: dict[str, Callable[..., str]] = {
    "date": date_filter,
    "datetime": datetime_filter,
    "day": day_filter,
    "time": time_filter,
    "money": money_filter,
    "number": number_filter,
    "plural": plural_filter,
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


def _as_written(value: Any) -> datetime | None:
    """Return a moment in no other zone than its own, as strftime writes it."""
    try:
        return datetime.fromisoformat(value) if isinstance(value, str) else None
    except ValueError:
        return None


def _name(directive: str, moment: datetime, context: RenderContext) -> str:
    locale, width = _locale(context), _WIDTHS.get(directive[1])
    if width is None:
        return directive
    if directive in ("%a", "%A"):
        return str(get_day_names(width, "stand-alone", locale)[moment.weekday()])
    return str(get_month_names(width, "format", locale)[moment.month])


def _number(value: Any) -> int | float | None:
    is_number = isinstance(value, int | float) and not isinstance(value, bool)
    return value if is_number else None


def _as_it_is(value: Any) -> str:
    return value if isinstance(value, str) else ""


def _locale(context: RenderContext) -> str:
    return str(context.resolve("locale", default="en"))
