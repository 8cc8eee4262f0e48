"""Any other system over signed HTTP (Standard Webhooks), both directions.

`adapter` posts messages to an endpoint, `receipts` reads what the other system tells back.
"""

from collections.abc import Mapping
from datetime import datetime

from regard.channels.kinds import Kind, ReadInbound, ReadReceipts, Surroundings
from regard.channels.webhook.adapter import WebhookAdapter
from regard.channels.webhook.inbound import read_inbound
from regard.channels.webhook.receipts import read_receipts
from regard.channels.webhook.settings import parse_settings
from regard.core.ports import Draft, Heard
from regard.core.settings import Channel

__all__ = ["KIND", "WebhookAdapter", "read_inbound", "read_receipts"]


def _make(channel: Channel, around: Surroundings) -> WebhookAdapter:
    return WebhookAdapter(parse_settings(channel, around.environ), around.clock)


def _receipts(channel: Channel, around: Surroundings) -> ReadReceipts:
    settings = parse_settings(channel, around.environ)

    def read(body: bytes, headers: Mapping[str, str], now: datetime) -> tuple[Draft, ...]:
        return read_receipts(
            body,
            headers,
            settings=settings,
            channel=channel.id,
            address_kind=channel.reaches_by,
            received_at=now,
        )

    return read


def _inbound(channel: Channel, around: Surroundings) -> ReadInbound:
    settings = parse_settings(channel, around.environ)

    def read(body: bytes, headers: Mapping[str, str], now: datetime) -> Heard:
        return read_inbound(body, headers, settings=settings, channel=channel, received_at=now)

    return read


KIND = Kind(make=_make, receipts=_receipts, inbound=_inbound)
