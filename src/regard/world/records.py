"""Records of the living world: what it is told, what is said in it, and what it remembers.

A `Customer` lives with a `Temper`; whatever is said is an `Act`; acts travel in a `Parcel` from
one device or system to Regard; a `Letter` is a message that reached a customer. The numbers at
the end are a `WorldSummary`, so that Regard's books can be balanced against the world's own.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import datetime
from typing import Any, Literal
from zoneinfo import ZoneInfo

from msgspec import Struct

Dialect = Literal["browser", "segment", "rudder", "posthog", "cloudevents", "plain", "one_click"]
ActType = Literal["track", "identify", "page", "screen", "alias"]
Broken = Literal["", "no_identifier", "no_name", "not_an_object"]
_VIENNA = ZoneInfo("Europe/Vienna")
TemperKind = Literal["business", "family", "student"]


class WorldSettings(Struct, frozen=True, kw_only=True):
    """What the world is: where Regard listens, who lives in it, for how long and how fast.

    `keys` are write keys by source id (`SOURCES` names the sources), `staff` titles of departments
    by the addresses at which they are told something. `requests_per_s_max` is in real seconds: the
    world shares its machine with the server that it visits.
    """

    base_url: str
    keys: Mapping[str, str]
    staff: Mapping[str, str] = {}
    people: int = 200
    days: int = 1
    seed: int = 7
    requests_per_s_max: float = 150.0


SOURCES = (
    "website",
    "app",
    "desk",
    "call_centre",
    "operations",
    "baggage",
    "courier",
    "mail",
    "social",
)
"""Ids of the sources that the world speaks through: those of `examples/airline`."""


class Temper(Struct, frozen=True, kw_only=True):
    """How somebody tends to behave: shares between 0 and 1, and `visits` to the web a day."""

    kind: TemperKind
    visits: int
    books: float
    books_by: tuple[float, float, float]
    uses_app: float
    heeds_reminder: float
    cancels: float
    changes: float
    calls: float
    complains: float
    likes_offers: float
    unsubscribes: float


class Customer(Struct, frozen=True, kw_only=True):
    """One simulated human with their devices and addresses.

    `phone` may be shared by a household. `laptop` and `handset` are anonymous ids. `skew_s` is
    how wrong the handset's clock is. An empty address is one that the airline does not know.
    """

    number: int
    user: str
    name: str
    temper: Temper
    email: str
    phone: str
    push_token: str
    loyalty_number: str
    social_handle: str
    zone: str
    language: str
    laptop: str
    handset: str
    app_dialect: Dialect
    skew_s: int
    has_dead_mailbox: bool
    wants_offers: bool


class Booking(Struct, frozen=True, kw_only=True):
    """A seat of a customer on one flight."""

    number: str
    flight_number: str
    to: str
    booked_at: datetime
    departure_at: datetime

    @property
    def facts(self) -> dict[str, Any]:
        """Return the properties that booking events carry."""
        return {
            "booking_number": self.number,
            "flight_number": self.flight_number,
            "from": "Vienna",
            "to": self.to,
            "departure_at": self.departure_at.isoformat(),
            "departure_local": f"{self.departure_at.astimezone(_VIENNA):%Y-%m-%dT%H:%M}",
        }


class Act(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """One thing said: an event, a login, a page. `message_id` is the same at every repetition."""

    message_id: str
    type: ActType
    name: str
    at: datetime
    user: str = ""
    anonymous: str = ""
    previous: str = ""
    traits: dict[str, Any] = {}
    properties: dict[str, Any] = {}
    context: dict[str, Any] = {}


class Parcel(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """Acts that one device or system sends together, when, and with which flaw.

    `skew_s` is how far the sender's clock is ahead. A repeated parcel is sent twice, byte for
    byte; a broken one carries one more item, which no intake may accept. `note` tells it.
    """

    send_at: datetime
    source: str
    dialect: Dialect
    acts: tuple[Act, ...]
    note: str = ""
    skew_s: int = 0
    is_repeated: bool = False
    broken: Broken = ""


class Request(Struct, frozen=True, kw_only=True):
    """One HTTP POST, ready to go. `item_count` counts the acts in it that a source sends."""

    path: str
    headers: dict[str, str]
    content: bytes
    item_count: int


class Letter(Struct, frozen=True, kw_only=True):
    """A message as it reached an address. `engagement` may be unknown (empty)."""

    message_id: str
    channel: str
    address: str
    engagement: str = ""
    subject: str = ""
    text: str = ""
    unsubscribe_url: str = ""


class WorldSummary(Struct, frozen=True, kw_only=True):
    """What the world itself knows at its end; counts of items by source, of letters by channel.

    `accepted` were acknowledged (once each), `repeated` acknowledged again, `broken` were sent
    to be refused, `refused` were refused against expectation, `lost` never got an answer.
    """

    people: int
    requests: int
    accepted: dict[str, int]
    repeated: dict[str, int]
    broken: dict[str, int]
    refused: dict[str, int]
    lost: dict[str, int]
    letters: dict[str, int]
    doubled_letters: int
    answers: int
