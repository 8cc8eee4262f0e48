"""Reads what customers say on the other side of a webhook channel: ``message.received``.

In: the body and headers of a request signed with the channel's secret (Standard Webhooks). Out: a
`Message Received` event of whoever has the address. So a chat or a store desk is heard with no
adapter of its own. Refused: a signature that is wrong, a body that is no such message.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any

import msgspec
from standardwebhooks import WebhookVerificationError

from regard.channels.spoken import TEXT_MAX, spoken
from regard.channels.webhook.settings import WebhookSettings
from regard.core.errors import Refused
from regard.core.event import Identifier
from regard.core.ports import Heard
from regard.core.settings import Channel


class _Data(msgspec.Struct, frozen=True, kw_only=True):
    address: str
    text: str = ""
    facts: dict[str, Any] = {}


class _Notice(msgspec.Struct, frozen=True, kw_only=True):
    type: str
    timestamp: datetime
    data: _Data


def read_inbound(
    body: bytes,
    headers: Mapping[str, str],
    *,
    settings: WebhookSettings,
    channel: Channel,
    received_at: datetime,
) -> Heard:
    """Return what was said; nothing for a type that says nothing to us."""
    try:
        settings.signer.verify(body, dict(headers), json_parse=False)
        notice = msgspec.json.decode(body, type=_Notice)
    except msgspec.DecodeError as error:
        raise Refused(f"The body is not a message: {error}.", code="receipt") from error
    except (WebhookVerificationError, UnicodeDecodeError, ValueError) as error:
        raise Refused(f"The signature is not valid: {error}.", code="signature") from error
    if notice.timestamp.tzinfo is None:
        raise Refused("The timestamp of the message has no zone.", code="receipt")
    if notice.type != "message.received":
        return Heard()
    draft = spoken(
        name="Message Received",
        channel=channel.id,
        identifier=Identifier(channel.reaches_by, notice.data.address),
        at=min(notice.timestamp, received_at),
        received_at=received_at,
        facts={**notice.data.facts, "text": notice.data.text[:TEXT_MAX]},
        notice_id={key.lower(): value for key, value in headers.items()}["webhook-id"],
    )
    return Heard(drafts=(draft,))
