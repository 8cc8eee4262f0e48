"""Reads what a page or a device tells about a message that lies there: shown, clicked, dismissed.

In: JSON marks, each with the token that came with its message; the token's signature is what makes
a mark believable, so no key is needed and nobody can mark another's. Out: drafts of receipts. A
mark that is told twice, or on two devices, is one receipt.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime
from typing import Literal

import msgspec

from regard.channels.kinds import ReadReceipts, SignedMark, Surroundings
from regard.channels.receipts import receipt
from regard.core.errors import Refused
from regard.core.event import Identifier
from regard.core.ports import Draft
from regard.core.settings import Channel

MARKS_MAX = 50
"""Marks of one request: a feed shows at most twenty messages."""

Word = Literal["shown", "seen", "clicked", "dismissed"]

NAMES: Mapping[Word, tuple[str, ...]] = {
    "shown": ("Message Delivered",),
    "seen": ("Message Delivered", "Message Opened"),
    "clicked": ("Message Clicked",),
    "dismissed": ("Message Dismissed",),
}
"""A notification that was shown arrived; a feed that was looked at was read as well."""


class _Mark(msgspec.Struct, frozen=True, kw_only=True):
    token: str
    mark: Word


_decoder = msgspec.json.Decoder(list[_Mark])


def mark_reader(channel: Channel, around: Surroundings) -> ReadReceipts:
    """Return the reader of marks for one channel."""

    def read(body: bytes, _headers: Mapping[str, str], now: datetime) -> tuple[Draft, ...]:
        return read_marks(body, channel=channel, read_token=around.read_token, received_at=now)

    return read


def read_marks(
    body: bytes,
    *,
    channel: Channel,
    read_token: Callable[[str], SignedMark],
    received_at: datetime,
) -> tuple[Draft, ...]:
    """Return the receipts in one request; raise `Refused` when a token is not of this channel."""
    try:
        marks = _decoder.decode(body)
    except (msgspec.DecodeError, RecursionError) as error:
        raise Refused(f"The body is no list of marks: {error}.", code="receipt") from error
    if len(marks) > MARKS_MAX:
        raise Refused(f"At most {MARKS_MAX} marks are read at once.", code="receipt")
    return tuple(
        draft for mark in marks for draft in _receipts(mark, channel, read_token, received_at)
    )


def _receipts(
    mark: _Mark,
    channel: Channel,
    read_token: Callable[[str], SignedMark],
    received_at: datetime,
) -> list[Draft]:
    token = read_token(mark.token)
    if token.channel != channel.id:
        raise Refused(f"The token is of another channel than {channel.id}.", code="receipt")
    return [
        receipt(
            name=name,
            channel=channel.id,
            identifier=Identifier(channel.reaches_by, token.value),
            at=received_at,
            received_at=received_at,
            facts={"message_id": token.message_id, "address": token.value},
            notice_id=token.message_id,
        )
        for name in NAMES[mark.mark]
    ]
