"""Is the department open that must act on an engagement, and if not, when?

A department, the company's zone and a moment in; the first open moment from then on, or None for
one that never opens. Hours over midnight belong to the weekday on which they begin.
"""

from __future__ import annotations

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
