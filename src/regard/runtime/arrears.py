"""What waits in a store that should have been dealt with: inputs, timers, messages, channels.

In: a read session and the moment. Out: `Arrears`, the moments since when things wait. It needs
nothing of the process that should have dealt with them, so any process can tell that another one
lags. Messages are looked at from the newest back (`LOOKED_AT_MAX`), so where more are queued, what
is told of them is the least that is true.
"""

from __future__ import annotations

from collections.abc import Iterable
from datetime import datetime

from msgspec import Struct

from regard.core.ports import LOOP, Reading
from regard.core.rows import MessageRow

LOOKED_AT_MAX = 100
"""Messages of one state that are looked at."""

PAGE = 500
"""Entries read at once on the way to the first input."""

PAUSED = "channel_paused"
"""The reason with which a lane hands back what it cannot take while its provider is down."""


class Arrears(Struct, frozen=True, kw_only=True):
    """Since when things wait (None: nothing does): inputs, timers, messages that may go.

    `paused`: channels whose provider is down, with the moment of the first message that waits for
    it. `in_hand`: channels with the moment since when a message is being handed over.
    """

    input_at: datetime | None = None
    timer_at: datetime | None = None
    message_at: datetime | None = None
    paused: dict[str, datetime] = {}
    in_hand: dict[str, datetime] = {}


def arrears(reading: Reading, now: datetime) -> Arrears:
    """Return what waits at `now`."""
    timers = reading.tail.due(now, 1)
    queued = [row for row, _ in reading.registers.messages(state="queued", limit=LOOKED_AT_MAX)]
    taken = [row for row, _ in reading.registers.messages(state="claimed", limit=LOOKED_AT_MAX)]
    return Arrears(
        input_at=_input_at(reading),
        timer_at=timers[0].due_at if timers else None,
        message_at=min((r.not_before for r in queued if r.not_before <= now), default=None),
        paused=_earliest((r, r.decided_at) for r in queued if r.reason == PAUSED),
        in_hand=_earliest((row, row.state_at) for row in taken),
    )


def _input_at(reading: Reading) -> datetime | None:
    """Return when the first input came that waits to be stepped; facts may lie before it."""
    if not reading.tail.waiting(1):
        return None
    place = reading.tail.stepped(LOOP)
    while page := reading.tail.after(place, PAGE):
        for entry, _, _ in page:
            if not entry.cause:
                return entry.received_at
        place = page[-1][0].offset
    return None


def _earliest(found: Iterable[tuple[MessageRow, datetime]]) -> dict[str, datetime]:
    earliest: dict[str, datetime] = {}
    for row, at in found:
        earliest[row.channel] = min(at, earliest.get(row.channel, at))
    return earliest
