"""Which icon stands for what: channels by family, lines by sort. Names of `static/icons.svg`."""

from __future__ import annotations

from collections.abc import Mapping

from regard.console.records import Line

_FAMILIES: Mapping[str, str] = {
    "web": "globe",
    "app": "device",
    "store": "bag",
    "chat": "bubble",
    "social": "people",
    "phone": "handset",
    "email": "mail",
    "sms": "bubble",
    "whatsapp": "bubble",
    "push": "bell",
    "post": "mail",
    "console": "shield",
    "operations": "source",
    "partner": "source",
}
_SORTS: Mapping[str, str] = {
    "silence": "silence",
    "hold": "clock",
    "promise": "promise",
    "journey": "path",
    "identity": "merge",
    "need": "pulse",
    "case": "case",
    "house": "dot",
    "failed": "alert",
}
PLACE_ICONS: Mapping[str, str] = {
    "/": "today",
    "/now": "pulse",
    "/people": "people",
    "/reviews": "review",
    "/promises": "promise",
    "/journeys": "path",
    "/audiences": "audience",
    "/engagements": "engagement",
    "/decisions": "decision",
    "/broadcasts": "broadcast",
    "/post-room": "mail",
    "/sources": "source",
    "/cases": "case",
    "/versions": "version",
    "/model": "model",
}


def channel_icon(channel: str) -> str:
    """Return the icon of a channel's family, ``dot`` for unknown ones."""
    return _FAMILIES.get(channel.partition(".")[0], "dot")


def line_icon(line: Line) -> str:
    """Return the icon of a line: its sort's own, else its channel's."""
    return _SORTS.get(line.sort) or channel_icon(line.channel)
