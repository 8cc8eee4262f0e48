"""The post room: the local stand-in for any channel, which accepts everything and sends nothing."""

from regard.channels.post_room.adapter import PostRoom

__all__ = ["PostRoom"]
