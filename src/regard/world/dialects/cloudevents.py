"""CloudEvents 1.0 over HTTP, from desks and operations: POST /v1/cloudevents.

A single event goes in structured mode, several in batch mode. The data names the person.
"""

from __future__ import annotations

from datetime import datetime
from typing import Any

from regard.world.dialects import wire
from regard.world.records import Act, Parcel, Request


def build(parcel: Parcel, key: str, _sent_at: datetime) -> tuple[Request, ...]:
    """Return the one request of a parcel; CloudEvents do not say when they were sent."""
    items = [_item(act, parcel) for act in parcel.acts]
    is_batch = len(items) > 1
    kind = "cloudevents-batch+json" if is_batch else "cloudevents+json"
    headers = {"Content-Type": f"application/{kind}", "X-Write-Key": key}
    content = wire.encode(items if is_batch else items[0])
    path = "/v1/cloudevents"
    return (Request(path=path, headers=headers, content=content, item_count=len(items)),)


def _item(act: Act, parcel: Parcel) -> dict[str, Any]:
    item = {
        "specversion": "1.0",
        "id": act.message_id,
        "source": f"/skylark/{parcel.source}",
        "type": act.name,
        "time": wire.stamp(act.at, parcel),
        "datacontenttype": "application/json",
        "data": act.properties,
    }
    return item | ({"userid": act.user} if act.user else {})
