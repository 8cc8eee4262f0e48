"""Rolling caps over all touches, whoever made them, and how tired of us the person is.

Touches of a person in; how many count, and when the next is allowed, out. Windows are exact and
roll: a touch counts from the moment it was handed over until the window has passed, whatever the
calendar says ("ten to midnight, ten past").
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from regard.core.facts import MessageClass
from regard.core.person import Person, Touch
from regard.core.program import Cap
from regard.decisions.touches import DEAD, PENDING, TOUCHES_MAX

FATIGUE_WINDOW = timedelta(days=7)
"""Touches of a week make tired: the usual unit of contact policies."""


def counted_touches(person: Person) -> list[Touch]:
    """Return the touches that reached the person or still may."""
    return [touch for touch in person.touches.values() if touch.state not in DEAD]


def fatigue_count(touches: Sequence[Touch], now: datetime) -> int:
    """Return how many of `touches` fell into the last `FATIGUE_WINDOW`."""
    start = now - FATIGUE_WINDOW
    return sum(_moment(touch, start, now) > start for touch in touches)


def capped_until(
    caps: Sequence[Cap],
    touches: Sequence[Touch],
    message_class: MessageClass,
    channel: str,
    now: datetime,
) -> datetime | None:
    """Return the first moment from `now` on at which every cap allows one more touch.

    `now` itself when none is reached; None when a cap allows no touch at all.
    """
    until = now
    for cap in caps:
        if message_class not in cap.message_classes:
            continue
        if cap.channels and channel not in cap.channels:
            continue
        count = min(cap.count, TOUCHES_MAX)
        if count <= 0:
            return None
        if len(touches) >= count:
            until = max(until, _left_at(cap, count, touches, now))
    return until


def _left_at(cap: Cap, count: int, touches: Sequence[Touch], now: datetime) -> datetime:
    """Return when fewer than `count` touches are left in the window of the cap."""
    start = now - cap.window
    moments = [
        _moment(touch, start, now)
        for touch in touches
        if not cap.channels or touch.channel in cap.channels
    ]
    inside = sorted((moment for moment in moments if moment > start), reverse=True)
    return inside[count - 1] + cap.window if len(inside) >= count else now


def _moment(touch: Touch, start: datetime, now: datetime) -> datetime:
    """Return when a touch happened; one that waits longer than the window will happen now."""
    at = touch.at if touch.sent_at is None else max(touch.at, touch.sent_at)
    return now if at <= start and touch.state in PENDING else at
