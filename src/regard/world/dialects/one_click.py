"""A click on the link of List-Unsubscribe, as a mailbox does it (RFC 8058): one POST of a form.

It needs no key and no source sends it, so it counts no items.
"""

from __future__ import annotations

from datetime import datetime

from regard.world.records import Parcel, Request


def build(parcel: Parcel, _key: str, _sent_at: datetime) -> tuple[Request, ...]:
    """Return one POST for each act, to the ``url`` among its properties."""
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    return tuple(
        Request(
            path=act.properties["url"],
            headers=headers,
            content=b"List-Unsubscribe=One-Click",
            item_count=0,
        )
        for act in parcel.acts
    )
