"""What all dialects share: moments on a sender's own clock, headers, JSON bytes, a Segment item.

Only the other files of this folder call it.
"""

from __future__ import annotations

import base64
from datetime import datetime, timedelta
from typing import Any

import msgspec

from regard.world.records import Act, Parcel

_VERB = {"track": "event", "page": "name", "screen": "name"}
NO_IDENTIFIER = {"type": "track", "event": "Offer Viewed", "properties": {"offer": "?"}}
NO_NAME = {"type": "track", "userId": "nobody", "properties": {}}


def stamp(moment: datetime, parcel: Parcel) -> str:
    """Return a moment as the sender's clock shows it: ISO 8601 in UTC, ``+00:00``."""
    return (moment + timedelta(seconds=parcel.skew_s)).isoformat()


def basic(key: str) -> str:
    """Return the Authorization header of a write key, with an empty password."""
    return "Basic " + base64.b64encode(f"{key}:".encode()).decode()


def encode(body: Any) -> bytes:
    """Return JSON bytes."""
    return msgspec.json.encode(body)


def segment_item(act: Act, moment: str, moment_field: str = "timestamp") -> dict[str, Any]:
    """Return one act in Segment's words: type, ids, properties or traits, context, messageId."""
    context = dict(act.context)
    if act.traits and act.type != "identify":
        context["traits"] = act.traits
    item: dict[str, Any] = {
        "type": act.type,
        "messageId": act.message_id,
        moment_field: moment,
        "userId": act.user or None,
        "anonymousId": act.anonymous or None,
        "context": context,
    }
    if act.type == "identify":
        item["traits"] = act.traits
    elif act.type == "alias":
        item["previousId"] = act.previous
    else:
        item[_VERB[act.type]] = act.name
        item["properties"] = act.properties
    return item


def broken_items(
    parcel: Parcel,
    no_identifier: dict[str, Any] = NO_IDENTIFIER,
    no_name: dict[str, Any] = NO_NAME,
) -> list[Any]:
    """Return the one item of a broken parcel that no intake may accept, else nothing."""
    match parcel.broken:
        case "no_identifier":
            return [no_identifier]
        case "no_name":
            return [no_name]
        case "not_an_object":
            return ["[object Object]"]
        case _:
            return []
