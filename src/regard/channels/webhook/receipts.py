"""Reads the receipts that the other side of a webhook channel posts back.

In: the body and headers of a request signed with the channel's secret (Standard Webhooks). Out:
drafts of events. Refused: a signature that is wrong or older than five minutes, a body that is not
a receipt. Called by the HTTP endpoint of the channel.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime

import msgspec
from standardwebhooks import WebhookVerificationError

from regard.channels.receipts import receipt
from regard.channels.webhook.settings import WebhookSettings
from regard.core.errors import Refused
from regard.core.event import Identifier
from regard.core.ports import Draft

NAME_BY_TYPE = {
    "message.delivered": "Message Delivered",
    "message.bounced": "Email Bounced",
    "message.complained": "Email Marked as Spam",
    "message.opened": "Email Opened",
    "message.clicked": "Email Link Clicked",
    "message.unsubscribed": "Unsubscribed",
}


class _Data(msgspec.Struct, frozen=True, kw_only=True):
    message_id: str
    address: str
    permanent: bool = True
    purpose: str = "*"
    detail: str = ""


class _Notice(msgspec.Struct, frozen=True, kw_only=True):
    type: str
    timestamp: datetime
    data: _Data


def read_receipts(
    body: bytes,
    headers: Mapping[str, str],
    *,
    settings: WebhookSettings,
    channel: str,
    address_kind: str,
    received_at: datetime,
) -> tuple[Draft, ...]:
    """Return the receipt in one signed request; none for a type that says nothing to us.

    `address_kind` is the kind of identifier that the channel's addresses are (``phone``).
    """
    try:
        settings.signer.verify(body, dict(headers), json_parse=False)
    except (WebhookVerificationError, UnicodeDecodeError, ValueError) as error:
        raise Refused(f"The signature is not valid: {error}.", code="signature") from error
    notice = _decode(body)
    name = NAME_BY_TYPE.get(notice.type)
    if name is None:
        return ()
    draft = receipt(
        name=name,
        channel=channel,
        identifier=Identifier(address_kind, notice.data.address),
        at=notice.timestamp,
        received_at=received_at,
        facts=_facts(name, notice.data, channel),
        notice_id={key.lower(): value for key, value in headers.items()}["webhook-id"],
    )
    return (draft,)


def _decode(body: bytes) -> _Notice:
    try:
        notice = msgspec.json.decode(body, type=_Notice)
    except msgspec.DecodeError as error:
        raise Refused(f"The body is not a receipt: {error}.", code="receipt") from error
    if notice.timestamp.tzinfo is None:
        raise Refused("The timestamp of the receipt has no zone.", code="receipt")
    return notice


def _facts(name: str, data: _Data, channel: str) -> dict[str, object]:
    facts: dict[str, object] = {"message_id": data.message_id, "address": data.address}
    if name == "Email Bounced":
        facts |= {"permanent": data.permanent, "detail": data.detail[:500]}
    if name == "Unsubscribed":
        facts |= {"purpose": data.purpose, "channel": channel}
    return facts
