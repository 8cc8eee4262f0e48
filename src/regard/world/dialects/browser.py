"""Segment's browser SDK (analytics-next): one POST per act to /v1/{t,p,i,s,a}, as text/plain.

The key is in the body only, every event says its own sentAt, and requests overtake each other.
"""

from __future__ import annotations

from datetime import datetime

from regard.world.dialects import wire
from regard.world.records import Parcel, Request

_PATHS = {"track": "t", "page": "p", "identify": "i", "screen": "s", "alias": "a"}


def build(parcel: Parcel, key: str, sent_at: datetime) -> tuple[Request, ...]:
    """Return one request for each act."""
    requests = []
    for act in parcel.acts:
        body = wire.segment_item(act, wire.stamp(act.at, parcel)) | {
            "integrations": {},
            "sentAt": wire.stamp(sent_at, parcel),
            "writeKey": key,
        }
        requests.append(
            Request(
                path=f"/v1/{_PATHS[act.type]}",
                headers={"Content-Type": "text/plain", "Origin": "https://skylark.example"},
                content=wire.encode(body),
                item_count=1,
            )
        )
    return tuple(requests)
