"""When to try a message again: one rule for the channels, which answer "try again", and for the
dispatcher, which hands back what it did not even try.

The moment follows from the message and the attempt alone, so a replay computes the same one; the
spread keeps thousands of messages that failed together from coming back together.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from hashlib import blake2b

FIRST_S = 30.0
"""Long enough for a hiccup to pass, short enough to keep a promise with 15 minutes of grace."""

LONGEST_S = 3_600.0
"""Providers that are down for hours are asked once an hour; RFC 5321 4.5.4.1 asks for less."""

SPREAD = 0.25
"""A wait is lengthened by up to this part of itself."""


def retry_at(message_id: str, attempt: int, now: datetime, first_s: float = FIRST_S) -> datetime:
    """Return when to try again after `attempt` (from 1) failed at `now`.

    Doubling from `first_s` seconds, then hourly.
    """
    wait_s = min(LONGEST_S, first_s * 2.0 ** min(max(attempt - 1, 0), 16))
    digest = blake2b(f"{message_id}\x00{attempt}".encode(), digest_size=4).digest()
    share = int.from_bytes(digest, "big") / 2**32
    return now + timedelta(seconds=wait_s * (1 + SPREAD * share))
