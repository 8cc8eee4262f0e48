"""Turns the answer to a question of ours into an event, as durable as any other.

In: what an answer link says, and the moment. Out: the draft of a ``Question Answered`` event that
hangs on the identity the question was sent to. Called by `web` when the reader has confirmed it;
what it says about the person the room `needs` concludes.
"""

from __future__ import annotations

from datetime import datetime

from regard.core.event import Event, Identifier
from regard.core.ids import derived_id, message_key
from regard.core.ports import Draft
from regard.core.signal import QUESTION_ANSWERED
from regard.delivery.links import Reply

SOURCE = "regard"


def answered(reply: Reply, at: datetime) -> Draft:
    """Return the draft of the event; the customer said it themselves, so its trust is 0.

    The second it happened is part of the key: a double click is one event, a changed mind another.
    """
    event_id = derived_id(reply.message_id, reply.answer, str(int(at.timestamp())))
    event = Event(
        message_id=event_id,
        source=SOURCE,
        type="track",
        name=QUESTION_ANSWERED,
        channel=reply.channel,
        at=at,
        received_at=at,
        identifiers=(Identifier(reply.kind, reply.value),),
        facts={
            "message_id": reply.message_id,
            "engagement": reply.engagement,
            "answer": reply.answer,
        },
        trust=0,
    )
    key = message_key(SOURCE, event_id)
    return Draft(key=key, identity=reply.identity, at=at, received_at=at, body=event)
