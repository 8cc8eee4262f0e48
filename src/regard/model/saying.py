"""Words for what the room reports: lists of titles, and how long something takes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from regard.core.model import Model, Range

UNITS = (("week", 604_800), ("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))


def joined(words: Iterable[str]) -> str:
    """Return ``a, b and c``."""
    *most, last = words
    return f"{', '.join(most)} and {last}" if most else last


def channels_named(model: Model, names: Iterable[str]) -> str:
    """Return the titles of channels; one that the model does not have by its own name."""
    return joined(model.channels[c].title if c in model.channels else c for c in names)


def stores_named(model: Model, names: Iterable[str]) -> str:
    """Return the titles of stores."""
    return joined(model.stores[name].title for name in names)


def latency_words(takes: timedelta) -> str:
    """Return a duration in its largest unit that is whole (``1 day``, ``36 hours``)."""
    seconds = round(takes.total_seconds())
    if seconds == 0:
        return "no time"
    for name, size in UNITS:
        if seconds % size == 0:
            count = seconds // size
            return f"{count} {name}{'s' if count > 1 else ''}"
    return f"{seconds} seconds"


def age_words(age: timedelta) -> str:
    """Return about how long something is (``23 hours``, ``2 days``)."""
    seconds = age.total_seconds()
    for name, size in UNITS[1:]:
        if seconds >= 2 * size or size == 1:
            count = round(seconds / size)
            return f"{count} {name}{'' if count == 1 else 's'}"
    return "no time"


def money_words(amount: Range, currency: str) -> str:
    """Return an amount or a range, short: ``EUR 60k``, ``EUR 58k to 389k``."""
    low, high = short_number(amount.low), short_number(amount.high)
    shown = high if low == high else f"{low} to {high}"
    return f"{currency} {shown}".strip()


def short_number(number: float) -> str:
    """Return a number with two or three digits that count: ``940``, ``5.2k``, ``2.1M``."""
    for size, unit in ((1e9, "G"), (1e6, "M"), (1e3, "k")):
        if number >= size * 0.9995:
            part = number / size
            return f"{part:.1f}".removesuffix(".0") + unit if part < 9.95 else f"{part:.0f}{unit}"
    return f"{number:.0f}"
