"""The settings of a feed: how visitors prove who they are, and what the feed is called.

In: a `Channel` and its surroundings with the secret. Out: `FeedSettings`. Refused with every
problem.
"""

from __future__ import annotations

from dataclasses import dataclass

from regard.channels.kinds import Surroundings
from regard.channels.settings import SettingsReader
from regard.channels.visitors import Visitors, read_visitors
from regard.core.settings import Channel


@dataclass(frozen=True, slots=True, kw_only=True)
class FeedSettings:
    """Who may look, and the heading above the messages."""

    visitors: Visitors
    title: str


def parse_settings(channel: Channel, around: Surroundings) -> FeedSettings:
    """Return the checked settings of `channel`; raise `Refused` with every problem."""
    read = SettingsReader(channel, around.environ)
    settings = FeedSettings(visitors=read_visitors(read), title=read.text("title", "Messages"))
    read.finish()
    return settings


def check_settings(channel: Channel, around: Surroundings) -> None:
    """Raise `Refused` with everything that is wrong with the settings."""
    parse_settings(channel, around)
