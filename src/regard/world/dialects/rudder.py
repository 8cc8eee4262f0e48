"""RudderStack's SDKs (rudder-sdk-python): POST /v1/batch, gzip, Basic auth.

Items say originalTimestamp; the batch says sentAt.
"""

from __future__ import annotations

import gzip
from datetime import datetime

from regard.world.dialects import wire
from regard.world.records import Parcel, Request


def build(parcel: Parcel, key: str, sent_at: datetime) -> tuple[Request, ...]:
    """Return the one request of a parcel."""
    items = [
        wire.segment_item(act, wire.stamp(act.at, parcel), "originalTimestamp")
        for act in parcel.acts
    ]
    for item in items:
        item["channel"] = "mobile"
    body = {
        "batch": items + wire.broken_items(parcel),
        "sentAt": wire.stamp(sent_at, parcel),
        "writeKey": key,
    }
    headers = {
        "Authorization": wire.basic(key),
        "Content-Type": "application/json",
        "Content-Encoding": "gzip",
    }
    content = gzip.compress(wire.encode(body), mtime=0)
    return (Request(path="/v1/batch", headers=headers, content=content, item_count=len(items)),)
