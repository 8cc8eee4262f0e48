"""Text messages over a Twilio-compatible REST service, both directions.

`adapter` hands messages over and asks about lost answers, `receipts` reads status callbacks,
`inbound` what people write, with STOP, START and HELP. The dialect is Twilio's API of 2010-04-01.
"""

from collections.abc import Mapping
from datetime import datetime

from regard.channels.kinds import Kind, ReadInbound, ReadReceipts, Surroundings
from regard.channels.sms.adapter import SmsAdapter
from regard.channels.sms.inbound import drafts_of, keyword_of, read_inbound
from regard.channels.sms.receipts import read_receipts
from regard.channels.sms.settings import parse_settings, words_of
from regard.core.ports import Draft, Heard
from regard.core.settings import Channel

__all__ = ["KIND", "SmsAdapter", "read_inbound", "read_receipts", "written"]


def written(
    text: str, sender: str, notice_id: str, channel: Channel, now: datetime
) -> tuple[Draft, ...]:
    """Return what a text is that somebody wrote, as the webhook makes it of a provider's form."""
    form = {"From": sender, "MessageSid": notice_id, "Body": text}
    return drafts_of(form, keyword_of(text, words_of(channel)), channel, now)


def _make(channel: Channel, around: Surroundings) -> SmsAdapter:
    return SmsAdapter(parse_settings(channel, around), around.clock)


def _receipts(channel: Channel, around: Surroundings) -> ReadReceipts:
    settings = parse_settings(channel, around)

    def read(body: bytes, headers: Mapping[str, str], now: datetime) -> tuple[Draft, ...]:
        return read_receipts(body, headers, settings=settings, channel=channel, received_at=now)

    return read


def _inbound(channel: Channel, around: Surroundings) -> ReadInbound:
    settings = parse_settings(channel, around)

    def read(body: bytes, headers: Mapping[str, str], now: datetime) -> Heard:
        return read_inbound(body, headers, settings=settings, channel=channel, received_at=now)

    return read


KIND = Kind(make=_make, receipts=_receipts, inbound=_inbound)
