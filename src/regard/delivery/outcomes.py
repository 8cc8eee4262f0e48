"""The outcomes that the dispatcher words itself, because no channel was asked.

In: a claimed message and why. Out: `MessageOutcome`. Also completes what channels answered: when
to try again, when to give up, and what follows when nobody can tell.
"""

from __future__ import annotations

from datetime import datetime

from msgspec.structs import replace

from regard.core.backoff import FIRST_S, retry_at
from regard.core.event import MessageOutcome
from regard.core.ports import Message
from regard.core.program import Program
from regard.core.rows import Claimed, Content
from regard.delivery.compose import attempt_of

ATTEMPTS_MAX = 12
"""With the house's backoff the twelfth attempt comes after some five hours; what could not be
handed over until then is better said on another channel, or not at all."""

CRASHES_MAX = 3
"""So many attempts in a row that broke with a bug are no accident: the message is poisoned."""

PASSING = frozenset({"quiet_hours", "cap_reached"})
"""Refusals of the last check that pass by waiting; docs/reasons.md has them all."""

NOT_TAKEN = frozenset(
    (
        *("connection_failed", "connect_refused", "login_refused", "provider_busy", "slow_down"),
        *("not_taken", "broken"),
    )
)
"""Reasons of an attempt that surely took nothing along."""

WAIT_S = 1_800.0
"""So long a message waits that must not be withdrawn: a night is some twenty looks."""

CRASHED = {"try_again": "broken", "unknown": "adapter_raised"}
"""The reason of an attempt that broke, before the hand-over and in it."""


def refused(claimed: Claimed, reason: str, detail: str = "") -> MessageOutcome:
    """Return that the message can never be handed over."""
    row = claimed.row
    return MessageOutcome(
        message_id=row.message_id,
        channel=row.channel,
        outcome="refused",
        attempt=attempt_of(row),
        reason=reason,
        detail=detail,
    )


def withdrawn(claimed: Claimed, reason: str) -> MessageOutcome:
    """Return that the last check at the gate said no."""
    return replace(refused(claimed, reason), outcome="withdrawn")


def stopped_by(claimed: Claimed, reason: str, now: datetime) -> MessageOutcome:
    """Return what the last check's no means: the message is withdrawn, or waits as it is.

    What was withdrawn for a while is offered again as another message, under another id. One that
    may have arrived must not be: receivers know it again by its id alone. So it waits.
    """
    row = claimed.row
    if reason in PASSING and row.tries and row.reason not in NOT_TAKEN:
        return handed_back(claimed, reason, retry_at(row.message_id, 1, now, WAIT_S))
    return withdrawn(claimed, reason)


def handed_back(claimed: Claimed, reason: str, at: datetime, detail: str = "") -> MessageOutcome:
    """Return that the message was not handed over and comes again `at`."""
    back = refused(claimed, reason, detail)
    return replace(back, outcome="try_again", retry_at=at)


def unknown(claimed: Claimed, reason: str, detail: str = "") -> MessageOutcome:
    """Return that nobody can tell whether the message was taken."""
    return replace(refused(claimed, reason, detail), outcome="unknown")


def completed(
    outcome: MessageOutcome, claimed: Claimed, program: Program, now: datetime
) -> MessageOutcome:
    """Return a channel's outcome with what follows from it.

    A temporary failure gets its next moment, or gives up after `ATTEMPTS_MAX`. An unknown one is
    sent again under the same message id when its engagement says so (``if_unknown: resend``); with
    ``ask`` it stays as it is until a receipt or a human resolves it. What breaks again and again
    steps aside as a dead letter.
    """
    if outcome.outcome not in ("try_again", "unknown"):
        return outcome
    if _is_poisoned(outcome, claimed):
        told = f"broke {CRASHES_MAX} times: {outcome.detail}".strip()
        reason = "poisoned" if outcome.outcome == "try_again" else "poisoned_adapter"
        return replace(outcome, outcome="refused", reason=reason, detail=told, retry_at=None)
    channel = program.channels.get(outcome.channel)
    first_s = FIRST_S if channel is None else channel.retry_first_s
    next_at = outcome.retry_at or retry_at(outcome.message_id, outcome.attempt, now, first_s)
    is_last = claimed.row.tries + 1 >= ATTEMPTS_MAX
    if outcome.outcome == "try_again":
        if is_last:
            detail = f"after {ATTEMPTS_MAX} attempts: {outcome.reason} {outcome.detail}".strip()
            return replace(
                outcome, outcome="refused", reason="gave_up", detail=detail, retry_at=None
            )
        return replace(outcome, retry_at=next_at)
    return replace(
        outcome, retry_at=next_at if is_resent(claimed, program) and not is_last else None
    )


def _is_poisoned(outcome: MessageOutcome, claimed: Claimed) -> bool:
    """Return whether this attempt broke as so many before it did."""
    has_crashed = outcome.reason == CRASHED.get(outcome.outcome)
    return has_crashed and claimed.row.crashes + 1 >= CRASHES_MAX


def is_resent(claimed: Claimed, program: Program) -> bool:
    """Return whether an unknown outcome is sent again; a call is: its receiver knows the id."""
    if claimed.row.decision.candidate.call_id:
        return True
    engagement = program.engagements.get(claimed.row.engagement)
    return engagement is not None and engagement.if_unknown == "resend"


def content_of(message: Message, outcome: MessageOutcome, now: datetime) -> Content | None:
    """Return what was said, as proof; None when the message did not leave for good."""
    if outcome.outcome == "try_again":
        return None
    return Content(
        message_id=message.message_id,
        channel=message.channel,
        address=message.address,
        subject=message.subject,
        text=message.text,
        html=message.html,
        headers=dict(message.headers),
        handed_at=now,
        variant=message.variant,
        language=message.language,
        chosen_by=message.chosen_by,
    )
