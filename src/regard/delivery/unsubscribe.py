"""Turns "no more" into an event, as durable and as provable as any other.

In: a token that `Links` has read, the moment, and which purpose. Out: the draft of an
``Unsubscribed`` event that hangs on the identity the message was sent to. Called by `web`, and by
any channel that takes a no by other means.
"""

from __future__ import annotations

from datetime import datetime

from regard.core.event import Event, Identifier
from regard.core.ids import derived_id, message_key
from regard.core.ports import Draft
from regard.delivery.links import Token

EVENT = "Unsubscribed"
SOURCE = "regard"
EVERY_PURPOSE = "*"


def unsubscribed(token: Token, at: datetime, *, purpose: str = "", method: str = "page") -> Draft:
    """Return the draft of the event; `purpose` is the token's own unless given.

    The second it happened is part of the key: a double click is one event, but a person who came
    back and leaves again by the same old mail is heard again.
    """
    about = purpose or token.purpose
    event_id = derived_id(token.message_id, about, str(int(at.timestamp())))
    event = Event(
        message_id=event_id,
        source=SOURCE,
        type="track",
        name=EVENT,
        channel=token.channel,
        at=at,
        received_at=at,
        identifiers=(Identifier(token.kind, token.value),),
        facts={
            "purpose": about,
            "channel": token.channel,
            "message_id": token.message_id,
            "method": method,
        },
        trust=0,
    )
    key = message_key(SOURCE, event_id)
    return Draft(key=key, identity=token.identity, at=at, received_at=at, body=event)
