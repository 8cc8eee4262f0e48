"""What would happen to a run if its time came: the kernel turned on a copy, and nothing written.

A person, one of their runs and a moment in, the facts that would follow out. Records are frozen, so
whatever is decided here stays here; it is the very decision that would be made then, provided that
nothing else happens before.
"""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

from msgspec.structs import replace

from regard.console.desk import Kernel
from regard.core.event import TimerDue
from regard.core.facts import ENDED_RUN, Entry
from regard.core.ids import STAMP_BITS
from regard.core.person import Person
from regard.core.program import Program
from regard.core.rows import RunRow

NOW = "If its time were over now"
THEN = "When its time comes, if nothing else happens before"


def moments_of(row: RunRow, now: datetime) -> list[tuple[str, datetime]]:
    """Return at which moments it is worth looking ahead: now, and when its time comes."""
    due_at = row.change.wake_at
    if row.change.status in ENDED_RUN or due_at is None:
        return []
    return [(NOW, now), *([(THEN, due_at)] if due_at > now else [])]


def foreseen(
    row: RunRow, person: Person, program: Program, kernel: Kernel, at: datetime
) -> Sequence[Entry]:
    """Return the facts that would follow if the run's time came at `at`; nothing is written."""
    state = person.runs.get(row.run_id)
    if state is None:
        return ()
    change = state.change
    if change.wake_at is not None and at < change.wake_at:
        # Without `parked_at` the end that is told counts, not the one that the journey says.
        change = replace(change, wake_at=at, parked_at=None)
    copy = replace(person, runs={**person.runs, row.run_id: replace(state, change=change)})
    offset = (person.stamp >> STAMP_BITS) + 1
    entry = Entry(
        offset=offset,
        identity=row.identity,
        at=row.at,
        received_at=at,
        body=TimerDue(ref=f"run:{row.run_id}", due_at=at),
    )
    return kernel.step(copy, entry, program, offset + 1).facts
