"""A small real world with a wrong merge: the twins check in at one kiosk of the airline.

The example airline over the store in memory, with a console whose acts go through the real loop.
To look at it: ``python -m tests.console.kiosk [port]``.
"""

from __future__ import annotations

import sys
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import Any

import uvicorn
from starlette.applications import Starlette

from regard.assembly import build_kernel, build_ledger
from regard.console import routes
from regard.core.event import Event, Identifier, IdentityAct
from regard.core.ids import identity_of, message_key
from regard.core.ports import Draft
from regard.core.program import Program
from regard.core.rows import Accepted, Rejected
from regard.project import load
from regard.store import open_store
from regard.testing.clock import VirtualClock
from regard.testing.house import VirtualHouse
from tests.console.serve import SECRET

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
FOLDER = Path(__file__).parent.parent.parent / "examples" / "airline"
REASONS = {
    "": -6.2,
    "same telephone": 4.1,
    "family name differs by one letter": 3.4,
    "same first name": 2.3,
    "other town": -1.6,
}


@cache
def airline() -> Program:
    """Return the example airline, but whatever is seen together links: else none goes wrong."""
    program = load(FOLDER, {})
    kinds = tuple(replace(kind, linking="every") for kind in program.identity.kinds)
    return replace(program, identity=replace(program.identity, kinds=kinds))


class Kiosk:
    """The house, and the console's door into it."""

    def __init__(self) -> None:
        self.clock = VirtualClock(START)
        self.store = open_store(":memory:")
        program = airline()
        self.ledger = build_ledger(self.store, lambda: program)
        self.house = VirtualHouse(self.ledger, program, self.clock)
        self.site = Starlette(
            routes=routes(
                *(self.store, lambda: program, self.clock, self, SECRET, lambda: (True, {})),
                kernel=build_kernel(),
            )
        )

    async def append(self, drafts: Sequence[Draft]) -> Sequence[Accepted]:
        """Append what the console says, and let everything follow from it."""
        accepted = self.ledger.append(drafts, self.clock.now())
        while self.ledger.advance():
            pass
        return accepted

    async def reject(self, items: Sequence[Rejected]) -> None:
        """Nothing of the console is refused here."""

    def book(self, name: str, number: str, device: str = "", **traits: Any) -> None:
        """Let somebody book as a guest."""
        item = {
            "event": "Booking Confirmed",
            "traits": {"name": name, **traits},
            "properties": {
                "booking_number": number,
                "flight_number": "SK204",
                "from": "Vienna",
                "to": "Lisbon",
                "departure_at": "2026-03-09T09:00:00Z",
            },
        }
        self.take(item | ({"anonymous_id": device} if device else {}))

    def take(self, item: dict[str, Any], source: str = "website") -> None:
        """Take one item, a minute later."""
        self.clock.set(self.clock.now().replace(minute=self.clock.now().minute + 1))
        found = self.house.take(source, item)
        assert isinstance(found, Accepted), found

    def say(self, act: IdentityAct) -> None:
        """Append an act from outside the console, as a linker or the API does."""
        draft = Draft(
            key=message_key("act", act.act_id),
            identity=identity_of(act.left[0].kind, act.left[0].value),
            at=self.clock.now(),
            received_at=self.clock.now(),
            body=act,
        )
        self.ledger.append([draft], self.clock.now())
        self.house.settle()

    def id(self, kind: str, value: str) -> str:
        """Return whose an identifier is."""
        with self.store.reading() as reading:
            found = reading.people.find(Identifier(kind, value))
        assert found, value
        return found

    def events(self, person_id: str) -> list[str]:
        """Return the names of a person's events, oldest first."""
        with self.store.reading() as reading:
            entries = reading.people.timeline(person_id)
        return [e.body.name for e in reversed(entries) if isinstance(e.body, Event)]

    def acts(self) -> list[IdentityAct]:
        """Return every act in the journal."""
        with self.store.reading() as reading:
            return [
                entry.body
                for entry, _, _ in reading.tail.after(0, 100_000)
                if isinstance(entry.body, IdentityAct)
            ]


def wrong_merge() -> Kiosk:
    """Return a house where Dalia and Dario are one by mistake: both checked in at kiosk-1."""
    kiosk = Kiosk()
    kiosk.book("Dalia Horn", "SK7001", "kiosk-1", email="dalia@example.com")
    kiosk.take(_consent("dalia@example.com"))
    kiosk.book("Dario Horn", "SK7002", email="dario@example.com")
    kiosk.take(
        {
            "event": "Check-in Completed",
            "anonymous_id": "kiosk-1",
            "properties": {"booking_number": "SK7002"},
        }
    )
    kiosk.book("Ada Lovelace", "SK7003", email="ada@example.com")
    return kiosk


def with_questions() -> Kiosk:
    """Return the same house with a question of every kind."""
    kiosk = wrong_merge()
    for user in ("ngozi", "emeka"):
        kiosk.take(
            {
                "user_id": user,
                "identify": {"name": f"{user.title()} Okafor", "phone": "+436641111111"},
            }
        )
    kiosk.book("Ada Lovelase", "SK7004", email="ada.l@example.org", city="Graz")
    kiosk.say(propose("ada@example.com", "ada.l@example.org"))
    return kiosk


def propose(left: str, right: str) -> IdentityAct:
    """Return a linker's question about two addresses."""
    return IdentityAct(
        act_id=f"propose {left} {right}",
        act="propose",
        left=(Identifier("email", left),),
        right=(Identifier("email", right),),
        by="regard link",
        rule="linked:3f9a0c",
        confidence=0.881,
        reasons=REASONS,
    )


def _consent(email: str) -> dict[str, Any]:
    return {
        "event": "Consent Granted",
        "traits": {"email": email},
        "properties": {"purpose": "offers", "channel": "email", "wording": "Yes, send me offers"},
    }


def people_of(kiosk: Kiosk) -> Iterator[str]:
    """Yield the ids of all people known."""
    with kiosk.store.reading() as reading:
        for row in reading.people.search("", 100):
            yield row.person_id


if __name__ == "__main__":
    uvicorn.run(with_questions().site, port=int(sys.argv[1]), log_level="warning")
