"""An airline where people want to rebook, and a whole house to live in it."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import UTC, datetime, timedelta
from typing import Any

import msgspec
from msgspec.structs import replace

from regard.assembly import build_ledger
from regard.core.facts import Body, Decided, NeedChanged, Noted
from regard.core.person import Person
from regard.core.ports import Draft
from regard.core.program import Program
from regard.core.rows import Accepted
from regard.intake import Arrival, Drafter
from regard.needs import ToldNeed, told_needs
from regard.project import load_text
from regard.runtime.rebuild import verify
from regard.store import MemoryStore
from regard.testing.clock import VirtualClock
from regard.testing.expectations import person_id_of
from regard.testing.house import VirtualHouse

START = datetime(2026, 3, 2, 9, tzinfo=UTC)

REBOOK = """
id: rebook
title: Fly at another time
half_life: 6 hours
prior: 0.02
evidence:
  for:
    - {event: Flight Disrupted, weight: strong}
    - {event: Booking Viewed, when: facts.section = 'change', weight: some}
    - {words: [rebook, another flight, umbuchen, "réserver à nouveau", 変更], weight: strong}
    - {silence: Check In Completed, after: Check In Opened, for: 3 hours, weight: some}
    - {promise: reply, on: missed, weight: weak}
  against:
    - {event: Check In Completed, weight: strong}
met_by:
  - {event: Rebooked}
  - {event: Booking Changed, when: facts.kind = 'flight'}
"""

AIRLINE = {
    "regard.toml": """
id = "airline"
name = "Skylark Air"
zone = "Europe/Vienna"
[channels.email]
[channels.sms]
[sources.website]
key = "airline-website"
channel = "web.desktop"
may = ["rights"]
""",
    "consent.yaml": "purposes:\n  travel: {needs_consent: false}\n",
    "policies.yaml": "quiet_hours: [{from: '21:00', to: '08:00', for: [service, marketing]}]\n",
    "needs/rebook.yaml": REBOOK,
    "promises/reply.yaml": """
id: reply
made_by: {event: Question Asked}
about: event.name
due_at: now() + interval '1 hour'
grace: 1 minute
kept_by: {events: [{event: Question Settled}]}
""",
    "engagements/other_flights/engagement.yaml": """
title: Other flights
need: rebook
offer_when: needed
purpose: travel
class: service
value: {customer: 5, company: 1}
channels: [sms]
""",
    "engagements/other_flights/core.txt": "You may fly later: {{ facts.because }}.",
}

ADA = {"email": "ada@example.com", "phone": "+436641234567"}


def program_of(**files: str) -> Program:
    """Return the airline with more files: `__` stands for ``/``, ``.yaml`` is added."""
    paths = {name.replace("__", "/"): text for name, text in files.items()}
    more = {path if "." in path else f"{path}.yaml": text for path, text in paths.items()}
    return load_text({**AIRLINE, **more}, {})


class Airline(VirtualHouse):
    """A whole house with the airline's program over a store in memory."""

    def __init__(self, program: Program | None = None) -> None:
        self.current = program or program_of()
        self._count = 0
        ledger = build_ledger(MemoryStore(), lambda: self.current)
        super().__init__(ledger, self.current, VirtualClock(START))

    def does(self, name: str, *, user_id: str = "ada", **item: Any) -> None:
        """Take an event of somebody (of Ada), told by the keys of the plain dialect."""
        self._count += 1
        who = {"user_id": user_id} if user_id else {}
        if user_id == "ada":
            who["traits"] = ADA
        taken = self.take("website", {"id": f"e{self._count}", "event": name, **who, **item})
        assert isinstance(taken, Accepted), taken

    def imports(self, name: str, **item: Any) -> None:
        """Take an event of Ada as history, as `regard import` does."""
        self._count += 1
        source = next(iter(self.program.sources.values()))
        arrival = Arrival(source=source, received_at=self.clock.now(), dialect="plain")
        told = {"id": f"h{self._count}", "event": name, "user_id": "ada", **item}
        draft = Drafter(self.program).draft(msgspec.json.encode(told), arrival)
        assert isinstance(draft, Draft)
        history = replace(draft.body, is_history=True)
        self.ledger.append([replace(draft, body=history)], self.clock.now())
        self.settle()

    def after(self, **time: float) -> None:
        self.run_until(self.clock.now() + timedelta(**time))

    def person(self, name: str = "ada") -> Person:
        person_id = person_id_of(self, name)
        assert person_id is not None
        with self.ledger.store.reading() as reading:
            person = reading.people.read(person_id)
        assert person is not None
        return person

    def need(self, need: str = "rebook", name: str = "ada") -> ToldNeed | None:
        """Return what is believed of somebody now."""
        told = told_needs(self.person(name), self.current, self.clock.now())
        return next((one for one in told if one.need == need), None)

    def belief(self, need: str = "rebook", name: str = "ada") -> float:
        found = self.need(need, name)
        return self.current.needs[need].curve.prior if found is None else found.belief

    def moves(self) -> list[tuple[str, timedelta]]:
        """Return how needs moved: (felt, faded or what met them, time since the start)."""
        return [
            ("felt" if body.is_felt else body.reason.partition(":")[0], body.since - START)
            for body in self.bodies()
            if isinstance(body, NeedChanged) and body.has_moved
        ]

    def noted(self) -> list[str]:
        return [body.keys[1] for body in self.bodies() if isinstance(body, Noted)]

    def decisions(self) -> list[tuple[str, str, str]]:
        """Return engagement, verdict and reason of each decision in order."""
        return [
            (body.candidate.engagement, body.verdict, body.reason)
            for body in self.bodies()
            if isinstance(body, Decided)
        ]

    def changed_views(self) -> Sequence[str]:
        """Return the views that a rebuild from the journal alone makes different."""
        rules = self.current.identity
        return verify(self.ledger.store, self.ledger.kernel, rules, lambda _done, _all: None)

    def bodies(self) -> list[Body]:
        with self.ledger.store.reading() as reading:
            return [entry.body for entry, _, _ in reading.tail.after(0, 10_000)]


def said(text: str) -> Mapping[str, Any]:
    """Return the properties of a message with a text."""
    return {"properties": {"text": text}}
