"""`regard plan` over a week of many people: how many person-days a minute one core lives twice.

The journal is lived first by the real ledger in virtual time (a fifth of the people come by each
day, look around, book, check in), then read and replayed under the airline and an edit of it. The
goal is 100,000 person-days in a minute, reading included. Beside it stands the same without
sharing: an edit of the caps, which may concern everybody.
"""

from __future__ import annotations

import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path
from random import Random
from tempfile import TemporaryDirectory

import msgspec

from benchmarks.figures import Figure, Scale
from benchmarks.serving import AIRLINE
from regard.assembly import build_kernel, build_ledger
from regard.core.event import MessageOutcome
from regard.core.ports import Draft
from regard.core.program import Program
from regard.core.rows import Rejected
from regard.intake import Arrival, Drafter
from regard.planning import Versions, draw_plan, read_lives
from regard.project import load_text
from regard.runtime.ledger import Ledger
from regard.store import MemoryStore, SqliteStore

GOAL = 100_000
"""Person-days a minute."""

DAYS = 14
WINDOW = 7
START = datetime(2026, 3, 2, tzinfo=UTC)
NARROW = ("promises/check_in_reminder.yaml", "interval '24 hours'", "interval '30 hours'")
WIDE = ("policies.yaml", "within: 24 hours", "within: 48 hours")


def run(scale: Scale) -> Sequence[Figure]:
    """Measure reading, a plan that concerns few, and one that may concern everybody."""
    people = scale.of(15_000, 1_500)
    old = _airline()
    until, since = START + timedelta(days=DAYS), START + timedelta(days=DAYS - WINDOW)
    kernel = build_kernel()
    with TemporaryDirectory() as folder:
        store = SqliteStore(str(Path(folder) / "bench.db"))
        entry_count = _live(build_ledger(store, lambda: old), old, people)
        began = time.process_time()
        with store.reading() as reading:
            lived = read_lives(reading, kernel, since, until, _silently)
        reading_s = time.process_time() - began
        store.close()
    figures = [Figure(name="reading", value=entry_count / reading_s, unit="entries of journal/s")]
    for name, edit in (("an edit of one promise", NARROW), ("an edit of the caps", WIDE)):
        versions = Versions(old=old, new=_airline(edit))
        began = time.process_time()
        plan = draw_plan(lived, versions, kernel, MemoryStore)
        seconds = reading_s + time.process_time() - began
        pace = plan.person_days / seconds * 60
        figures.append(
            Figure(
                name=f"{name}, {plan.lived_count:,} of {people:,} lives",
                value=pace,
                unit="person-days/min",
                goal=f"{GOAL:,}",
                beside="times the goal",
                ratio=pace / GOAL,
            )
        )
    return figures


def _airline(*edits: tuple[str, str, str]) -> Program:
    files = {
        str(path.relative_to(AIRLINE)): path.read_text(encoding="utf-8")
        for path in AIRLINE.rglob("*")
        if path.is_file() and ".regard" not in path.parts
    }
    for file, old, new in edits:
        files[file] = files[file].replace(old, new)
    return load_text(files, {})


def _live(ledger: Ledger, program: Program, people: int) -> int:
    """Live all days, hour by hour; return the length of the journal."""
    drafter, dice = Drafter(program), Random(7)
    for number in range(DAYS * 24):
        now = START + timedelta(hours=number)
        drafts = list(_drafts(drafter, program, dice, people, now))
        for start in range(0, len(drafts), 2_500):
            ledger.append(drafts[start : start + 2_500], now)
        _settle(ledger, now)
    with ledger.store.reading() as reading:
        return reading.tail.last()


def _settle(ledger: Ledger, now: datetime) -> None:
    while True:
        while ledger.advance():
            pass
        ledger.fire(now)
        if ledger.advance():
            continue
        claimed, _ = ledger.claim(500, now)
        if not claimed:
            return
        sent = [
            MessageOutcome(message_id=c.row.message_id, channel=c.row.channel, outcome="sent")
            for c in claimed
        ]
        outcomes = [(c, outcome, None) for c, outcome in zip(claimed, sent, strict=True)]
        ledger.settle(outcomes, now)


def _drafts(
    drafter: Drafter, program: Program, dice: Random, people: int, now: datetime
) -> Iterator[Draft]:
    source = next(s for s in program.sources.values() if s.id == "website")
    arrival = Arrival(source=source, received_at=now, dialect="plain")
    for visit in range(people // (5 * 24)):
        person = dice.randrange(people)
        for place, item in enumerate(_visit(dice, person, now)):
            body = {
                **item,
                "id": f"{now:%d%H}-{visit}-{place}",
                "user_id": f"u{person}",
                "anonymous_id": f"browser-{person}",
            }
            draft = drafter.draft(msgspec.json.encode(body), arrival)
            if not isinstance(draft, Rejected):
                yield draft


def _visit(dice: Random, person: int, now: datetime) -> Iterator[dict[str, object]]:
    """Yield what somebody does in one visit."""
    yield {"identify": {"email": f"person{person}@people.example", "tier": "blue"}}
    for _ in range(dice.randint(1, 5)):
        yield {"page": dice.choice(("Lisbon", "Oslo", "Athens")), "properties": {"path": "/"}}
    throw = dice.random()
    if throw < 0.15:
        yield {"event": "Offer Viewed", "properties": {"offer": "miles"}}
    elif throw < 0.3:
        number = f"SK{dice.getrandbits(40):x}"
        facts = {"booking_number": number, "flight_number": "SK204", "from": "Vienna"}
        departure_at = now + timedelta(days=dice.uniform(1, 9))
        facts |= {"to": "Lisbon", "departure_at": departure_at.isoformat()}
        yield {"event": "Booking Confirmed", "properties": facts}
    elif throw < 0.35:
        yield {"event": "Signed Up", "properties": {}}
    elif throw < 0.4:
        yield {"event": "Consent Granted", "properties": {"purpose": "offers"}}


def _silently(_done: int, _total: int) -> None:
    """Show no progress."""
