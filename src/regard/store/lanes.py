"""The order of the outbox: service before marketing before broadcasts, and nobody starves.

In: what waits in each lane, oldest first. Out: what goes now. A hundred thousand mails of a
broadcast never stand before a receipt; but each lane leaves a share to those behind it, so that a
flood of service messages delays marketing and does not end it.
"""

from __future__ import annotations

from collections.abc import Sequence
from typing import TypeVar

from regard.core.event import RolloutStatus
from regard.core.facts import Decided

SERVICE, MARKETING, BROADCAST, PARKED = range(4)
"""Lanes in the order in which they go. What is parked waits until its broadcast is resumed."""

MOVING = (SERVICE, MARKETING, BROADCAST)

SHARE = 4
"""Every fourth place is left to the lanes behind."""

T = TypeVar("T")


def rollout_of(decided: Decided) -> str:
    """Return the broadcast that a message belongs to, empty for all others."""
    candidate = decided.candidate
    return candidate.ref if candidate.origin == "broadcast" and not candidate.is_test else ""


def lane_of(decided: Decided, status: RolloutStatus | None) -> int:
    """Return the lane of a message; `status` is that of its broadcast (None: it has none)."""
    if status is not None:
        return lane_of_broadcast(status)
    return SERVICE if decided.message_class == "service" else MARKETING


def lane_of_broadcast(status: RolloutStatus) -> int:
    """Return the lane of a broadcast's messages; cancelled ones go first, to be withdrawn."""
    if status == "paused":
        return PARKED
    return SERVICE if status == "cancelled" else BROADCAST


def picked(waiting: Sequence[Sequence[T]], limit: int, turn: int) -> list[list[T]]:
    """Return what goes now of each lane, `limit` in all; of one place by `turn` (from 1)."""
    found: list[list[T]] = []
    left, every = limit, SHARE
    for place, lane in enumerate(waiting):
        behind = sum(len(later) for later in waiting[place + 1 :])
        share = left // SHARE or (1 if left and turn % every == 0 else 0)
        going = list(lane[: left - min(share, behind)])
        found.append(going)
        left -= len(going)
        every *= SHARE
    return found
