"""A small company whose old system keeps one promise, and whose mailbox hears when it does not."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from functools import cache

from regard.assembly import build_ledger
from regard.core.event import DEPARTMENT, Event, Identifier
from regard.core.facts import Entry
from regard.core.ports import Reading
from regard.core.program import Program
from regard.core.storage import Store
from regard.project import load_text
from regard.runtime.service_levels import BURNING, CALM
from regard.store import MemoryStore
from regard.testing.clock import VirtualClock
from regard.testing.house import VirtualHouse

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
MINUTE, HOUR, DAY = timedelta(minutes=1), timedelta(hours=1), timedelta(days=1)

FILES: Mapping[str, str] = {
    "regard.toml": """
id = "press"
name = "The Press"
currency = "EUR"
[channels.email]
[channels.sms]
[sources.shop]
key = "press-shop"
channel = "web.desktop"
[sources.printer]
key = "press-printer"
channel = "operations.print"
[departments.desk]
title = "The desk"
email = "desk@press.example"
""",
    "consent.yaml": "purposes: {orders: {needs_consent: false}}\n",
    "promises/printed.yaml": """
id: printed
title: Printed within the hour
made_by: {event: Ordered}
about: facts.order
due_at: now() + interval '1 hour'
grace: 0 minutes
kept_by: {events: [{event: Printed, about: facts.order}]}
service_level: {objective: 90 %, window: 30 days, alert: desk}
worth: 12.5
""",
    "journeys/burning.yaml": """
id: burning
start: {event: Service Level Burning}
steps:
  - {id: tell, offer: budget_burns}
""",
    "engagements/budget_burns/engagement.yaml": """
id: budget_burns
purpose: orders
class: service
value: {customer: 1, company: 9}
channels: [email]
subject: "{{ facts.title }} burns {{ facts.burn_rate }} times too fast"
""",
    "engagements/budget_burns/core.email.txt": "{{ person.name }}: {{ facts.bad }} failed.",
    "engagements/budget_burns/core.email.mjml": """<mjml><mj-body><mj-section><mj-column>
<mj-text>{{ facts.bad }} of {{ facts.total }} failed.</mj-text>
</mj-column></mj-section></mj-body></mjml>""",
}


@cache
def program() -> Program:
    return load_text(dict(FILES), {})


def without_promise() -> Program:
    """Return the company after somebody deleted the promise."""
    return load_text({k: v for k, v in FILES.items() if k != "promises/printed.yaml"}, {})


def told_elsewhere() -> Program:
    """Return the company after the alert was given to another department."""
    promise = FILES["promises/printed.yaml"].replace("alert: desk", "alert: night")
    company = FILES["regard.toml"] + '[departments.night]\nemail = "night@press.example"\n'
    return load_text({**FILES, "promises/printed.yaml": promise, "regard.toml": company}, {})


class Press:
    """The company in virtual time, over one store."""

    def __init__(self, store: Store | None = None) -> None:
        self.store = store or MemoryStore()
        self.clock = VirtualClock(START)
        self.open()

    def open(self, company: Program | None = None) -> None:
        """Start a process over the store, as after a crash or with an edited folder."""
        found = company or program()
        ledger = build_ledger(self.store, lambda: found)
        self.house = VirtualHouse(ledger, found, self.clock)

    def order(self, number: int, user: str = "ada") -> None:
        item = {"event": "Ordered", "user_id": user, "id": f"o{number}"}
        self.house.take("shop", item | {"properties": {"order": f"A{number}"}})

    def printed(self, number: int, at: datetime | None = None, user: str = "ada") -> None:
        item = {"event": "Printed", "user_id": user, "id": f"p{number}"}
        told = {"at": at.isoformat()} if at else {}
        self.house.take("printer", item | told | {"properties": {"order": f"A{number}"}})

    def run(self, length: timedelta) -> None:
        self.house.run_until(self.clock.now() + length)

    def alerts(self) -> list[tuple[str, str, timedelta]]:
        """Return (name, severity, how long after the start) of everything the desk was told."""
        events = [e.body for e in self.desk() if isinstance(e.body, Event)]
        return [
            ({BURNING: "burning", CALM: "calm"}[e.name], e.facts["severity"], e.at - START)
            for e in events
        ]

    def desk(self) -> list[Entry]:
        """Return the timeline of the desk, oldest first."""
        with self.store.reading() as reading:
            return timeline_of(reading)


def timeline_of(reading: Reading) -> list[Entry]:
    person_id = reading.people.find(Identifier(DEPARTMENT, "desk"))
    found = reading.people.timeline(person_id, limit=1_000) if person_id else ()
    return sorted(found, key=lambda entry: entry.stamp)
