"""When something happened: moments read leniently and corrected for the sender's clock.

The rule is Segment's: ``receivedAt - (sentAt - originalTimestamp)``. RudderStack's and PostHog's
Node SDKs keep their first sentAt on every retry, so after an outage it is stale: for them the
original moment is believed. A moment is never later than its receipt.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import Any

from regard.core.clock import EPOCH

LATEST = datetime(3000, 1, 1, tzinfo=UTC)
"""Moments outside of 1970 to 3000 are typing errors; inside it no sum of them overflows."""

STALE_AFTER = timedelta(minutes=1)
"""A server's clock is right to a minute; when its sentAt is older, the body is an old one."""

MILLISECONDS_FROM = 100_000_000_000
"""Numbers from here on are milliseconds (as seconds they would lie after the year 5100)."""


def parse_moment(value: Any) -> datetime | None:
    """Return ISO 8601 text, or a number of seconds or milliseconds since 1970, as aware UTC.

    None for anything else. A text without a zone is UTC.
    """
    try:
        if isinstance(value, str):
            moment = datetime.fromisoformat(value)
            if moment.tzinfo is not UTC:
                moment = moment.astimezone(UTC) if moment.tzinfo else moment.replace(tzinfo=UTC)
        elif isinstance(value, int | float) and not isinstance(value, bool):
            seconds = value / 1000 if value >= MILLISECONDS_FROM else value
            moment = EPOCH + timedelta(seconds=seconds)
        else:
            return None
    except (ValueError, OverflowError):
        return None
    return moment if EPOCH <= moment < LATEST else None


def settle(
    said_at: datetime | None,
    sent_at: datetime | None,
    received_at: datetime,
    *,
    is_server: bool = False,
) -> datetime:
    """Return when it happened, by the receiver's clock; from 1970 to `received_at`."""
    if said_at is None:
        return received_at
    if sent_at is None:
        return min(said_at, received_at)
    skew = received_at - sent_at
    if is_server and skew > STALE_AFTER:
        return min(said_at, received_at)
    return max(min(said_at + skew, received_at), EPOCH)
