"""Lived days for plans: a house in which random people live, under one program or two in turn."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from datetime import UTC, datetime, timedelta
from functools import lru_cache
from pathlib import Path
from random import Random
from typing import Any

from regard.assembly import build_kernel, build_ledger
from regard.core.event import MessageOutcome
from regard.core.facts import Decided, PromiseChanged
from regard.core.program import Program
from regard.planning import Lived, course, read_lives, rehearsal
from regard.planning.arrivals import arrivals
from regard.project import load_text
from regard.runtime.rollouts import rollout_draft
from regard.store import MemoryStore
from regard.testing.clock import VirtualClock
from regard.testing.house import VirtualHouse
from regard.testing.simulation import Item

EXAMPLES = Path(__file__).parents[2] / "examples"
START = datetime(2026, 3, 2, 6, tzinfo=UTC)

Edit = tuple[str, str, str]
"""A file, what it says, what it is to say; an empty old text means the whole file."""

Message = tuple[str, str, str, datetime]
"""Person, engagement, channel and moment."""


@lru_cache(maxsize=4)
def texts(example: str) -> Mapping[str, str]:
    """Return the files of an example by their paths."""
    folder = EXAMPLES / example
    found = (path for path in folder.rglob("*") if path.is_file() and ".regard" not in path.parts)
    return {str(p.relative_to(folder)): p.read_text(encoding="utf-8") for p in found}


@lru_cache(maxsize=32)
def edited(example: str, *edits: Edit) -> Program:
    """Return an example as a program, with edits; mails are plain texts, for speed."""
    files = {name.replace(".mjml", ".txt"): text for name, text in texts(example).items()}
    for file, old, new in edits:
        before = files.get(file, "")
        assert old in before, f"{file} does not say {old!r}"
        files[file] = before.replace(old, new) if old else new
        if not files[file]:
            del files[file]
    return load_text(files, {})


class World:
    """One store in virtual time; `publish` lets another program decide from now on."""

    def __init__(self, program: Program) -> None:
        self.clock = VirtualClock(START)
        self.store = MemoryStore()
        self.house = self._under(program)

    def publish(self, program: Program) -> None:
        """Go on under another program, and start what a publication starts."""
        old, now = self.house.program, self.clock.now()
        self.house = self._under(program)
        drafts = [rollout_draft(change, now) for change in arrivals(old, program, now)]
        self.house.ledger.append(drafts, now)

    def _under(self, program: Program) -> VirtualHouse:
        return VirtualHouse(build_ledger(self.store, lambda: program), program, self.clock)

    def live(self, items: Sequence[Item], until: datetime) -> None:
        """Take items at their moments and let the house run on."""
        for item in items:
            self.house.run_until(max(item.at, self.clock.now()))
            self.house.take(item.source, item.data)
        self.house.run_until(until)

    def read(self, since: datetime, until: datetime, *, everybody: bool = False) -> Lived:
        """Return what a plan reads."""
        kernel = build_kernel()
        with self.store.reading() as reading:
            return read_lives(reading, kernel, since, until, silently, everybody=everybody)

    def messages(self, since: datetime) -> list[Message]:
        """Return what was handed over since a moment, sorted."""
        decided: dict[str, str] = {}
        found = []
        with self.store.reading() as reading:
            entries = reading.tail.after(0, 10_000_000)
        for entry, person_id, _ in entries:
            body = entry.body
            if isinstance(body, Decided) and not body.candidate.call_id:
                decided[body.decision_id] = body.candidate.engagement
            elif isinstance(body, MessageOutcome) and body.message_id in decided:
                said = (person_id, decided[body.message_id], body.channel, entry.received_at)
                found += [said] if body.outcome == "sent" and entry.received_at >= since else []
        return sorted(found)

    def promises(self, since: datetime) -> dict[str, str]:
        """Return how promises stand that changed since a moment."""
        with self.store.reading() as reading:
            entries = reading.tail.after(0, 10_000_000)
        return {
            entry.body.promise_id: entry.body.status
            for entry, _, _ in entries
            if isinstance(entry.body, PromiseChanged) and entry.received_at >= since
        }


def planned(
    lived: Lived, program: Program, old: Program | None = None
) -> tuple[list[Message], dict[str, str]]:
    """Return what a plan says that a program would send, and how promises would stand.

    With `old` the program is published in its place when the window begins.
    """
    under = rehearsal(lived, program, build_kernel(), MemoryStore, publishing=old)
    found = [course(one, under) for one in lived.everyone]
    messages = [(s.person_id, s.engagement, s.channel, s.at) for c in found for s in c.said]
    owed = {promise_id: o.status for c in found for promise_id, o in c.promises.items()}
    assert not any(course.failed_count for course in found)
    return sorted(messages), owed


def silently(_done: int, _total: int) -> None:
    """Show no progress."""


def shoppers(seed: int, people: int) -> list[Item]:
    """Return what customers of the lamp shop do in some three weeks, in order."""
    items = [item for number in range(people) for item in _shopper(seed, number)]
    return sorted(items, key=lambda item: (item.at, str(item.data["id"])))


def _shopper(seed: int, number: int) -> Iterator[Item]:
    dice = Random(f"{seed}:{number}")
    user = {"user_id": f"shopper-{seed}-{number}"}
    told = {"email": f"shopper{seed}-{number}@example.com", "phone": f"+436645{number:05d}"}
    count = 0

    def item(at: datetime, source: str, **data: Any) -> Item:
        nonlocal count
        count += 1
        return Item(at=at, source=source, data={**user, **data, "id": f"{seed}-{number}-{count}"})

    at = START + timedelta(days=dice.uniform(0, 9))
    yield item(at, "shop", identify=told)
    if dice.random() < 0.7:
        yield item(at, "shop", event="Consent Granted", properties={"purpose": "ideas"})
    for order in range(dice.randint(1, 3)):
        at += timedelta(hours=dice.expovariate(1 / 40))
        yield item(at, "shop", event="Cart Updated", properties={"product": "Lamp"})
        if dice.random() < 0.4:
            continue
        at += timedelta(hours=dice.expovariate(1 / 5))
        about = {"order_number": f"L{seed}-{number}-{order}", "product": "Lamp"}
        by = at + timedelta(days=dice.randint(2, 4))
        facts = {**about, "deliver_by": by.isoformat()}
        yield item(at, "shop", event="Order Completed", properties=facts)
        at = by + timedelta(hours=dice.uniform(-30, 20))
        yield item(at, "carrier", event="Order Delivered", properties=about)
        if dice.random() < 0.3:
            back_at = at + timedelta(days=dice.uniform(0.1, 6))
            yield item(back_at, "shop", event="Return Requested", properties=about)
        elif dice.random() < 0.3:
            said_at = at + timedelta(days=dice.uniform(1, 9))
            yield item(said_at, "shop", event="Review Written", properties={**about, "stars": 5})
