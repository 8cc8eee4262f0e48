"""What an event tells about its surroundings: the context that is kept, and the exact channel.

Context names are Segment's, so that every room and page reads one spelling. Kept is what says
something about the person or the moment (INTAKE rule 8); the rest of a context is dropped.
"""

from __future__ import annotations

from typing import Any

from regard.core.trace import TRACEPARENT, read_traceparent
from regard.intake.shapes import Arrival

KEPT = frozenset(
    {
        "active",
        "app",
        "campaign",
        "consent",
        "country",
        "device",
        "direction",
        "ip",
        "library",
        "locale",
        "location",
        "network",
        "os",
        "page",
        "referrer",
        "screen",
        "sessionId",
        "timezone",
        TRACEPARENT,
        "userAgent",
        "userAgentData",
    }
)
_APP_SYSTEMS = ("ios", "android", "ipados")


def kept_context(context: dict[str, Any], arrival: Arrival) -> dict[str, Any]:
    """Return the part of a context that is kept, with ``gpc`` and the socket's address in it.

    ``context.direct`` means that the sender is the customer's own device, so its address is the
    socket's; a server's address says nothing about the customer and is not taken.
    """
    if _is_kept_whole(context, arrival):
        return context
    kept = {name: value for name, value in context.items() if name in KEPT and value is not None}
    if arrival.traceparent or TRACEPARENT in kept:
        _keep_trace(kept, arrival.traceparent)
    if arrival.has_gpc or context.get("gpc") is True:
        kept["gpc"] = True
    if arrival.address and context.get("direct") and not kept.get("ip"):
        kept["ip"] = arrival.address
    return kept


def _is_kept_whole(context: dict[str, Any], arrival: Arrival) -> bool:
    """Return whether nothing is to be dropped and nothing added: nearly always."""
    return (
        context.keys() <= KEPT
        and TRACEPARENT not in context
        and not arrival.traceparent
        and not arrival.has_gpc
        and None not in context.values()
    )


def _keep_trace(kept: dict[str, Any], of_request: str) -> None:
    """Keep the trace of the event itself, else that of its request; drop what is none.

    CloudEvents (distributed tracing extension): the attribute is where the event began, the header
    only the last stretch of its way.
    """
    own = read_traceparent(kept.pop(TRACEPARENT, "")) or read_traceparent(of_request)
    if own:
        kept[TRACEPARENT] = own


def exact_channel(channel: str, context: dict[str, Any]) -> str:
    """Return the channel of a source, refined to the device when it is a web or app channel.

    ``web.desktop`` of a phone's browser becomes ``web.phone``; ``store.pos`` stays what it is.
    """
    family, _, _ = channel.partition(".")
    if family == "web":
        return _refined("web", _device_of_browser(context), channel)
    if family == "app":
        return _refined("app", _device_of_app(context), channel)
    return channel


def _refined(family: str, device: str, channel: str) -> str:
    return f"{family}.{device}" if device else channel


def _device_of_browser(context: dict[str, Any]) -> str:
    agent = context.get("userAgent")
    if not isinstance(agent, str) or not agent:
        return _device_of_hints(context.get("userAgentData"))
    if "iPad" in agent or "Tablet" in agent:
        return "tablet"
    if "Android" in agent:
        return "phone" if "Mobile" in agent else "tablet"
    return "phone" if "Mobi" in agent else "desktop"


def _device_of_hints(hints: Any) -> str:
    is_mobile = hints.get("mobile") if isinstance(hints, dict) else None
    if not isinstance(is_mobile, bool):
        return ""
    return "phone" if is_mobile else "desktop"


def _device_of_app(context: dict[str, Any]) -> str:
    device = context.get("device")
    if not isinstance(device, dict):
        return ""
    system, model = str(device.get("type", "")).lower(), str(device.get("model", "")).lower()
    if "ipad" in model or "tablet" in model or system in ("ipados", "tablet"):
        return "tablet"
    return "phone" if system in _APP_SYSTEMS or system in ("phone", "mobile") else ""
