"""Records that the files of this room hand to each other.

An `Envelope` is a request body cut into items; a `Call` is one item in the one shape that every
dialect is translated to; `Arrival` is what only the receiver knows. `Line` and `FileReport` are
what reading a file gives.
"""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any, Literal

import msgspec
from msgspec import Struct

from regard.core.ports import Draft
from regard.core.rows import Rejected
from regard.core.settings import Source

Dialect = Literal["segment", "posthog", "cloudevents", "plain"]
CallType = Literal["track", "identify", "page", "screen", "group", "alias"]
Outcome = Draft | Rejected


class Limits(Struct, frozen=True, kw_only=True):
    """How much one sender may hand over at once. Reaching one is told, never silent.

    The body limit holds for the bytes as sent and as inflated. 4 MiB leaves room for the
    envelope around the 4 MB that RudderStack's SDKs fill; 32 KiB an event and 2,500 items are
    Segment's published limits. Nobody nests an event deeper than 32 on purpose.
    """

    body_bytes_max: int = 4 * 1024 * 1024
    item_bytes_max: int = 32 * 1024
    items_max: int = 2_500
    depth_max: int = 32


DEFAULT_LIMITS = Limits()


class Arrival(Struct, frozen=True, kw_only=True):
    """What the receiver knows about a hand-over: whose, when, in which dialect, from where.

    `type_hint` is the type of call that the path says (``/v1/track``), `has_gpc` that the request
    carried ``Sec-GPC: 1``, `traceparent` the header of that name, as it came.
    """

    source: Source
    received_at: datetime
    dialect: Dialect = "segment"
    type_hint: CallType | Literal[""] = ""
    address: str = ""
    has_gpc: bool = False
    traceparent: str = ""


class Envelope(Struct, frozen=True, kw_only=True):
    """A body cut into items, each still the JSON as it came.

    `key` is the write key found in the body; `sent_at` the sender's clock as found (any JSON);
    `count` how many items the sender put in, `items` at most `Limits.items_max` of them.
    """

    items: tuple[msgspec.Raw, ...]
    count: int
    key: str = ""
    sent_at: Any = None


class Call(Struct, frozen=True, kw_only=True):
    """One item in Segment's shape, whatever dialect it came in.

    `fields` is where identity paths are looked up (``userId``, ``traits.email``); `stated` are
    further identifiers by kind, `hinted` are such too if their kind is known. `channel` is set
    when the sender named it exactly. `age` replaces `said_at` for who tells only that.
    `is_server`: the sender's clock is a server's. `notes` become violations of the event.
    """

    type: CallType
    name: str
    message_id: str
    fields: dict[str, Any]
    facts: dict[str, Any]
    traits: dict[str, Any]
    context: dict[str, Any]
    said_at: Any = None
    sent_at: Any = None
    age: timedelta | None = None
    channel: str = ""
    stated: tuple[tuple[str, Any], ...] = ()
    hinted: tuple[tuple[str, Any], ...] = ()
    is_server: bool = False
    notes: tuple[str, ...] = ()


class Line(Struct, frozen=True, kw_only=True):
    """What became of one line of a file; lines count from 1, a CSV header is line 1."""

    number: int
    outcome: Outcome


class FileReport(Struct, frozen=True, kw_only=True):
    """What importing a file would do.

    `events` counts accepted events by name, `duplicates` are (line, line of the first one);
    `problems` are (line, code, message). Both lists are cut at `LISTED_MAX`; counts are not.
    """

    accepted_count: int
    rejected_count: int
    duplicate_count: int
    identity_count: int
    flagged_count: int
    first_at: datetime | None
    last_at: datetime | None
    events: dict[str, int]
    duplicates: tuple[tuple[int, int], ...]
    problems: tuple[tuple[int, str, str], ...]
