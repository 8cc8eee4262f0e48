"""Segment's server SDKs (segment-analytics-python): POST /v1/batch with Basic auth.

The key stands in the body as well, ``anonymousId`` is null when unknown, the batch says sentAt.
"""

from __future__ import annotations

from datetime import datetime

from regard.world.dialects import wire
from regard.world.records import Parcel, Request


def build(parcel: Parcel, key: str, sent_at: datetime) -> tuple[Request, ...]:
    """Return the one request of a parcel."""
    library = {"name": "analytics-python", "version": "2.4.0"}
    items = [wire.segment_item(act, wire.stamp(act.at, parcel)) for act in parcel.acts]
    for item in items:
        item["context"]["library"] = library
    body = {
        "batch": items + wire.broken_items(parcel),
        "sentAt": wire.stamp(sent_at, parcel),
        "writeKey": key,
    }
    headers = {
        "Authorization": wire.basic(key),
        "Content-Type": "application/json",
        "User-Agent": "analytics-python/2.4.0",
    }
    content = wire.encode(body)
    return (Request(path="/v1/batch", headers=headers, content=content, item_count=len(items)),)
