"""The last look before a message is handed over: the hard rules again, on the person of now.

A claimed message in, the reason code of a rule that forbids it by now (or ``""``) out. Minutes or
days may have passed since the decision: she unsubscribed, the flight left, the promise was kept,
it is night, somebody else spoke to her first. For the caps a message that waits counts in every
decision about others; here only what was handed over meanwhile counts against it.
"""

from __future__ import annotations

from datetime import datetime

from regard.core.facts import Candidate
from regard.core.person import Person
from regard.core.program import Program
from regard.core.reaching import useful_until
from regard.core.rows import Claimed, MessageRow
from regard.core.scope import Scope
from regard.decisions import reasons
from regard.decisions.asking import is_known
from regard.decisions.caps import capped_until, spoken_touches
from regard.decisions.rules import (
    channel_refusal,
    is_same_message,
    overtaken,
    person_refusal,
)
from regard.decisions.waiting import quiet_until


def refusal(claimed: Claimed, program: Program, now: datetime) -> str:
    """Return why a message must not be handed over at `now`, or ``""``."""
    person, row = claimed.person, claimed.row
    candidate = row.decision.candidate
    engagement = program.engagements.get(row.engagement)
    channel = program.channels.get(row.channel)
    if claimed.refusal:
        return claimed.refusal
    if engagement is None:
        return reasons.ENGAGEMENT_GONE
    if channel is None:
        return reasons.CHANNEL_GONE
    scope = Scope(person=person, facts=candidate.facts, now=now)
    end = useful_until(candidate, engagement, scope)
    refused = (
        person_refusal(person)
        or channel_refusal(person, engagement, program, channel, row.address)
        or overtaken(person, candidate, end, now)
        or (reasons.ALREADY_KNOWN if is_known(person, engagement, program, now) else "")
    )
    if refused and not (refused == reasons.PROMISE_ENDED and _is_late(person, candidate)):
        return refused
    if _was_overtaken_by_twin(person, row, candidate):
        return reasons.ALREADY_QUEUED
    if candidate.is_test:
        return ""
    if quiet_until(person, engagement, program, channel, now) != now:
        return reasons.QUIET_HOURS
    others = spoken_touches(person, row.message_id, now)
    allowed = capped_until(program.caps, others, engagement.message_class, channel.id, now)
    return "" if allowed == now else reasons.CAP_REACHED


def _is_late(person: Person, candidate: Candidate) -> bool:
    """Return whether a promise was missed and nothing repairs it: better late than never.

    Only the promised message itself, and only while it is of use. Where a repair was begun, the
    customer was reached another way or a department took over.
    """
    state = person.promises.get(candidate.ref)
    if state is None or state.change.status != "broken":
        return False
    return state.change.reason == "no_repair_left" and not state.change.repair_step


def _was_overtaken_by_twin(person: Person, row: MessageRow, candidate: Candidate) -> bool:
    """Return whether the same message reached the person by the same channel already.

    Two records of one human may each have been sent it before they were merged. Of two that are
    under way at once the one decided first goes on.
    """
    own = person.touches.get(row.message_id)
    own_at = own.at if own is not None else row.decided_at
    for message_id, touch in person.touches.items():
        if message_id == row.message_id or touch.channel != row.channel:
            continue
        if not is_same_message(touch, candidate) or touch.state == "queued":
            continue
        if touch.sent_at is not None or (touch.at, message_id) < (own_at, row.message_id):
            return True
    return False
