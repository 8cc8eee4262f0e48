"""The person's touches as a fold: our messages and how far they came, and what others did.

Decisions, claims, outcomes, receipts and outward events in; `Person.touches` out. It is a join:
a receipt that arrives before the decision it is about (they may hang on different identities)
waits in `Person.progress`, and of two states the further one stands, whichever came first. Calls of
other systems are no touches.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

from msgspec.structs import replace

from regard.core.event import Event, MessageClaimed, MessageOutcome
from regard.core.facts import CALL_PREFIX, Decided, Entry
from regard.core.person import Person, Progress, Touch

TOUCHES_MAX = 100
"""Newest touches a person keeps. More than any cap counts in its window in practice (a larger cap
acts as this one), and still loaded in some tens of microseconds."""

PROGRESS_MAX = 20
"""Receipts kept without their decision. They wait for a merge; most are about messages that have
left `touches`, or of other systems."""

LIMIT = "touches"

RECEIPTS: Mapping[str, str] = {
    "Email Delivered": "delivered",
    "Message Delivered": "delivered",
    "Email Opened": "opened",
    "Email Link Clicked": "clicked",
    "Message Opened": "opened",
    "Message Clicked": "clicked",
    "Message Dismissed": "dismissed",
    "Email Bounced": "bounced",
    "Message Bounced": "bounced",
}
"""Events about a message of ours (facts.message_id), as Segment's e-mail specification names them,
and the state each brings."""

OUTWARD = frozenset({"Call Made", "Letter Sent", "Agent Replied"})
"""Events by which another system or a human touched the person; so does any track event with
``context.direction`` ``out``."""

RANKS: Mapping[str, int] = {
    "queued": 0,
    "claimed": 1,
    "try_again": 1,
    "unknown": 1,
    "withdrawn": 2,
    "refused": 3,
    "sent": 4,
    "delivered": 5,
    "opened": 6,
    "clicked": 7,
    "dismissed": 8,
    "bounced": 9,
}
"""How far a state is. Providers call back before they answer, so time alone cannot tell."""

PENDING = frozenset({"queued", "claimed", "try_again"})
"""States of a message that is still going to touch the person."""

DEAD = frozenset({"withdrawn", "refused", "bounced"})
"""States of a message that did not touch the person and will not. One that has a moment of being
handed over may have touched them nevertheless, unless it bounced: an attempt before was unknown."""

_OTHERS = "event:"
"""Touches that are not messages of ours are known by their event; nothing more is heard of them."""

_RETURNING_RANK_MAX = RANKS["withdrawn"]
"""Up to here a message can still come back to the gate, so its candidate is kept."""


def with_entry(person: Person, entry: Entry) -> Person:
    """Return the person with what one entry says about touches; the same object if nothing."""
    body = entry.body
    if type(body) is Event:
        return _with_event(person, body, entry)
    if type(body) is Decided:
        if body.verdict != "send" or body.candidate.call_id:
            return person
        return with_decided(person, body, entry.received_at, entry.stamp)
    if type(body) is MessageClaimed:
        if body.message_id.startswith(CALL_PREFIX):
            return person
        return with_progress(
            person, body.message_id, Progress("claimed", entry.received_at, entry.stamp)
        )
    if type(body) is MessageOutcome:
        if body.message_id.startswith(CALL_PREFIX):
            return person
        return with_progress(person, body.message_id, _outcome(body, entry))
    return person


def with_decided(person: Person, decided: Decided, now: datetime, stamp: int) -> Person:
    """Return the person with the message that a decision to send puts in the outbox."""
    candidate = decided.candidate
    if decided.is_answer:
        return _with_touch(person, decided.decision_id, _answer(decided, now, stamp))
    touch = Touch(
        engagement=candidate.engagement,
        channel=decided.channel,
        message_class=decided.message_class,
        purpose=decided.purpose,
        ref=candidate.ref,
        address=decided.address,
        at=now,
        state="queued",
        state_at=now,
        stamp=stamp,
        candidate=candidate,
    )
    return _with_touch(person, decided.decision_id, touch)


def _answer(decided: Decided, now: datetime, stamp: int) -> Touch:
    """Return the touch that an answer to a request was: handed over as it was decided."""
    return Touch(
        engagement=decided.candidate.engagement,
        channel=decided.channel,
        message_class=decided.message_class,
        purpose=decided.purpose,
        ref=decided.candidate.ref,
        address=decided.address,
        at=now,
        state="sent",
        state_at=now,
        stamp=stamp,
        sent_at=now,
    )


def with_progress(person: Person, message_id: str, news: Progress) -> Person:
    """Return the person with a message moved on, or with the news kept for a merge."""
    touch = person.touches.get(message_id)
    if touch is not None:
        moved = _moved(touch, news)
        if moved is touch:
            return person
        return replace(person, touches={**person.touches, message_id: moved})
    old = person.progress.get(message_id)
    further = news if old is None else _further(old, news)
    return _bounded(person, dict(person.touches), {**person.progress, message_id: further})


def joined(winner: Person, loser: Person) -> Person:
    """Return `winner` with the touches of `loser` as well."""
    if not loser.touches and not loser.progress:
        return winner
    progress = dict(winner.progress)
    for message_id, news in loser.progress.items():
        old = progress.get(message_id)
        progress[message_id] = news if old is None else _further(old, news)
    if LIMIT in loser.limits and LIMIT not in winner.limits:
        winner = replace(winner, limits=tuple(sorted({*winner.limits, LIMIT})))
    return _bounded(winner, {**winner.touches, **loser.touches}, progress)


def _with_event(person: Person, event: Event, entry: Entry) -> Person:
    state = RECEIPTS.get(event.name)
    if state is not None:
        message_id = event.facts.get("message_id")
        if not isinstance(message_id, str):
            return person
        sent_at = event.at if state == "delivered" else None
        return with_progress(person, message_id, Progress(state, event.at, entry.stamp, sent_at))
    is_outward = event.context.get("direction") == "out" and event.type == "track"
    if event.name not in OUTWARD and not is_outward:
        return person
    return _with_touch(
        person, f"{_OTHERS}{event.source}:{event.message_id}", _outward(event, entry)
    )


def _outcome(outcome: MessageOutcome, entry: Entry) -> Progress:
    state: str = outcome.outcome
    if state == "try_again" and outcome.retry_at is None:
        state = "refused"
    now = entry.received_at  # `entry.at` only places the entry where its message hangs
    return Progress(state, now, entry.stamp, now if state in ("sent", "unknown") else None)


def _outward(event: Event, entry: Entry) -> Touch:
    facts = event.facts
    return Touch(
        engagement=_text(facts.get("engagement")),
        channel=event.channel,
        message_class="marketing" if facts.get("message_class") == "marketing" else "service",
        purpose=_text(facts.get("purpose")),
        ref="",
        address="",
        at=event.at,
        state="sent",
        state_at=event.at,
        stamp=entry.stamp,
        sent_at=event.at,
    )


def _text(value: object) -> str:
    return value if isinstance(value, str) else ""


def _with_touch(person: Person, message_id: str, touch: Touch) -> Person:
    return _bounded(person, {**person.touches, message_id: touch}, person.progress)


def _bounded(person: Person, touches: dict[str, Touch], progress: Mapping[str, Progress]) -> Person:
    """Bring news to their touches and keep the newest of both.

    A touch that goes leaves its news, as if they had come without it: the order must not matter.
    """
    waiting = dict(progress)
    for message_id in progress.keys() & touches.keys():
        touches[message_id] = _moved(touches[message_id], waiting.pop(message_id))
    limits = person.limits
    if len(touches) > TOUCHES_MAX:
        limits = tuple(sorted({*limits, LIMIT}))
        ranked = sorted(touches, key=lambda key: (touches[key].at, key))
        for message_id in ranked[:-TOUCHES_MAX]:
            gone = touches.pop(message_id)
            if gone.state != "queued" and not message_id.startswith(_OTHERS):
                news = Progress(gone.state, gone.state_at, gone.stamp, gone.sent_at)
                waiting[message_id] = news
    if len(waiting) > PROGRESS_MAX:
        ranked = sorted(waiting, key=lambda key: (waiting[key].at, key))
        waiting = {key: waiting[key] for key in ranked[-PROGRESS_MAX:]}
    return replace(person, touches=touches, progress=waiting, limits=limits)


def _moved(touch: Touch, news: Progress) -> Touch:
    """Return the touch at the further of two states, with the latest hand-over known."""
    old = Progress(touch.state, touch.state_at, touch.stamp, touch.sent_at)
    now = _further(old, news)
    if now == old:
        return touch
    is_returning = RANKS[now.state] <= _RETURNING_RANK_MAX
    return replace(
        touch,
        state=now.state,
        state_at=now.at,
        stamp=now.stamp,
        sent_at=now.sent_at,
        candidate=touch.candidate if is_returning else None,
    )


def _further(left: Progress, right: Progress) -> Progress:
    ahead = max(left, right, key=lambda p: (RANKS[p.state], p.at, p.stamp))
    sent = [p.sent_at for p in (left, right) if p.sent_at is not None]
    sent_at = max(sent, default=None)
    if ahead.sent_at == sent_at:
        return ahead
    return Progress(ahead.state, ahead.at, ahead.stamp, sent_at)
