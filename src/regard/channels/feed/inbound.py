"""Who may look into a feed: the visitor of a page, as far as they can be believed.

In: what the page says about its visitor. Out: who that is, whether a person's messages may be
shown, and the heading of the feed. Called by `api.feed` for every look.
"""

from __future__ import annotations

from regard.channels.feed.settings import parse_settings
from regard.channels.kinds import Door, Surroundings
from regard.channels.visitors import VisitorDoor
from regard.core.settings import Channel


def door(channel: Channel, around: Surroundings) -> Door:
    """Return the door of a feed; raise `Refused` on wrong settings."""
    settings = parse_settings(channel, around)
    return VisitorDoor(visitors=settings.visitors, heading={"title": settings.title})
