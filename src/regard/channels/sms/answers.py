"""What a Twilio-compatible service means: its answers and error codes to outcomes and reasons.

In: an answer to a hand-over, or a code in a callback. Out: the outcome of the attempt, or a
reason. Source: Twilio's REST API and its error dictionary. A code that is not listed says nothing
about the person: the message is refused, the address stays.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec

from regard.channels.exchange import Answer, retry_after
from regard.channels.outcomes import outcome, try_again
from regard.core.event import MessageOutcome
from regard.core.ports import Message

REASON_BY_CODE: Mapping[int, str] = {
    21211: "address_invalid",
    21217: "address_invalid",
    21265: "address_invalid",
    21614: "not_mobile",
    21610: "recipient_stopped",
    21408: "policy_region",
    21612: "policy_region",
    21602: "content_empty",
    21617: "content_too_large",
    21606: "policy_sender",
    21659: "policy_sender",
    21703: "policy_sender",
    30003: "handset_unreachable",
    30004: "blocked_by_recipient",
    30005: "address_unknown",
    30006: "not_mobile",
    30007: "content_refused",
    30032: "policy_sender",
    30034: "policy_sender",
}
"""Provider codes that mean something to us. `recipient_stopped` is no dead address: a START at the
provider revives it, and only the provider knows."""

NUMBER_IS_DEAD = frozenset({30005})
"""Codes of a callback after which the number is not used any more, for calls neither. A landline
that takes no texts can still be called."""


class Told(msgspec.Struct, frozen=True, kw_only=True):
    """The parts of an answer that matter; errors carry `code`, messages a `sid`."""

    sid: str = ""
    code: int = 0
    message: str = ""


def outcome_of(
    answer: Answer, message: Message, now: datetime, first_s: float, told: str
) -> MessageOutcome | None:
    """Return what an answer means; None when nobody can tell whether the message was taken.

    `told` is noted with a message that was taken.
    """
    body = _told(answer.text)
    if 200 <= answer.status < 300:
        if not body.sid:
            return None
        return outcome(message, "sent", provider_id=body.sid, detail=told)
    if answer.status in (401, 403):
        return try_again(
            message, now, reason="login_refused", detail=answer.detail, first_s=first_s
        )
    if answer.status in (429, 503):
        asked_at = retry_after(answer.headers.get("retry-after", ""), now)
        if asked_at is None:
            return try_again(
                message, now, reason="provider_busy", detail=answer.detail, first_s=first_s
            )
        return outcome(
            message, "try_again", reason="provider_busy", detail=answer.detail, next_at=asked_at
        )
    if answer.status >= 500:
        return None
    reason = REASON_BY_CODE.get(body.code, "provider_refused")
    return outcome(message, "refused", reason=reason, detail=answer.detail)


def _told(text: str) -> Told:
    try:
        return msgspec.json.decode(text, type=Told)
    except (msgspec.DecodeError, RecursionError):
        return Told()
