"""Makes the outcome record of one attempt, so that every adapter words it alike.

In: the message and what the provider said. Out: `MessageOutcome`, with details cut to a bounded
length. All adapters call it; deciding which outcome it is stays with them.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from types import MappingProxyType
from typing import Any

from regard.core.backoff import FIRST_S, retry_at
from regard.core.event import MessageOutcome, Outcome
from regard.core.ports import Message

DETAIL_MAX = 500
"""Characters of a provider's answer that are journaled; some answer with whole pages."""


def outcome(
    message: Message,
    kind: Outcome,
    *,
    reason: str = "",
    detail: str = "",
    provider_id: str = "",
    next_at: datetime | None = None,
    answer: Mapping[str, Any] = MappingProxyType({}),
) -> MessageOutcome:
    """Return what became of this attempt; `next_at` belongs to ``try_again`` only.

    `answer` is what the other system answered to a call.
    """
    return MessageOutcome(
        message_id=message.message_id,
        channel=message.channel,
        outcome=kind,
        attempt=message.attempt,
        reason=reason,
        detail=detail[:DETAIL_MAX],
        provider_id=provider_id,
        retry_at=next_at,
        answer=dict(answer),
    )


def try_again(
    message: Message,
    now: datetime,
    *,
    reason: str,
    detail: str = "",
    first_s: float = FIRST_S,
) -> MessageOutcome:
    """Return a temporary failure whose next attempt follows the backoff from `first_s` seconds."""
    next_at = retry_at(message.message_id, message.attempt, now, first_s)
    return outcome(message, "try_again", reason=reason, detail=detail, next_at=next_at)
