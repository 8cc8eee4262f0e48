"""Lengths of time in words: as a folder writes them, and short for counts."""

from __future__ import annotations

from datetime import timedelta

_UNITS = (("day", 86_400), ("hour", 3_600), ("minute", 60), ("second", 1))

SHORT_UNITS = (("d", 86_400), ("h", 3_600), ("min", 60), ("s", 1))
"""Units as counts and pages say them, with their seconds."""


def duration_words(length: timedelta) -> str:
    """Return ``3 days``, ``1 day 2 hours``: every unit that it has."""
    seconds, parts = int(length.total_seconds()), []
    for unit, size in _UNITS:
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {unit}{'' if count == 1 else 's'}")
    return " ".join(parts) or "0 seconds"


def short_duration(seconds: int) -> str:
    """Return ``3 d``, ``2 h 5 min``: the two largest units at most."""
    parts: list[str] = []
    for unit, size in SHORT_UNITS:
        count, seconds = divmod(seconds, size)
        if count:
            parts.append(f"{count} {unit}")
        elif parts:
            break
        if len(parts) == 2:
            break
    return " ".join(parts) or "0 s"
