"""Words for what the room reports: lists of titles, and how long something takes."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import timedelta

from regard.core.model import Model

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
