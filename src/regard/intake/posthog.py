"""The PostHog dialect: an event with a ``distinct_id`` and ``$`` properties to a `Call`.

PostHog does not say whether a distinct id is a person or a device, so: it is the device's when it
equals ``$device_id`` or the SDK says that nobody is identified; else it is the user id.
``$identify``, ``$set``, ``$create_alias`` and ``$groupidentify`` become identify, alias and group.
"""

from __future__ import annotations

import re
from datetime import timedelta
from typing import Any, Literal

from msgspec.structs import replace

from regard.core.errors import Refused
from regard.intake import segment
from regard.intake.shapes import Call, CallType

_TYPES = {
    "$identify": "identify",
    "$set": "identify",
    "$create_alias": "alias",
    "$merge_dangerously": "alias",
    "$groupidentify": "group",
    "$pageview": "page",
    "$screen": "screen",
}
_NOT_FACTS = frozenset({"$set", "$set_once", "token", "distinct_id", "alias"})
_UUID = re.compile(r"^[0-9a-f]{8}(-[0-9a-f]{4}){3}-[0-9a-f]{12}$")


def translate(item: Any, type_hint: CallType | Literal[""] = "") -> Call:
    """Return the `Call` of one PostHog event; raise `Refused` like `segment.translate`."""
    if not isinstance(item, dict):
        raise segment.wrong_type("The event", "an object", item)
    event = item.get("event")
    if not isinstance(event, str):
        raise Refused("A PostHog event needs the name of its event.", code="no_event_name")
    properties = segment.object_at(item, "properties")
    call_type = type_hint or _TYPES.get(event, "track")
    message = {
        "type": call_type,
        "event": event,
        "messageId": item.get("uuid") or properties.get("$insert_id"),
        "timestamp": item.get("timestamp"),
        "sentAt": item.get("sent_at"),
        "traits": _traits(item, properties),
        "properties": _facts(event, properties),
        "context": _context(properties),
        **_ids(item, properties, call_type),
    }
    call = segment.translate(message)
    return replace(call, is_server=properties.get("$is_server") is True, age=_age_of(item))


def _age_of(item: dict[str, Any]) -> timedelta | None:
    """Return how long the browser kept the event: ``offset`` in ms, instead of a timestamp."""
    offset = item.get("offset")
    if isinstance(offset, bool) or not isinstance(offset, int | float):
        return None
    return timedelta(milliseconds=min(max(offset, 0), 1e11))


def _ids(item: dict[str, Any], properties: dict[str, Any], call_type: str) -> dict[str, Any]:
    distinct_id = item.get("distinct_id", properties.get("distinct_id"))
    device_id = properties.get("$anon_distinct_id") or properties.get("$device_id")
    if call_type == "alias":
        return _alias_ids(distinct_id, properties)
    if call_type == "group":
        return _group_ids(distinct_id, properties)
    is_device = (
        distinct_id == properties.get("$device_id") or properties.get("$is_identified") is False
    )
    if is_device:
        return {"userId": properties.get("$user_id"), "anonymousId": distinct_id}
    return {"userId": distinct_id, "anonymousId": device_id}


def _alias_ids(distinct_id: Any, properties: dict[str, Any]) -> dict[str, Any]:
    """Return both ids of an alias: in posthog-python the distinct id is the *previous* one."""
    user_id, previous_id = properties.get("distinct_id", distinct_id), properties.get("alias")
    if properties.get("$lib") == "posthog-python":
        user_id, previous_id = previous_id, user_id
    return {"userId": user_id, "previousId": previous_id}


def _group_ids(distinct_id: Any, properties: dict[str, Any]) -> dict[str, Any]:
    """Return the ids of a group call, without the made-up person that server SDKs put there."""
    group_type, key = properties.get("$group_type"), properties.get("$group_key")
    is_made_up = distinct_id == f"${group_type}_{key}" or (
        isinstance(distinct_id, str) and _UUID.match(distinct_id) is not None
    )
    device_id = properties.get("$device_id")
    user_id = None if is_made_up else distinct_id
    return {"userId": user_id, "anonymousId": device_id, "groupId": key}


def _traits(item: dict[str, Any], properties: dict[str, Any]) -> dict[str, Any]:
    """Return what the event claims: ``$group_set`` for a group, ``$set`` over ``$set_once``."""
    if "$group_set" in properties:
        return segment.object_at(properties, "$group_set")
    claimed: dict[str, Any] = {}
    for place in (properties, item):
        claimed |= segment.object_at(place, "$set_once") | segment.object_at(place, "$set")
    return {name: value for name, value in claimed.items() if not name.startswith("$")}


def _facts(event: str, properties: dict[str, Any]) -> dict[str, Any]:
    """Return the sender's own properties; PostHog's ``$`` ones only on PostHog's ``$`` events."""
    is_own = event.startswith("$") and event not in _TYPES
    facts = {
        name: value
        for name, value in properties.items()
        if name not in _NOT_FACTS and (is_own or not name.startswith("$"))
    }
    if event == "$pageview":
        facts["url"] = properties.get("$current_url")
        facts["name"] = properties.get("title") or properties.get("$pathname")
    if event == "$screen":
        facts["name"] = properties.get("$screen_name")
    if event == "$groupidentify":
        facts["group_type"] = properties.get("$group_type")
    return {name: value for name, value in facts.items() if value is not None}


def _context(properties: dict[str, Any]) -> dict[str, Any]:
    device = {"id": properties.get("$device_id"), "type": properties.get("$device_type")}
    page = {"url": properties.get("$current_url"), "referrer": properties.get("$referrer")}
    library = {"name": properties.get("$lib"), "version": properties.get("$lib_version")}
    context = {
        "device": _present(device),
        "page": _present(page),
        "library": _present(library),
        "userAgent": properties.get("$raw_user_agent"),
        "locale": properties.get("$browser_language"),
        "timezone": properties.get("$timezone"),
        "sessionId": properties.get("$session_id"),
        "ip": properties.get("$ip"),
    }
    return _present(context)


def _present(values: dict[str, Any]) -> dict[str, Any]:
    return {name: value for name, value in values.items() if value not in (None, {}, "")}
