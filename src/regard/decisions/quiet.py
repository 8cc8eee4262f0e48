"""Quiet hours: when may a disturbing touch reach the person, wherever they could be?

Windows of local time, zones and a moment in; the first moment from then on that is outside every
window in every zone, or None when there is none. Exact over changes of daylight saving time:
a window is about what the wall clock shows (RFC 9557 and IANA tz via zoneinfo).
"""

from __future__ import annotations

from datetime import UTC, datetime, time, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from regard.core.facts import MessageClass
from regard.core.person import Person
from regard.core.program import Program
from regard.decisions.zones import Zones

SEARCH_MAX = timedelta(hours=49)
"""Windows repeat daily, and a day has 25 hours at most: what is never free in two is never free."""

Window = tuple[time, time]
"""Quiet from the first up to, not including, the second; over midnight when it is the earlier."""


def windows_of(person: Person, program: Program, message_class: MessageClass) -> tuple[Window, ...]:
    """Return the company's windows for a class and the person's own, which holds for every class.

    Both hold, so the person's wish can only make the company's rule stricter.
    """
    windows = [(q.start, q.end) for q in program.quiet_hours if message_class in q.message_classes]
    own_from, own_to = person.trait("quiet_from"), person.trait("quiet_to")
    if isinstance(own_from, str) and isinstance(own_to, str):
        start, end = _clock_time(own_from), _clock_time(own_to)
        if start is not None and end is not None:
            windows.append((start, end))
    return tuple((start, end) for start, end in windows if start != end)


def free_at(windows: tuple[Window, ...], zones: Zones, now: datetime) -> datetime | None:
    """Return the first moment from `now` on that is quiet nowhere: `now` itself when it is free.

    Every step moves to a moment before which some zone is quiet, so no free moment is skipped.
    """
    if not windows:
        return now
    moment, end = now, now + SEARCH_MAX
    while moment <= end:
        moved = moment
        for zone in zones:
            moved = _free_in(windows, zone, moved)
        if moved == moment:
            return moment
        moment = moved
    return None


@lru_cache(maxsize=1_024)
def _clock_time(text: str) -> time | None:
    try:
        return time.fromisoformat(text.strip()).replace(tzinfo=None)
    except ValueError:
        return None


def _free_in(windows: tuple[Window, ...], zone: ZoneInfo, moment: datetime) -> datetime:
    """Return `moment`, or the end in this zone of the window it lies in."""
    local = moment.astimezone(zone)
    window = _window_at(windows, local.time())
    if window is None:
        return moment
    start, end = window
    day = local.date()
    if start > end and local.time() >= start:
        day += timedelta(days=1)
    wall = datetime.combine(day, end, tzinfo=zone)
    ends = (wall.astimezone(UTC), wall.replace(fold=1).astimezone(UTC))
    until = ends[0] if ends[0] > moment else max(ends)
    if until <= moment:
        return moment + timedelta(minutes=1)
    change = _clock_change(zone, moment, until)
    if change is not None and _window_at(windows, change.astimezone(zone).time()) != window:
        return change
    return until


def _window_at(windows: tuple[Window, ...], wall: time) -> Window | None:
    for window in windows:
        start, end = window
        if start <= wall < end if start < end else wall >= start or wall < end:
            return window
    return None


def _clock_change(zone: ZoneInfo, before: datetime, after: datetime) -> datetime | None:
    """Return the first whole second of (before, after] with the offset of `after`, if it differs.

    The clock may jump out of a window: past its end in spring, before its start in autumn.
    """
    offset = after.astimezone(zone).utcoffset()
    low = before.replace(microsecond=0)
    if low.astimezone(zone).utcoffset() == offset:
        return None
    span = int((after - low).total_seconds())
    first, last = 0, span
    while last - first > 1:
        middle = (first + last) // 2
        if (low + timedelta(seconds=middle)).astimezone(zone).utcoffset() == offset:
            last = middle
        else:
            first = middle
    change = low + timedelta(seconds=last)
    return change if before < change < after else None
