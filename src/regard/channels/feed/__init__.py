"""What lies on the pages of the company for whoever looks: a web or in-app feed.

`adapter` hands over by laying down, `receipts` reads what pages tell, `inbound` who may look.
"""

from regard.channels.feed.adapter import Feed
from regard.channels.feed.inbound import door
from regard.channels.feed.receipts import mark_reader
from regard.channels.feed.settings import check_settings
from regard.channels.kinds import Kind, Surroundings
from regard.core.settings import Channel

__all__ = ["KIND", "Feed"]


def _make(channel: Channel, around: Surroundings) -> Feed:
    check_settings(channel, around)
    return Feed()


KIND = Kind(make=_make, receipts=mark_reader, door=door)
