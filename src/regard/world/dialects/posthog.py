"""PostHog's SDKs in the phone app: POST /batch/, gzip, the key in the body.

Before the login the distinct id is the device's; ``$identify`` ties it to the user.
"""

from __future__ import annotations

import gzip
from datetime import datetime
from typing import Any
from uuid import NAMESPACE_URL, uuid5

from regard.world.dialects import wire
from regard.world.records import Act, Parcel, Request

_EVENTS = {"identify": "$identify", "screen": "$screen", "page": "$pageview"}

_NO_IDENTIFIER = {"event": "Offer Viewed", "properties": {"offer": "?"}}
_NO_NAME = {"distinct_id": "nobody", "properties": {}}


def build(parcel: Parcel, key: str, sent_at: datetime) -> tuple[Request, ...]:
    """Return the one request of a parcel."""
    items: list[Any] = [_item(act, parcel) for act in parcel.acts]
    body = {
        "api_key": key,
        "batch": items + wire.broken_items(parcel, _NO_IDENTIFIER, _NO_NAME),
        "sentAt": wire.stamp(sent_at, parcel),
    }
    headers = {"Content-Type": "application/json", "Content-Encoding": "gzip"}
    content = gzip.compress(wire.encode(body), mtime=0)
    return (Request(path="/batch/", headers=headers, content=content, item_count=len(items)),)


def _item(act: Act, parcel: Parcel) -> dict[str, Any]:
    device = act.context.get("device", {})
    properties = act.properties | {
        "$lib": "posthog-ios",
        "$device_type": device.get("type"),
        "$timezone": act.context.get("timezone"),
    }
    if act.anonymous:
        properties["$device_id"] = act.anonymous
    if act.type == "identify":
        properties |= {"$anon_distinct_id": act.anonymous}
    if act.type in ("screen", "page"):
        properties["$screen_name"] = act.name
    if act.traits:
        properties["$set"] = act.traits
    return {
        "event": _EVENTS.get(act.type, act.name),
        "distinct_id": act.user or act.anonymous,
        "properties": properties,
        "timestamp": wire.stamp(act.at, parcel),
        "uuid": str(uuid5(NAMESPACE_URL, act.message_id)),
    }
