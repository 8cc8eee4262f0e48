"""A shop that learns: two offers that compete whenever somebody visits, and people who differ.

Gold customers like the lounge, others the miles; what anybody takes up follows from a hash of who,
what and when, so that every run is the same.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import timedelta
from functools import lru_cache

from regard.assembly import build_ledger
from regard.core.facts import Decided
from regard.core.ids import point_of
from regard.core.program import Program
from regard.core.storage import Store
from regard.project import load_text
from regard.store import MemoryStore
from regard.testing import VirtualClock
from regard.testing.house import VirtualHouse

HOUR = timedelta(hours=1)

FILES = {
    "regard.toml": """
id = "sky"
name = "Skylark Air"
zone = "Europe/Vienna"
address = "Skylark Air, 1 Runway Road, Vienna"
[channels.email]
from = "Skylark Air <hello@skylark.example>"
[sources.website]
key = "sky-website"
channel = "web.desktop"
""",
    "consent.yaml": "purposes: {offers: {title: Offers, needs_consent: false}}",
    "policies.yaml": """
silence: {value: 0.5, fatigue_per_touch: 0}
learning:
  customer_type: traits.tier
  traits: {traits.miles: 10000}
  memory: 90 days
""",
    "journeys/miles.yaml": """
id: miles
start: {event: Visited}
reentry: always
steps: [{id: offer, offer: miles}]
""",
    "journeys/lounge.yaml": """
id: lounge
start: {event: Visited}
reentry: always
steps: [{id: offer, offer: lounge}]
""",
    "engagements/miles/engagement.yaml": """
purpose: offers
class: marketing
value: {customer: 2, company: 2}
propensity: 0.3
channels: [email]
subject: Miles
success: {event: Miles Bought, within: 1 hour}
""",
    "engagements/lounge/engagement.yaml": """
purpose: offers
class: marketing
value: {customer: 2, company: 2}
propensity: 0.3
channels: [email]
subject: Lounge
success: {event: Lounge Booked, within: 1 hour}
""",
    "engagements/miles/core.email.txt": "Miles for you.",
    "engagements/lounge/core.email.txt": "The lounge is open.",
}

TAKEN = {"miles": "Miles Bought", "lounge": "Lounge Booked"}


@lru_cache(maxsize=32)
def _compiled(changes: tuple[tuple[str, str], ...]) -> Program:
    return load_text({**FILES, **dict(changes)}, {})


def program(changes: Mapping[str, str] | None = None) -> Program:
    """Return the shop's program with some files changed."""
    return _compiled(tuple(sorted((changes or {}).items())))


def shop(changes: Mapping[str, str] | None = None, store: Store | None = None) -> VirtualHouse:
    """Return the shop in virtual time."""
    clock = VirtualClock()
    found = program(changes)
    return VirtualHouse(build_ledger(store or MemoryStore(), lambda: found), found, clock)


def tell(house: VirtualHouse, who: str, event: str, **traits: object) -> None:
    """Let somebody do something on the website now."""
    item: dict[str, object] = {
        "type": "track",
        "event": event,
        "user_id": who,
        "message_id": f"{who}-{event}-{house.clock.now().isoformat()}",
        "traits": {"email": f"{who}@example.com", **traits},
    }
    house.take("website", item)


def visit(house: VirtualHouse, who: str, **traits: object) -> list[Decided]:
    """Let somebody visit, and return what was decided."""
    before = house.ledger.store
    with before.reading() as reading:
        last = reading.tail.last()
    tell(house, who, "Visited", **traits)
    return [found for found in decided(house, last) if found.candidate.engagement in TAKEN]


def decided(house: VirtualHouse, after: int = 0) -> list[Decided]:
    """Return the decisions above an offset."""
    with house.ledger.store.reading() as reading:
        page = reading.tail.after(after, 100_000)
    return [entry.body for entry, _, _ in page if isinstance(entry.body, Decided)]


def chance(who: str, tier: str, offer: str) -> float:
    """Return how likely somebody takes an offer up."""
    return 0.8 if (tier == "gold") == (offer == "lounge") else 0.1


def live(house: VirtualHouse, days: int, people: int = 20) -> None:
    """Let people visit once a day, and take up what they like within the hour."""
    for day in range(days):
        for number in range(people):
            who = f"u{number}"
            tier = "gold" if number % 2 else "basic"
            for found in visit(house, who, tier=tier, miles=number * 100):
                if found.verdict != "send":
                    continue
                offer = found.candidate.engagement
                if point_of(who, offer, str(day)) < chance(who, tier, offer):
                    house.run_until(house.clock.now() + timedelta(seconds=1))
                    tell(house, who, TAKEN[offer])
        house.run_until(house.clock.now() + 24 * HOUR)
