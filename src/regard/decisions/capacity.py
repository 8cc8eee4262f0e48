"""Can the department that must act on an engagement take it, and if not, when?

A department, its work of late, the company's zone and a moment in; the first moment from then on
at which it is open and has room, or None for one that never has. Hours over midnight belong to the
weekday on which they begin. Capacity rolls like a cap: a piece of work counts for its whole window.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

from regard.core.settings import Department

_DAYS_AHEAD = 8
"""A week and the day on which it ends: what does not open by then never opens."""


def open_at(department: Department, zone: ZoneInfo, now: datetime) -> datetime | None:
    """Return `now` when the department is open, else when it opens next (None: never)."""
    opens, closes = department.opens or time(0), department.closes or time(0)
    yesterday = now.astimezone(zone).date() - timedelta(days=1)
    for days in range(_DAYS_AHEAD + 2):
        day = yesterday + timedelta(days=days)
        if day.weekday() not in department.weekdays:
            continue
        last = day if closes > opens else day + timedelta(days=1)
        start = datetime.combine(day, opens, tzinfo=zone).astimezone(UTC)
        end = datetime.combine(last, closes, tzinfo=zone).astimezone(UTC)
        if now < end:
            return max(now, start)
    return None


def room_at(department: Department, taken: Sequence[datetime], now: datetime) -> datetime | None:
    """Return the first moment from `now` on at which one more piece of work fits (None: never).

    `taken` are the moments of its work in any order. Work that was taken after `now` (decisions are
    not always made in the order of time) counts too, so that no window holds more than the
    capacity, wherever it begins.
    """
    capacity, window = department.capacity, department.capacity_window
    if capacity is None:
        return now
    if capacity <= 0:
        return None
    inside = [at for at in taken if at > now - window]
    if len(inside) < capacity:
        return now
    inside.sort()
    return max(now, inside[-capacity] + window)
