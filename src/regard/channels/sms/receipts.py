"""Reads the status callbacks of a Twilio-compatible service into receipts.

In: the body and headers of a request with its signature. Out: drafts of ``Message Delivered`` and
``Message Bounced``; a message that is only on its way (queued, sending, sent) gives none. Our
message id stands in the address that was signed. Called by `/v1/receipts/<channel>`.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from urllib.parse import parse_qs, urlsplit

from regard.channels.receipts import receipt
from regard.channels.sms.answers import NUMBER_IS_DEAD, REASON_BY_CODE
from regard.channels.sms.settings import SmsSettings
from regard.channels.sms.signature import signed_form
from regard.core.errors import Refused
from regard.core.event import Identifier
from regard.core.ports import Draft
from regard.core.settings import Channel

NAME_BY_STATUS = {
    "delivered": "Message Delivered",
    "read": "Message Opened",
    "undelivered": "Message Bounced",
    "failed": "Message Bounced",
}


def read_receipts(
    body: bytes,
    headers: Mapping[str, str],
    *,
    settings: SmsSettings,
    channel: Channel,
    received_at: datetime,
) -> tuple[Draft, ...]:
    """Return the receipt in one callback; raise `Refused` when its signature is not valid."""
    form = signed_form(body, headers, settings)
    name = NAME_BY_STATUS.get(form.get("MessageStatus", ""))
    if name is None:
        return ()
    message_id = _message_id(headers)
    sid, address = form.get("MessageSid", ""), form.get("To", "")
    if not message_id or not address:
        raise Refused("The callback names no message of ours or no number.", code="receipt")
    facts: dict[str, object] = {"message_id": message_id, "address": address, "provider_id": sid}
    if name == "Message Bounced":
        facts |= _why(form.get("ErrorCode", ""))
    draft = receipt(
        name=name,
        channel=channel.id,
        identifier=Identifier(channel.reaches_by, address),
        at=received_at,
        received_at=received_at,
        facts=facts,
        notice_id=sid or message_id,
    )
    return (draft,)


def _why(text: str) -> dict[str, object]:
    code = int(text) if text.isdecimal() and len(text) < 10 else 0
    reason = REASON_BY_CODE.get(code, "provider_refused")
    return {"permanent": code in NUMBER_IS_DEAD, "reason": reason, "detail": f"error {code}"}


def _message_id(headers: Mapping[str, str]) -> str:
    query = urlsplit(headers.get(":path", "")).query
    return next(iter(parse_qs(query).get("message_id", [])), "")
