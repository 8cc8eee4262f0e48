"""The post room accepts every message at once and keeps none.

What a message said is kept by the store as proof, and the console's Post room page reads it from
there; so a project works offline with nothing to set up. Nobody answers a call here.
"""

from __future__ import annotations

from regard.channels.outcomes import outcome
from regard.core.event import MessageOutcome
from regard.core.ports import Message

PROVIDER_ID = "post-room"


class PostRoom:
    """The adapter `post_room`: every message is ``sent``."""

    async def open(self) -> None:
        """Do nothing; there is nothing to open."""

    async def send(self, message: Message) -> MessageOutcome:
        """Accept the message; a call stays without an answer."""
        if message.is_call:
            return outcome(message, "sent", reason="unanswered", provider_id=PROVIDER_ID)
        return outcome(message, "sent", provider_id=PROVIDER_ID)

    async def close(self) -> None:
        """Do nothing; there is nothing to close."""
