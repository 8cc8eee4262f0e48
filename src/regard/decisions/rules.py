"""The hard rules: they hold when a candidate is weighed and again before its hand-over.

A person, a candidate and its engagement in; a reason code or ``""`` out. None of them passes by
waiting; those that do are in `waiting`.
"""

from __future__ import annotations

from datetime import datetime

from regard.core.facts import OPEN_PROMISE, Candidate
from regard.core.offers import Engagement
from regard.core.person import Person, Touch
from regard.core.program import Program
from regard.core.reaching import is_suppressed, is_unconfirmed
from regard.core.settings import Channel
from regard.decisions.consent import consent_refusal
from regard.decisions.reasons import (
    ERASED,
    FROZEN,
    NEED_OVER,
    PAST_USE,
    PROMISE_ENDED,
    RUN_ENDED,
    SUPPRESSED,
    UNCONFIRMED,
    UNREACHABLE,
)
from regard.decisions.touches import DEAD


def person_refusal(person: Person) -> str:
    """Return why nothing at all may be said to the person."""
    if person.is_erased:
        return ERASED
    return FROZEN if person.is_frozen else ""


def channel_refusal(
    person: Person, engagement: Engagement, program: Program, channel: Channel, address: str
) -> str:
    """Return why the person may not be spoken to by this channel: their word, or the address."""
    refusal = consent_refusal(
        person.consents,
        engagement.purpose,
        program.purposes.get(engagement.purpose),
        engagement.message_class,
        channel.id,
    )
    if refusal:
        return refusal
    if not address:
        return UNREACHABLE
    if is_suppressed(person, channel, address):
        return SUPPRESSED
    return UNCONFIRMED if is_unconfirmed(person, channel, address) else ""


def overtaken(person: Person, candidate: Candidate, end: datetime | None, now: datetime) -> str:
    """Return why a message is not wanted any more: its use, promise, run or need is over."""
    if end is not None and now >= end:
        return PAST_USE
    if candidate.origin == "promise":
        state = person.promises.get(candidate.ref)
        return "" if state is not None and state.change.status in OPEN_PROMISE else PROMISE_ENDED
    if candidate.origin == "journey":
        run = person.runs.get(candidate.ref)
        return RUN_ENDED if run is not None and run.change.status == "exited" else ""
    if candidate.origin == "need":
        return "" if _is_felt(person, candidate) else NEED_OVER
    return ""


def _is_felt(person: Person, candidate: Candidate) -> bool:
    """Return whether the spell of the need that brought a candidate forth goes on."""
    state = person.needs.get(str(candidate.facts.get("need")))
    change = None if state is None else state.change
    return change is not None and change.is_felt and change.spell == candidate.ref


def is_same_message(touch: Touch, candidate: Candidate) -> bool:
    """Return whether a touch already says, or may yet say, what a candidate wants to say.

    A promise has one engagement to say once, and so has a broadcast; a journey may come back to
    the same step, so there only touches decided since the candidate was made are its own.
    """
    if touch.engagement != candidate.engagement or touch.ref != candidate.ref or not touch.ref:
        return False
    if touch.state in DEAD:
        return False
    return candidate.origin in ("promise", "broadcast") or touch.at >= candidate.made_at
