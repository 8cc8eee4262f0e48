"""Time as a port: nothing in the pure rooms reads a clock, it is handed in.

All moments are aware UTC datetimes with microsecond resolution; stores keep them as whole
microseconds since 1970-01-01T00:00:00Z.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Protocol

EPOCH = datetime(1970, 1, 1, tzinfo=UTC)

MICROSECOND = timedelta(microseconds=1)


class Clock(Protocol):
    """Tells the present moment as aware UTC."""

    def now(self) -> datetime: ...


class SystemClock:
    """The wall clock of this machine."""

    def now(self) -> datetime:
        return datetime.now(UTC)


def to_us(moment: datetime) -> int:
    """Return whole microseconds since the epoch for an aware datetime."""
    since = moment - EPOCH
    return (since.days * 86_400 + since.seconds) * 1_000_000 + since.microseconds


def from_us(microseconds: int) -> datetime:
    """Return the aware UTC datetime of `microseconds` since the epoch."""
    return EPOCH + microseconds * MICROSECOND


def moment_of(value: object) -> datetime | None:
    """Return the aware UTC moment that a fact or expression gave: a datetime or ISO 8601 text.

    None for everything else, a moment without a zone included: guessing one would move a promise.
    """
    if isinstance(value, str):
        try:
            value = datetime.fromisoformat(value)
        except ValueError:
            return None
    if not isinstance(value, datetime) or value.utcoffset() is None:
        return None
    try:
        return value.astimezone(UTC)
    except OverflowError:
        return None
