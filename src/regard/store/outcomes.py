"""What outcomes and receipts make of a message in the outbox. Both stores keep to it.

An outcome and a receipt of the same attempt may be journaled in either order: providers call
back before they have answered. So a receipt wins over an outcome, whichever comes first.
"""

from __future__ import annotations

from datetime import datetime
from typing import NamedTuple

from regard.core.event import MessageOutcome
from regard.core.rows import DEAD_REASONS, REPLAYED, MessageRow, MessageState

RECEIVED = ("delivered", "bounced")
"""States that no outcome changes any more. `settle_message` in registers.sql says the same."""

ENDED = ("refused", "withdrawn", "bounced")
"""States that no receipt changes any more. `receipt` in registers.sql says the same."""


def state_after(outcome: MessageOutcome) -> tuple[MessageState, datetime | None]:
    """Return the message's next state and, when it is to be tried again, from when.

    An unknown outcome with a `retry_at` is tried again under the same idempotency key (its
    engagement says so); without one it stays unknown until a receipt or a human resolves it.
    """
    if outcome.retry_at is not None and outcome.outcome in ("try_again", "unknown"):
        return "queued", outcome.retry_at
    if outcome.outcome == "try_again":
        return "refused", None
    if outcome.outcome == "refused" and outcome.reason in DEAD_REASONS:
        return "dead", None
    return outcome.outcome, None


HANDED_BACK = frozenset(
    (
        *("paced", "channel_paused", "same_address_waits", "stopped", "quiet_hours"),
        *("cap_reached", "lease_ended", "claim_in_doubt"),
    )
)
"""Reasons of an attempt that was none: there was no place for the message yet, or no right hour."""

CRASHES = frozenset({"broken", "adapter_raised", "poisoned", "poisoned_adapter"})
"""Reasons of an attempt that broke with a bug, ours or the adapter's."""

IN_HAND_OVER = "poisoned_adapter"
"""Reason of the last one when it broke in the hand-over: nobody can tell whether it arrived."""


class Counted(NamedTuple):
    """What an outcome does to a message's counts: factors (0 begins anew), and what is added."""

    tries_kept: int
    tried: int
    crashes_kept: int
    crashed: int
    unknown: int


def counted(outcome: MessageOutcome) -> Counted:
    """Return what an outcome does to the counts of its message."""
    if outcome.reason == REPLAYED:
        return Counted(0, 0, 0, 0, 0)
    if outcome.is_answer or outcome.reason in HANDED_BACK:
        return Counted(1, 0, 1, 0, 0)
    has_crashed = int(outcome.reason in CRASHES)
    is_unknown = outcome.outcome == "unknown" or outcome.reason == IN_HAND_OVER
    return Counted(1, 1, has_crashed, has_crashed, int(is_unknown))


def counts_after(row: MessageRow, outcome: MessageOutcome) -> dict[str, int]:
    """Return the counts of a message after an outcome; `settle_message` in SQL says the same."""
    said = counted(outcome)
    return {
        "tries": row.tries * said.tries_kept + said.tried,
        "crashes": row.crashes * said.crashes_kept + said.crashed,
        "unknowns": row.unknowns + said.unknown,
    }
