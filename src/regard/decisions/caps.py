"""Rolling caps over all touches, whoever made them, and how tired of us the person is.

Touches of a person in; how many count, and when the next is allowed, out. Windows are exact and
roll: a touch counts from the moment it was handed over until the window has passed, whatever the
calendar says ("ten to midnight, ten past"). One that still waits in the outbox happens now.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta

from msgspec.structs import replace

from regard.core.facts import MessageClass
from regard.core.person import Person
from regard.core.rules import Cap
from regard.decisions.touches import DEAD, PENDING, TOUCHES_MAX

FATIGUE_WINDOW = timedelta(days=7)
"""Touches of a week make tired: the usual unit of contact policies."""

Moment = tuple[datetime, str]
"""When a touch happened, and by which channel."""


def counted_touches(person: Person, now: datetime) -> list[Moment]:
    """Return the moments of the touches that reached the person or still may, in no order."""
    moments: list[Moment] = []
    for touch in person.touches.values():
        state = touch.state
        if state in DEAD and (touch.sent_at is None or state == "bounced"):
            continue
        at = touch.at
        if state in PENDING:
            at = now
        elif touch.sent_at is not None and touch.sent_at > at:
            at = touch.sent_at
        moments.append((at, touch.channel))
    return moments


def spoken_touches(person: Person, message_id: str, now: datetime) -> list[Moment]:
    """Return the moments of all touches but one message that happened, or are just happening.

    What still waits does not count: of two that wait the one that goes first must go.
    """
    said = {
        key: touch
        for key, touch in person.touches.items()
        if key != message_id and touch.state not in ("queued", "try_again")
    }
    return counted_touches(replace(person, touches=said), now) if said else []


def fatigue_count(moments: Sequence[Moment], now: datetime) -> int:
    """Return how many touches fell into the last `FATIGUE_WINDOW`."""
    start = now - FATIGUE_WINDOW
    return len([at for at, _ in moments if at > start])


def capped_until(
    caps: Sequence[Cap],
    moments: Sequence[Moment],
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
        if len(moments) >= count:
            until = max(until, _left_at(cap, count, moments, now))
    return until


def _left_at(cap: Cap, count: int, moments: Sequence[Moment], now: datetime) -> datetime:
    """Return when fewer than `count` touches are left in the window of the cap."""
    start, channels = now - cap.window, cap.channels
    inside = [at for at, by in moments if at > start and (not channels or by in channels)]
    if len(inside) < count:
        return now
    inside.sort(reverse=True)
    return inside[count - 1] + cap.window
