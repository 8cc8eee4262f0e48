"""What measuring reads: a stretch of the journal, the ends that are good, somebody who consented.

A read session or a program in, entries with their persons, names of events or a person out.
Console and terminal measure the same.
"""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime

from regard.core.facts import Entry
from regard.core.person import Person
from regard.core.ports import Reading
from regard.core.program import Program
from regard.model.day import has_consented

PAGE = 5_000

SEARCHED_MAX = 500
"""People, those who were here last, among whom one who consented is looked for."""


def entries_since(
    reading: Reading, since: datetime | None, after: int = 0
) -> Iterator[tuple[Entry, str]]:
    """Yield (entry, person id) behind an offset and received since a moment (None: ever)."""
    offset = after
    while page := reading.tail.after(offset, PAGE):
        for entry, person, _ in page:
            if since is None or entry.received_at >= since:
                yield entry, person
        offset = page[-1][0].offset


def endings_of(program: Program) -> list[str]:
    """Return the events that end a matter well: they keep a promise or reach a goal."""
    kept = (t.event for promise in program.promises.values() for t in promise.kept_by)
    goals = (t.event for journey in program.journeys.values() for t in journey.goals)
    return sorted({*kept, *goals})


def consenting(reading: Reading, purpose: str) -> Person | None:
    """Return somebody who consented to a purpose, who was here last."""
    for row in reading.people.search("", limit=SEARCHED_MAX):
        person = reading.people.read(row.person_id)
        if person is not None and has_consented(person, purpose):
            return person
    return None
