"""Checks the settings of a channel that is served by the post room.

The settings of the adapter it stands in for (host, url, …) may stay in place, so that switching a
project to the post room and back is one word. Only `from` is checked, when it is given.
"""

from __future__ import annotations

from regard.channels.settings import SettingsReader
from regard.core.settings import Channel


def check_settings(channel: Channel) -> None:
    """Raise `Refused` when `from` is given and is not an address."""
    only_from = {key: value for key, value in channel.settings.items() if key == "from"}
    if not only_from:
        return
    bare = Channel(
        id=channel.id,
        adapter=channel.adapter,
        settings=only_from,
        reaches_by=channel.reaches_by,
        disturbs=channel.disturbs,
    )
    reader = SettingsReader(bare, {})
    reader.sender()
    reader.finish()
