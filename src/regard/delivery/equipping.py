"""Gives a composed message what its channel needs beside its words.

In: a message, the claim behind it, the program and the moment. Out: the message with the person's
devices of now, with what signs their answers, and with the moment after which it is of no use.
Called by the dispatcher right before the hand-over.
"""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from regard.core.ports import Message
from regard.core.program import Program
from regard.core.reaching import SELF, SUBSCRIPTION, devices_of, useful_until
from regard.core.rows import Claimed
from regard.core.scope import Scope
from regard.delivery.links import Links


def equipped(
    message: Message, claimed: Claimed, program: Program, links: Links, now: datetime
) -> Message:
    """Return the message ready for its channel; a call needs nothing more."""
    row, person = claimed.row, claimed.person
    if message.is_call:
        return message
    engagement, channel = program.engagements[row.engagement], program.channels[row.channel]
    candidate = row.decision.candidate
    scope = Scope(person=person, facts=candidate.facts, now=now)
    kind = channel.reaches_by
    return replace(
        message,
        decided_at=row.decided_at,
        useful_until=useful_until(candidate, engagement, scope),
        devices=devices_of(person, channel) if kind == SUBSCRIPTION else (),
        token=links.token(row, kind) if kind in (SUBSCRIPTION, SELF) else "",
    )
