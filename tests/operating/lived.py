"""A hotel that has lived a little: guests, promises, a mail that went out, one that is in flight.

Driven by hand over a real store, with the commands of the terminal around it.
"""

from __future__ import annotations

import os
from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path

from click.testing import CliRunner, Result

from regard.assembly import build_ledger
from regard.cli import main
from regard.core.event import Event, Identifier, MessageOutcome
from regard.core.ids import identity_of, message_key
from regard.core.ports import Draft
from regard.core.rows import Claimed, Content, Rejected
from regard.project import load
from regard.runtime.ledger import Ledger
from regard.store import open_store

TODAY = datetime.now(UTC).replace(microsecond=0)
NOW = TODAY - timedelta(days=60)
"""The commands live by the wall clock; all that happens here lies behind it."""

BEFORE = NOW - timedelta(days=40)
GUESTS = ("ada", "bruno", "chen", "dalia")


def regard(*arguments: object) -> Result:
    """Call `regard` as a terminal does."""
    return CliRunner().invoke(main, [str(part) for part in arguments])


def hotel(folder: Path) -> Path:
    """Write the starter project and return its folder."""
    assert regard("init", folder, "--name", "Harbour Hotel").exit_code == 0
    return folder


def live(folder: Path, location: str, *, guests: tuple[str, ...] = GUESTS) -> None:
    """Let guests book, say one message, refuse an item; leave one in flight, one event unread."""
    program = load(folder, os.environ)
    with closing(open_store(location)) as store:
        ledger = build_ledger(store, lambda: program)
        ledger.append([booking(guest) for guest in guests], NOW)
        ledger.reject(
            [Rejected(source="site", at=BEFORE, code="odd", message="?", item="a\0b")], NOW
        )
        claimed = _claimed(ledger)
        first = claimed[0].row
        said = Content(
            message_id=first.message_id,
            channel=first.channel,
            address=first.address,
            subject="Your room",
            text="It waits for you.",
            html="",
            headers={},
            handed_at=BEFORE,
        )
        sent = MessageOutcome(message_id=first.message_id, channel=first.channel, outcome="sent")
        ledger.settle([(claimed[0], sent, said)], claimed[0].row.state_at)
        while ledger.advance():
            pass
        ledger.append([booking("dario")], NOW)


def _claimed(ledger: Ledger) -> list[Claimed]:
    """Let time pass until two messages are in a dispatcher's hands."""
    now, claimed = NOW, list[Claimed]()
    while len(claimed) < 2:
        while ledger.advance():
            pass
        claimed += ledger.claim(2 - len(claimed), now)[0]
        now = ledger.fire(now) or now
    return claimed


def booking(guest: str) -> Draft:
    """Return the booking of a guest, whose name holds a letter that PostgreSQL cannot keep."""
    own = (Identifier("user_id", guest), Identifier("email", f"{guest}@example.com"))
    arrival = NOW.replace(hour=12) + timedelta(days=20)
    event = Event(
        message_id=f"booking-{guest}",
        source="website",
        type="track",
        name="Booking Confirmed",
        channel="web.desktop",
        at=NOW,
        received_at=NOW,
        identifiers=own,
        facts={"booking_number": f"BK-{guest}", "arrival_at": arrival.isoformat()},
        traits={"email": own[1].value, "name": f"{guest.title()}\0Novak"},
    )
    key = message_key("website", event.message_id)
    identity = identity_of(own[0].kind, own[0].value)
    return Draft(key=key, identity=identity, at=NOW, received_at=NOW, body=event)
