"""Decides what an SMTP answer means for a message: pure, from stage and codes to an outcome.

In: the `Answer` of a session. Out: `MessageOutcome`. 2xx is sent, 4xx is try again, 5xx is refused
for good; no reply is try again before the content left and unknown after. Reasons that begin with
``address`` suppress the address from then on, so only answers about the mailbox itself get one.
"""

from __future__ import annotations

import re
from datetime import datetime

from regard.channels.outcomes import outcome, try_again
from regard.channels.smtp.session import NO_REPLY, Answer
from regard.core.event import MessageOutcome
from regard.core.ports import Message

_ENHANCED = re.compile(r"\b[245]\.(\d{1,3})\.(\d{1,3})\b")
_GREYLISTED = re.compile(r"gr[ae]y-?\s?list", re.IGNORECASE)
_QUEUED_AS = re.compile(r"(?:queued as|id=)\s*<?([\w.@+-]{3,120})", re.IGNORECASE)

# RFC 3463 subject.detail, the few that speak of the mailbox or of size.
REASON_BY_STATUS = {
    (1, 1): "address_unknown",
    (1, 2): "address_domain_unknown",
    (1, 3): "address_invalid",
    (1, 6): "address_moved",
    (1, 10): "address_domain_unknown",  # null MX, RFC 7505
    (2, 1): "address_disabled",
    (2, 2): "mailbox_full",
    (2, 3): "content_too_large",
    (3, 4): "content_too_large",
    (6, 7): "address_needs_smtputf8",
}
REASON_BY_SUBJECT = {6: "content_refused", 7: "policy_refused"}
REASON_BY_RECIPIENT_CODE = {
    550: "address_unknown",
    551: "address_moved",
    553: "address_invalid",
}


def outcome_of(answer: Answer, message: Message, now: datetime, first_s: float) -> MessageOutcome:
    """Return what `answer` means for this attempt; backoff begins with `first_s` seconds."""
    detail = f"{answer.code} {answer.text}" if answer.code else answer.text
    if answer.code == NO_REPLY and answer.stage == "content":
        return outcome(message, "unknown", reason="no_reply_after_content", detail=detail)
    if answer.stage == "content" and 200 <= answer.code < 300:
        found = _QUEUED_AS.search(answer.text)
        provider_id = found.group(1) if found else ""
        return outcome(message, "sent", detail=detail, provider_id=provider_id)
    if answer.code >= 500 and answer.stage not in ("connect", "login"):
        return outcome(message, "refused", reason=refusal_reason(answer), detail=detail)
    reason = _delay_reason(answer)
    return try_again(message, now, reason=reason, detail=detail, first_s=first_s)


def _delay_reason(answer: Answer) -> str:
    if answer.code == NO_REPLY:
        return "connection_failed"
    if answer.stage in ("recipient", "data", "content") and _asks_to_slow_down(answer):
        return "slow_down"
    if answer.stage in ("connect", "login"):
        # About our account or their house, never about this message: it must not be lost for it.
        return f"{answer.stage}_refused"
    return "provider_busy"


def _asks_to_slow_down(answer: Answer) -> bool:
    """Return whether a recipient's provider wants fewer messages: 421, or a policy of the moment.

    That is 4.7.x (RFC 3463). Before a recipient is named it is our own provider who is busy.
    Greylisting says 4.7.x as well, and means this recipient's first message alone.
    """
    if _GREYLISTED.search(answer.text):
        return False
    found = _ENHANCED.search(answer.text)
    return answer.code == 421 or (found is not None and found.group(0).startswith("4.7."))


def refusal_reason(answer: Answer) -> str:
    """Return the reason code of a permanent refusal; the enhanced status goes before the code."""
    found = _ENHANCED.search(answer.text)
    if found:
        subject, detail = int(found.group(1)), int(found.group(2))
        reason = REASON_BY_STATUS.get((subject, detail)) or REASON_BY_SUBJECT.get(subject)
        if reason:
            # A server that dislikes our own sender address must not cost the recipient's.
            is_about_sender = answer.stage == "sender" and reason.startswith("address")
            return "policy_sender" if is_about_sender else reason
    if answer.stage == "recipient" and answer.code in REASON_BY_RECIPIENT_CODE:
        return REASON_BY_RECIPIENT_CODE[answer.code]
    if answer.code == 552:
        return "content_too_large"
    if answer.stage == "sender":
        return "policy_sender"
    return "content_refused" if answer.stage == "content" else "policy_refused"
