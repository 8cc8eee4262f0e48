"""Regard's own JSON form of POST /v1/events, for whoever has no SDK: an item to a `Call`.

An item says what it is by the verb it carries: ``event`` (a name), ``identify`` (traits),
``page`` and ``screen`` (a name), ``group`` (an id) or ``alias`` (the previous id). All other
fields are optional; a field that nobody knows is kept out and said so. See docs/intake.md.
"""

from __future__ import annotations

from typing import Any, Literal

from msgspec.structs import replace

from regard.core.errors import Refused
from regard.intake import segment
from regard.intake.shapes import Call, CallType

VERBS = {
    "event": "track",
    "identify": "identify",
    "page": "page",
    "screen": "screen",
    "group": "group",
    "alias": "alias",
}
FIELDS = frozenset(
    {
        *VERBS,
        "anonymous_id",
        "at",
        "category",
        "channel",
        "context",
        "id",
        "identifiers",
        "properties",
        "sent_at",
        "traits",
        "user_id",
    }
)


def translate(item: Any, type_hint: CallType | Literal[""] = "") -> Call:
    """Return the `Call` of one plain item; raise `Refused` like `segment.translate`."""
    if not isinstance(item, dict):
        raise segment.wrong_type("The event", "an object", item)
    verb = _verb_of(item)
    value = item[verb]
    traits = segment.object_at(item, "traits")
    message = {
        "type": type_hint or VERBS[verb],
        "event": value if verb == "event" else None,
        "name": value if verb in ("page", "screen") else None,
        "groupId": value if verb == "group" else None,
        "previousId": value if verb == "alias" else None,
        "traits": traits | _traits_of(value) if verb == "identify" else traits,
        "messageId": item.get("id"),
        "userId": item.get("user_id"),
        "anonymousId": item.get("anonymous_id"),
        "timestamp": item.get("at"),
        "sentAt": item.get("sent_at"),
        "category": item.get("category"),
        "properties": item.get("properties"),
        "context": item.get("context"),
    }
    call = segment.translate(message)
    return replace(
        call,
        channel=_channel_of(item),
        stated=call.stated + tuple(segment.object_at(item, "identifiers").items()),
        notes=tuple(f"unknown field {name[:64]!r}" for name in item if name not in FIELDS),
    )


def _verb_of(item: dict[str, Any]) -> str:
    verbs = [verb for verb in VERBS if item.get(verb) is not None]
    if len(verbs) == 1:
        return verbs[0]
    raise Refused(
        f"The item has {len(verbs)} verbs; exactly one says what it is.",
        code="unknown_type",
        hint=f"Use one of {', '.join(VERBS)}.",
    )


def _traits_of(value: Any) -> dict[str, Any]:
    if not isinstance(value, dict):
        raise segment.wrong_type("identify", "an object of traits", value)
    return value


def _channel_of(item: dict[str, Any]) -> str:
    channel = item.get("channel")
    if channel is None:
        return ""
    if not isinstance(channel, str):
        raise segment.wrong_type("channel", "a text", channel)
    return channel
