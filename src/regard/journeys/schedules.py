"""When by the calendar: the next start of a schedule, the next time of day in somebody's zone.

Pure: a moment in, the next one after it out, all in UTC. A time that a clock change skips is taken
as much later (02:30 becomes 03:30); one that comes twice counts the first time only.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from functools import lru_cache
from zoneinfo import ZoneInfo

from cronsim import CronSim, CronSimError

from regard.core.flows import LocalTime, Schedule


def next_start(schedule: Schedule, after: datetime) -> datetime | None:
    """Return the first moment after `after` at which a schedule starts its journey, in UTC.

    None when there is none in the next fifty years. Clock changes are met as by Debian's cron.
    """
    local = after.astimezone(ZoneInfo(schedule.zone))
    try:
        return next(CronSim(schedule.cron, local)).astimezone(UTC)
    except (CronSimError, StopIteration):
        return None


def next_local(wanted: LocalTime, zone: ZoneInfo, after: datetime) -> datetime | None:
    """Return the first moment after `after` at which it is that time of day there, in UTC.

    None when `wanted` names no weekday.
    """
    today = after.astimezone(zone).date()
    for day in range(9):  # a week, today's time being past, and a clock change at its end
        on = today + timedelta(days=day)
        if on.weekday() not in wanted.weekdays:
            continue
        moment = datetime.combine(on, wanted.at, tzinfo=zone).astimezone(UTC)
        if moment > after:
            return moment
    return None


@lru_cache(maxsize=1_024)
def zone_of(name: str, otherwise: str) -> ZoneInfo:
    """Return the zone of an IANA name, or the zone `otherwise` when there is no such name."""
    try:
        return ZoneInfo(name or otherwise)
    except (KeyError, ValueError, OSError):
        return ZoneInfo(otherwise)
