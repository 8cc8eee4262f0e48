"""What outcomes and receipts make of a message in the outbox. Both stores keep to it.

An outcome and a receipt of the same attempt may be journaled in either order: providers call
back before they have answered. So a receipt wins over an outcome, whichever comes first.
"""

from __future__ import annotations

from datetime import datetime

from regard.core.event import MessageOutcome
from regard.core.rows import MessageState

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
    return outcome.outcome, None
