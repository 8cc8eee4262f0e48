"""A lamp shop with a newsletter: people with and without consent, addresses, and one mailbox."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from functools import lru_cache
from typing import Any

from regard.assembly import build_ledger
from regard.core.clock import Clock
from regard.core.program import Program
from regard.core.rows import Accepted, RolloutProgress, RolloutRow
from regard.core.storage import Store
from regard.project import load_text
from regard.store import MemoryStore
from regard.testing import VirtualClock
from regard.testing.house import VirtualHouse

SECOND, HOUR = timedelta(seconds=1), timedelta(hours=1)

FILES = {
    "regard.toml": """
id = "lamps"
name = "Bruno's Lamps"
zone = "Europe/Vienna"
address = "Bruno's Lamps, 1 Light Street, Graz"
[channels.email]
from = "Bruno's Lamps <hello@lamps.example>"
[channels.sms]
[sources.website]
key = "lamps-website"
channel = "web.desktop"
[sources.desk]
key = "lamps-desk"
channel = "store.desk"
may = ["rights"]
""",
    "consent.yaml": """
purposes:
  news: {title: News, needs_consent: true}
  orders: {title: Your orders, needs_consent: false}
""",
    "policies.yaml": """
quiet_hours:
  - {from: "21:00", to: "08:00", for: [marketing]}
""",
    "broadcasts/summer.yaml": """
id: summer
title: Summer lamps
engagement: summer
to: traits.city = 'Graz'
pace_per_s: 10
expires: 2 days
seeds: [bruno]
facts: {code: SUN, percent: 20}
""",
    "engagements/summer/engagement.yaml": """
purpose: news
class: marketing
value: {customer: 8, company: 2}
channels: [email, sms]
subject: "Summer, {{ person.first_name }}: {{ facts.percent }} per cent"
""",
    "engagements/summer/core.email.txt": "Your code is {{ facts.code }}.",
    "engagements/summer/core.email.mjml": """
<mjml><mj-body><mj-section><mj-column><mj-text>Your code is {{ facts.code }}.</mj-text>
</mj-column></mj-section></mj-body></mjml>""",
    "engagements/summer/core.sms.txt": "Your code is {{ facts.code }}.",
    "promises/receipt.yaml": """
id: receipt
made_by: {event: Order Placed}
about: facts.number
act_at: now()
due_at: now() + interval '1 hour'
engagement: receipt
""",
    "engagements/receipt/engagement.yaml": """
purpose: orders
class: service
value: {customer: 8, company: 2}
channels: [email]
subject: "Order {{ facts.number }}"
""",
    "engagements/receipt/core.email.txt": "Thank you.",
    "engagements/receipt/core.email.mjml": """
<mjml><mj-body><mj-section><mj-column><mj-text>Thank you.</mj-text>
</mj-column></mj-section></mj-body></mjml>""",
}


@lru_cache
def shop(**changes: str) -> Program:
    """Return the shop's program; `changes` are texts of ``broadcasts/summer.yaml`` by key."""
    files = dict(FILES)
    for key, text in changes.items():
        lines = [x for x in files["broadcasts/summer.yaml"].splitlines() if x.split(":")[0] != key]
        lines += [f"{key}: {text}"] if text else []
        files["broadcasts/summer.yaml"] = "\n".join(lines)
    return load_text(files, {})


class Shop(VirtualHouse):
    """The virtual house with words for what the tests need."""

    def __init__(
        self,
        store: Store | None = None,
        clock: VirtualClock | None = None,
        program: Program | None = None,
    ) -> None:
        program = program or shop()
        ledger = build_ledger(store or MemoryStore(), lambda: program)
        super().__init__(ledger, program, clock or VirtualClock())

    def customer(self, name: str, *, consents: bool = True, **traits: Any) -> None:
        """Let somebody from Graz sign up."""
        known = {"name": name.title(), "city": "Graz", "email": f"{name}@example.com", **traits}
        told = {key: value for key, value in known.items() if value}
        self._taken({"id": f"i-{name}", "identify": told, "user_id": name})
        if consents:
            self.says(name, "Consent Granted")

    def says(self, name: str, word: str) -> None:
        """Let a customer say yes or no to news."""
        at = self.clock.now().isoformat()
        item = {"id": f"{word}-{name}-{at}", "event": word, "user_id": name}
        self._taken({**item, "properties": {"purpose": "news"}})

    def order(self, name: str, number: str) -> None:
        """Let a customer order something, which promises a receipt."""
        item = {"id": number, "event": "Order Placed", "user_id": name}
        self._taken({**item, "properties": {"number": number}})

    def row(self) -> RolloutRow:
        with self.ledger.store.reading() as reading:
            return reading.rollouts.latest("summer")[0]

    def progress(self) -> RolloutProgress:
        with self.ledger.store.reading() as reading:
            return reading.rollouts.progress(reading.rollouts.latest("summer")[0])

    def got(self, channel: str = "email") -> Counter[str]:
        """Return how many messages each address got."""
        return Counter(message.address for message in self.channels[channel].messages)

    def _taken(self, item: dict[str, Any]) -> None:
        assert isinstance(self.take("website", item), Accepted)


def people(house: Shop, count: int) -> list[str]:
    """Let so many customers sign up, and return their names."""
    names = [f"customer{number:03}" for number in range(count)]
    for name in names:
        house.customer(name)
    return names


def at_noon() -> VirtualClock:
    """Return a clock at a time at which nobody sleeps."""
    clock = VirtualClock()
    clock.set(clock.now().replace(hour=11))
    return clock


__all__ = ["HOUR", "SECOND", "Clock", "Shop", "at_noon", "people", "shop"]
