"""Regard's own JSON form, for call centres and partners without an SDK: POST /v1/events."""

from __future__ import annotations

from datetime import datetime
from typing import Any

from regard.world.dialects import wire
from regard.world.records import Act, Parcel, Request

_NO_IDENTIFIER = {"event": "Call Received", "properties": {"reason": "other"}}
_NO_NAME = {"user_id": "nobody"}


def build(parcel: Parcel, key: str, sent_at: datetime) -> tuple[Request, ...]:
    """Return the one request of a parcel."""
    items: list[Any] = [_item(act, parcel, sent_at) for act in parcel.acts]
    headers = {"Content-Type": "application/json", "X-Write-Key": key}
    content = wire.encode({"events": items + wire.broken_items(parcel, _NO_IDENTIFIER, _NO_NAME)})
    return (Request(path="/v1/events", headers=headers, content=content, item_count=len(items)),)


def _item(act: Act, parcel: Parcel, sent_at: datetime) -> dict[str, Any]:
    item: dict[str, Any] = {
        "id": act.message_id,
        "at": wire.stamp(act.at, parcel),
        "sent_at": wire.stamp(sent_at, parcel),
        "user_id": act.user,
        "anonymous_id": act.anonymous,
        "traits": act.traits,
        "properties": act.properties,
        "context": act.context,
    }
    item = {name: value for name, value in item.items() if value}
    return {"event": act.name} | item
