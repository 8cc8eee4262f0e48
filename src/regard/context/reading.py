"""What one event tells of the moment: device, place, page, and that somebody was there.

An event in; a `Moment` of that event alone out, or None when no device of the person was involved
(a receipt, a booking system). Names of the context are Segment's. An IP address is not looked up.
"""

from __future__ import annotations

from collections.abc import Mapping
from functools import lru_cache
from types import MappingProxyType
from typing import Any

from regard.context.agents import agent_of
from regard.core.clock import to_us
from regard.core.event import Event
from regard.core.person import Device, Looking, Moment, Stretch, Whereabouts

CHARS_MAX = 200
"""Characters of a page, a model or a city that are kept."""

SIGNS = frozenset(
    ("app", "device", "location", "network", "os", "page", "screen", "sessionId", "userAgent")
)
"""What only a device that the person uses can tell; a server sends none of it."""

APPLIANCE = frozenset(("device", "os", "network"))
"""What apps tell of the device that they run on."""

BROWSERS_MAX = 4_096
"""Browsers that are remembered: reading the text of one costs more than the rest of an event."""

VIEWS = frozenset({"page", "screen"})
KINDS = frozenset({"phone", "tablet", "desktop", "watch", "tv"})
_NOTHING: Mapping[str, Any] = MappingProxyType({})
_SYSTEMS = {"ios": "iOS", "android": "Android", "ipados": "iPadOS", "macos": "macOS"}


def moment_of(event: Event, stamp: int) -> Moment | None:
    """Return what an event tells of the moment; None when it tells nothing."""
    context = event.context
    if not context or SIGNS.isdisjoint(context) or context.get("direction") == "out":
        return None
    at_us = to_us(event.at)
    has_place = "location" in context or "country" in context
    return Moment(
        device=_device(event, at_us, stamp),
        place=_place(context, at_us, stamp) if has_place else None,
        looking=_looking(event, at_us, stamp),
        stretches=(Stretch(_text(context.get("sessionId")), at_us, at_us),),
    )


def _device(event: Event, at_us: int, stamp: int) -> Device | None:
    context = event.context
    if APPLIANCE.isdisjoint(context):
        # A browser: nearly every event, and few of them differ.
        agent_text, locale = context.get("userAgent"), context.get("locale")
        by_agent = _of_browser(
            event.channel,
            agent_text if type(agent_text) is str else "",
            locale if type(locale) is str else "",
        )
        return Device(*by_agent, at_us, stamp) if by_agent else None
    device, system = _table(context, "device"), _table(context, "os")
    agent = agent_of(_text(context.get("userAgent"), 1_000))
    told = _text(device.get("type")).lower()
    found = (
        _kind(event.channel, told),
        _text(system.get("name")) or _SYSTEMS.get(told, "") or agent.system,
        _text(device.get("model")) or agent.model,
        agent.browser,
        _network(_table(context, "network")),
        _text(context.get("locale")),
    )
    return Device(*found, at_us, stamp) if any(found) else None


@lru_cache(maxsize=BROWSERS_MAX)
def _of_browser(
    channel: str, agent_text: str, locale: str
) -> tuple[str, str, str, str, str, str] | None:
    """Return kind, system, model, browser, network and locale; None when nothing is told."""
    agent = agent_of(agent_text[:1_000])
    found = (_kind(channel, ""), agent.system, agent.model, agent.browser, "", locale[:CHARS_MAX])
    return found if any(found) else None


def _kind(channel: str, told: str) -> str:
    """Return the kind of device: that of the exact channel, else what the device says."""
    by_channel = channel.rpartition(".")[2]
    if by_channel in KINDS:
        return by_channel
    return told if told in KINDS else ""


def _network(network: Mapping[str, Any]) -> str:
    if network.get("wifi") is True:
        return "wifi"
    return "cellular" if network.get("cellular") is True else ""


def _place(context: Mapping[str, Any], at_us: int, stamp: int) -> Whereabouts | None:
    location = _table(context, "location")
    country = _text(location.get("country")) or _text(context.get("country"))
    city = _text(location.get("city"))
    latitude, longitude = _degrees(location, "latitude", 90), _degrees(location, "longitude", 180)
    if latitude is None or longitude is None:
        latitude = longitude = None
    if not (country or city) and latitude is None:
        return None
    return Whereabouts(country, city, latitude, longitude, at_us, stamp)


def _degrees(location: Mapping[str, Any], key: str, most: float) -> float | None:
    value = location.get(key)
    if isinstance(value, bool) or not isinstance(value, int | float):
        return None
    return float(value) if -most <= value <= most else None


def _looking(event: Event, at_us: int, stamp: int) -> Looking | None:
    context, kind = event.context, event.type
    page = _table(context, "page") if "page" in context else _NOTHING
    app_name = _text(_table(context, "app").get("name")) if "app" in context else ""
    facts = event.facts if kind in VIEWS else _NOTHING
    where = _text(page.get("path")) or _text(facts.get("path")) or _text(page.get("url"))
    if kind == "screen":
        where = _text(facts.get("name")) or event.name
    title = _text(page.get("title")) or _text(facts.get("title"))
    if not (where or title or app_name):
        return None
    return Looking(where[:CHARS_MAX], title, app_name, at_us, stamp)


def _table(context: Mapping[str, Any], key: str) -> Mapping[str, Any]:
    found = context.get(key)
    return found if isinstance(found, dict) else {}


def _text(value: object, most: int = CHARS_MAX) -> str:
    return value[:most] if isinstance(value, str) else ""
