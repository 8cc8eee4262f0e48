"""Calls of other systems pass the same gate as messages, by the few rules that concern them.

A journey's question to a webhook is no touch: no consent, cap, quiet hours, value or rival applies.
But nothing of somebody who is erased or frozen leaves the house, and an answer that nobody waits
for any more is not asked for. Called by the arbiter, and again right before the hand-over.
"""

from __future__ import annotations

from datetime import datetime

from regard.core.facts import Candidate, Decided
from regard.core.person import Person
from regard.core.program import Program
from regard.core.reaching import address_on
from regard.decisions import reasons
from regard.decisions.rules import person_refusal


def decided(person: Person, candidate: Candidate, program: Program) -> Decided:
    """Return the decision about a call: sent under its own id, or why not.

    `address` is what the channel reaches people by, as far as it is known: it names the person to
    the other system.
    """
    name = candidate.channels[0]
    channel = program.channels.get(name)
    refused = person_refusal(person) or ("" if channel else reasons.CHANNEL_GONE)
    address = address_on(person, channel) if channel and not refused else ""
    return Decided(
        decision_id=candidate.call_id,
        candidate=candidate,
        verdict="silence" if refused else "send",
        reason=refused or reasons.ASKED,
        message_class="service",
        purpose="",
        channel=name,
        address=address,
    )


def refusal(person: Person, candidate: Candidate, program: Program, now: datetime) -> str:
    """Return why a call must not be made at `now`, or ``""``."""
    refused = person_refusal(person)
    if refused:
        return refused
    if candidate.channels[0] not in program.channels:
        return reasons.CHANNEL_GONE
    if candidate.useful_until is not None and now >= candidate.useful_until:
        return reasons.PAST_USE
    state = person.runs.get(candidate.ref)
    is_awaited = state is not None and state.change.call_id == candidate.call_id
    return "" if is_awaited else reasons.RUN_ENDED
