"""Who may look into a feed: the visitor of a page, as far as they can be believed.

In: what the page says about its visitor. Out: who that is, whether a person's messages may be
shown, and the heading of the feed. Called by `api.feed` for every look.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any

from regard.channels.feed.settings import FeedSettings, parse_settings
from regard.channels.kinds import Door, Surroundings
from regard.core.event import Identifier
from regard.core.settings import Channel


class FeedDoor:
    """The door of one feed."""

    def __init__(self, settings: FeedSettings) -> None:
        self._settings = settings

    def identify(self, claims: Mapping[str, str]) -> tuple[Identifier, bool]:
        """Return who asks, and whether it is proven; raise `Refused`."""
        return self._settings.visitors.identify(claims)

    def opens(self, *, is_proven: bool, is_known: bool) -> bool:
        """Return whether the messages of a person may be shown."""
        return self._settings.visitors.opens(is_proven=is_proven, is_known=is_known)

    def public(self) -> Mapping[str, Any]:
        """Return the heading."""
        return {"title": self._settings.title}


def door(channel: Channel, around: Surroundings) -> Door:
    """Return the door of a feed; raise `Refused` on wrong settings."""
    return FeedDoor(parse_settings(channel, around))
