"""The post room: the local stand-in for any channel, which accepts everything and sends nothing.

It has no other side, so nothing comes back: of the four files of a channel it has two.
"""

from regard.channels.kinds import Kind, Surroundings
from regard.channels.post_room.adapter import PostRoom
from regard.channels.post_room.settings import check_settings
from regard.core.settings import Channel

__all__ = ["KIND", "PostRoom"]


def _make(channel: Channel, _around: Surroundings) -> PostRoom:
    check_settings(channel)
    return PostRoom()


KIND = Kind(make=_make)
