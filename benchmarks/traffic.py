"""Batches of Segment events as an airline's website and systems send them, from a seed.

80 of 100 are page views and searches by people who are known; 5 identify, 5 come from browsers
nobody knows, and 10 concern promises and journeys. The bytes are made before any clock runs.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random
from typing import Any

import msgspec

BATCH = 100
AGENT = "Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 Chrome/140.0 Safari/537.36"
CITIES = ("Lisbon", "Oslo", "Athens", "Rome", "Madrid", "Dublin", "Prague", "Naples")


class Traffic:
    """Makes events about `people_count` people; the same seed gives the same bytes.

    Bookings and strangers are numbered from `first` on: no two people share one.
    """

    def __init__(self, people_count: int, seed: int = 7, first: int = 0) -> None:
        self.people_count = people_count
        self._random = Random(seed)
        self._number = first
        self._now = datetime.now(UTC)

    def introductions(self) -> Iterator[bytes]:
        """Yield batches that make everybody known: one identify each."""
        items = [self.identify(person) for person in range(self.people_count)]
        for start in range(0, len(items), BATCH):
            yield batch_of(items[start : start + BATCH])

    def batches(self, count: int) -> list[bytes]:
        """Return `count` batches of a usual hour."""
        return [batch_of(self.hour()) for _ in range(count)]

    def hour(self) -> list[dict[str, Any]]:
        """Return 100 events in a mixed order."""
        items = [self.page(self._somebody()) for _ in range(55)]
        items += [self.search(self._somebody()) for _ in range(25)]
        items += [self.identify(self._somebody()) for _ in range(5)]
        items += [self._stranger() for _ in range(5)]
        items += [self.offer_viewed(self._somebody()) for _ in range(4)]
        items += [self.booking(self._somebody()) for _ in range(3)]
        items += [self.checked_in(self._somebody()) for _ in range(2)]
        items.append(self.track(self._somebody(), "Boarded", {"booking_number": self._booking()}))
        self._random.shuffle(items)
        return items

    def page(self, person: int) -> dict[str, Any]:
        """Return a page view of a known person."""
        city = self._random.choice(CITIES)
        return self._known(person, {"type": "page", "name": city, "properties": _page(city)})

    def search(self, person: int) -> dict[str, Any]:
        """Return a search for a flight."""
        facts = {"to": self._random.choice(CITIES), "from": "Vienna", "seats": 2, "price": 129.5}
        return self.track(person, "Flight Searched", facts)

    def offer_viewed(self, person: int) -> dict[str, Any]:
        """Return an event that starts a journey."""
        facts = {"offer": "miles", "to": self._random.choice(CITIES), "price": 89.0}
        return self.track(person, "Offer Viewed", facts)

    def booking(self, person: int) -> dict[str, Any]:
        """Return an event that makes a promise."""
        departure_at = self._now + timedelta(days=9)
        facts = {
            "booking_number": self._booking(),
            "departure_at": departure_at.isoformat(),
            "flight_number": "SK 72",
            "from": "VIE",
            "to": "LIS",
            "total": 258.0,
        }
        return self.track(person, "Booking Confirmed", facts)

    def checked_in(self, person: int) -> dict[str, Any]:
        """Return an event that keeps promises, if there is one."""
        return self.track(person, "Check-in Completed", {"booking_number": self._booking()})

    def identify(self, person: int) -> dict[str, Any]:
        """Return what a login tells about a person."""
        traits = {
            "email": f"person{person}@people.example",
            "first_name": "Ada",
            "last_name": f"Number {person}",
            "tier": "gold" if person % 9 == 0 else "blue",
        }
        return self._known(person, {"type": "identify", "traits": traits})

    def track(self, person: int, event: str, facts: dict[str, Any]) -> dict[str, Any]:
        """Return a track call of a known person."""
        return self._known(person, {"type": "track", "event": event, "properties": facts})

    def _known(self, person: int, call: dict[str, Any]) -> dict[str, Any]:
        return self._sent(call | {"userId": f"u{person}", "anonymousId": f"browser-{person}"})

    def _stranger(self) -> dict[str, Any]:
        city = self._random.choice(CITIES)
        call = {"type": "page", "name": city, "properties": _page(city)}
        return self._sent(call | {"anonymousId": f"stranger-{self._number}"})

    def _sent(self, call: dict[str, Any]) -> dict[str, Any]:
        self._number += 1
        context = {
            "userAgent": AGENT,
            "locale": "de-AT",
            "timezone": "Europe/Vienna",
            "page": {"path": "/flights", "referrer": "https://search.example/"},
            "library": {"name": "analytics.js", "version": "4.1"},
        }
        moment = self._now.isoformat()
        stamp = {"messageId": f"{self._random.getrandbits(64):016x}-{self._number}"}
        return call | stamp | {"context": context, "timestamp": moment}

    def _somebody(self) -> int:
        return self._random.randrange(self.people_count)

    def _booking(self) -> str:
        self._number += 1
        return f"BK{self._number:07d}"


def batch_of(items: list[dict[str, Any]]) -> bytes:
    """Return the body of a Segment batch."""
    return msgspec.json.encode({"batch": items})


def _page(city: str) -> dict[str, Any]:
    path = f"/flights/{city.lower()}"
    return {"path": path, "url": f"https://skylark.example{path}", "title": f"Flights to {city}"}
