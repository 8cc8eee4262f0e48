"""The inward halves of the channels of a program: who reads what comes back, by channel id.

In: a program and the environment with its secrets. Out: readers that turn the bytes and headers of
a request into drafts of receipts. Refused: settings that are wrong. `assembly` gives the readers to
the API.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from email.utils import parseaddr
from typing import TypeVar

from regard.channels import kind_named
from regard.channels.kinds import Door, Kind, ReadInbound, ReadReceipts, Surroundings
from regard.channels.smtp import read_bounce
from regard.channels.smtp.inbound import read_mail
from regard.core.ports import Draft
from regard.core.program import Program
from regard.core.settings import Channel

T = TypeVar("T")
Made = Callable[[Channel, Surroundings], T]


def receipt_readers(program: Program, around: Surroundings) -> dict[str, ReadReceipts]:
    """Return a reader of receipts for every channel whose other side tells them."""
    return _of(program, around, lambda kind: kind.receipts)


def inbound_readers(program: Program, around: Surroundings) -> dict[str, ReadInbound]:
    """Return a reader of what customers say for every channel on which they can."""
    return _of(program, around, lambda kind: kind.inbound)


def doors(program: Program, around: Surroundings) -> dict[str, Door]:
    """Return who may look into a channel, for every one that lies on pages and devices."""
    return _of(program, around, lambda kind: kind.door)


def bounce_readers(program: Program) -> dict[str, ReadReceipts]:
    """Return a reader of bounce mails for every channel that goes to e-mail addresses."""
    return {c.id: _of_mail(c) for c in program.channels.values() if c.reaches_by == "email"}


def read_letter(
    program: Program, channel_id: str, raw: bytes, sender: str | None, now: datetime
) -> tuple[Draft, ...]:
    """Return what a mail of a customer says; raise `Refused` when it cannot be read.

    Only ids under the domain that the channel speaks from can be those of our messages.
    """
    channel = program.channels.get(channel_id)
    said = channel.settings.get("from") if channel is not None else None
    domain = parseaddr(said)[1].rpartition("@")[2].lower() if isinstance(said, str) else ""
    return read_mail(
        raw,
        channel=channel_id,
        received_at=now,
        domains=(domain,) if domain else (),
        envelope_sender=sender,
    )


def _of(
    program: Program, around: Surroundings, part: Callable[[Kind], Made[T] | None]
) -> dict[str, T]:
    found = {}
    for channel in program.channels.values():
        kind = kind_named(channel.adapter)
        make = part(kind) if kind is not None else None
        if make is not None:
            found[channel.id] = make(channel, around)
    return found


def _of_mail(channel: Channel) -> ReadReceipts:
    def read(body: bytes, _headers: Mapping[str, str], now: datetime) -> tuple[Draft, ...]:
        return read_bounce(body, channel=channel.id, received_at=now)

    return read
