"""What an outcome makes of a message in the outbox. Both stores use it."""

from __future__ import annotations

from datetime import datetime

from regard.core.event import MessageOutcome
from regard.core.rows import MessageState


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
