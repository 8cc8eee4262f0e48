"""The adapter `feed`: a message is handed over when it lies where its person will look.

Nothing leaves the house: what was said is kept with its outcome, and `GET /v1/feed` reads it from
there for as long as it is of use. That somebody looked is told by the page (`receipts`), so a
promise that must reach eyes asks for ``receipt: delivered``.
"""

from __future__ import annotations

from regard.channels.outcomes import outcome
from regard.core.event import MessageOutcome
from regard.core.ports import Message


class Feed:
    """Lays every message down; calls are not answered here."""

    async def open(self) -> None:
        """Do nothing; there is nothing to open."""

    async def send(self, message: Message) -> MessageOutcome:
        """Lay one message down."""
        if message.is_call:
            return outcome(message, "sent", reason="unanswered")
        return outcome(message, "sent", provider_id=message.message_id)

    async def close(self) -> None:
        """Do nothing; there is nothing to close."""
