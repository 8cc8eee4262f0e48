"""Lumen & Lamps with its engagement model, and a till that learns of web orders a day late.

The example folder over the store in memory, its archive kept as publishing keeps it, and a console
whose remarks go through the real loop. To look at it: ``python -m tests.console.lumen [port]``.
"""

from __future__ import annotations

import sys
from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from functools import cache
from pathlib import Path

import uvicorn
from starlette.applications import Starlette

from regard.assembly import build_kernel, build_ledger
from regard.console import routes
from regard.core.event import Event, Identifier
from regard.core.ids import identity_of, message_key
from regard.core.ports import Draft
from regard.core.rows import Accepted, Rejected
from regard.project import Edition, edition_of
from regard.store import open_store
from regard.testing.clock import VirtualClock
from tests.console.serve import SECRET

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
LAMPS = Path(__file__).parents[2] / "examples" / "lamps"
LATE = "disconnect:late:order:web_orders>returns"


@cache
def published(folder: Path) -> Edition:
    """Return the edition of a folder that no test changes."""
    return edition_of(folder, {})


class Lumen:
    """The house, and the console's door into it."""

    def __init__(self) -> None:
        self.clock = VirtualClock(START)
        self.store = open_store(":memory:")
        edition = published(LAMPS)
        self.program = edition.program
        self.ledger = build_ledger(self.store, lambda: self.program)
        self.keep(edition.archive)
        self.site = Starlette(
            routes=routes(
                *(self.store, lambda: self.program, self.clock, self, SECRET, lambda: (True, {})),
                kernel=build_kernel(),
            )
        )

    def keep(self, archive: bytes) -> None:
        """Keep a folder beside the journal, as publishing it does."""
        with self.store.writing() as writing:
            writing.rollouts.keep_program(self.program.hash, archive)

    async def append(self, drafts: Sequence[Draft]) -> Sequence[Accepted]:
        """Append what the console says, and let everything follow from it."""
        accepted = self.ledger.append(drafts, self.clock.now())
        while self.ledger.advance():
            pass
        return accepted

    async def reject(self, items: Sequence[Rejected]) -> None:
        """Nothing of the console is refused here."""

    def orders(self, count: int) -> None:
        """Let people order on the web and ask for a return at the till within two days."""
        drafts = []
        for n in range(count):
            hour = n % 48
            returned = "Return Refused" if hour < 24 else "Return Accepted"
            drafts.append(_draft(f"u{n}", "Order Completed", n, 0, "shop"))
            drafts.append(_draft(f"u{n}", returned, n, hour, "till"))
        self.ledger.append(drafts, START)
        while self.ledger.advance():
            pass

    def consents(self, user: str, purpose: str) -> None:
        """Let somebody consent on the web, on the evening of their order."""
        facts = {"purpose": purpose}
        self.ledger.append([_draft(user, "Consent Granted", 0, 10, "shop", facts)], START)
        while self.ledger.advance():
            pass


def _draft(
    user: str, name: str, number: int, hour: int, source: str, facts: dict[str, str] | None = None
) -> Draft:
    at = START - timedelta(days=7) + timedelta(hours=hour, minutes=5)
    identifier = Identifier("user_id", user)
    event = Event(
        message_id=f"{name}-{number}",
        source=source,
        type="track",
        name=name,
        channel="web.desktop" if source == "shop" else "store.pos",
        at=at,
        received_at=at,
        identifiers=(identifier,),
        facts={"order_number": f"L-{number}"} if facts is None else facts,
    )
    key, identity = message_key(source, event.message_id), identity_of("user_id", user)
    return Draft(key=key, identity=identity, at=at, received_at=at, body=event)


if __name__ == "__main__":
    lumen = Lumen()
    lumen.orders(120)
    lumen.consents("u3", "ideas")
    uvicorn.run(lumen.site, port=int(sys.argv[1]), log_level="warning")
