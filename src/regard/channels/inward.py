"""The inward halves of the channels of a program: who reads what comes back, by channel id.

In: a program and the environment with its secrets. Out: readers that turn the bytes and headers of
a request into drafts of receipts. Refused: settings that are wrong. `assembly` gives the readers to
the API.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime

from regard.channels.smtp import read_bounce
from regard.channels.webhook import read_receipts
from regard.channels.webhook.settings import parse_settings
from regard.core.ports import Draft
from regard.core.program import Program
from regard.core.settings import Channel

ReadReceipts = Callable[[bytes, Mapping[str, str], datetime], tuple[Draft, ...]]
"""Body, headers and the moment of arrival to receipts; raises `Refused`."""


def receipt_readers(program: Program, environ: Mapping[str, str]) -> dict[str, ReadReceipts]:
    """Return a reader of signed receipts for every channel that is a webhook."""
    channels = program.channels.values()
    return {c.id: _of_webhook(c, environ) for c in channels if c.adapter == "webhook"}


def bounce_readers(program: Program) -> dict[str, ReadReceipts]:
    """Return a reader of bounce mails for every channel that goes to e-mail addresses."""
    return {c.id: _of_mail(c) for c in program.channels.values() if c.reaches_by == "email"}


def _of_webhook(channel: Channel, environ: Mapping[str, str]) -> ReadReceipts:
    settings = parse_settings(channel, environ)

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


def _of_mail(channel: Channel) -> ReadReceipts:
    def read(body: bytes, _headers: Mapping[str, str], now: datetime) -> tuple[Draft, ...]:
        return read_bounce(body, channel=channel.id, received_at=now)

    return read
