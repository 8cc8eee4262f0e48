"""Notifications to browsers: Web Push (RFC 8030), encrypted (RFC 8291), signed by VAPID (RFC 8292).

`adapter` sends to all browsers of a person, `receipts` reads what they tell, `inbound` takes their
yes and no.
"""

from regard.channels.kinds import Kind, Surroundings
from regard.channels.push.adapter import PushAdapter
from regard.channels.push.inbound import door, inbound_reader
from regard.channels.push.receipts import mark_reader
from regard.channels.push.settings import parse_settings
from regard.core.settings import Channel

__all__ = ["KIND", "PushAdapter"]


def _make(channel: Channel, around: Surroundings) -> PushAdapter:
    return PushAdapter(parse_settings(channel, around), around.clock)


KIND = Kind(make=_make, receipts=mark_reader, inbound=inbound_reader, door=door)
