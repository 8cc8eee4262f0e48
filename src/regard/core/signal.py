"""What a trigger sees: an event from outside, or what Regard noted itself, in one shape.

Stages that react to both look triggers up under `keys_of` and go on with the `Signal`; so a
promise missed starts a journey like a sign-up does. Made only where a trigger waits for it.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from msgspec import Struct

from regard.core.event import Event
from regard.core.facts import Noted

PROMISE_ASKED = "Promise Asked"
"""Noted when a journey makes a promise; `about` is the definition."""

JOURNEY_CALLED = "Journey Called"
"""Comes in when another system starts a journey by the API; its event is ``Journey Called|id``."""

SERVICE_LEVEL_BURNING = "Service Level Burning"
SERVICE_LEVEL_CALM = "Service Level Calm"
"""Events that hang on a department: a promise fails too often, and does not any more."""

AUDIENCE_ENTERED = "Audience Entered"
AUDIENCE_LEFT = "Audience Left"
"""Noted when what a person does, or time, makes them a member or ends that; `about` names it."""

PROMISE_MISSED = "Promise Missed"
PROMISE_KEPT = "Promise Kept"
PROMISE_BROKEN = "Promise Broken"
"""Noted when a promise comes to this; `about` is the definition."""

PERSON_LATE = "Person Late"
"""Noted when a person is silent for longer than their own rhythm; `about` names the rhythm."""

NEED_FELT = "Need Felt"
NEED_FADED = "Need Faded"
NEED_MET = "Need Met"
"""Noted when the belief in a need comes up to its level, falls below it, or something meets it."""

CASE_TAKEN = "Case Taken"
CASE_DONE = "Case Done"
CASE_REOPENED = "Case Reopened"
"""Events from the console, or from where a department works: ``case_id``, ``by``, ``note``."""

QUESTION_ANSWERED = "Question Answered"
"""An event from outside or from our own page: ``message_id`` of what asked, and the ``answer``."""

OWN_NAMES = frozenset(
    {
        NEED_FELT,
        NEED_FADED,
        NEED_MET,
        AUDIENCE_ENTERED,
        AUDIENCE_LEFT,
        PERSON_LATE,
        PROMISE_BROKEN,
        PROMISE_KEPT,
        PROMISE_MISSED,
        PROMISE_ASKED,
        SERVICE_LEVEL_BURNING,
        SERVICE_LEVEL_CALM,
    }
)
"""What only Regard notes: no event from outside bears such a name, alone or before a ``|``."""


class Signal(Struct, frozen=True, kw_only=True):
    """Something that happened at `at` and may trigger; `id` is stable, `facts` are its facts."""

    id: str
    name: str
    at: datetime
    facts: dict[str, Any]
    channel: str = ""


def signal_of(body: Event | Noted, now: datetime) -> Signal:
    """Return what triggers see of a body, `now` being when its entry was received.

    Something noted is told by its longer name (``Audience Entered|vip``) and happens when it is
    noted: what it was derived from may be a timer, whose entry stands where it was set.
    """
    if isinstance(body, Noted):
        return Signal(id=body.note_id, name=body.keys[1], at=now, facts=body.facts)
    return Signal(
        id=body.message_id, name=body.name, at=body.at, facts=body.facts, channel=body.channel
    )
