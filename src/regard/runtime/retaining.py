"""Retention: what was kept long enough goes, and the journal tells that it went.

In: the ledger, how long the program says each kind is kept, the moment. Out: counts by kind and day
of what would go; or of what went, batch by batch, each in one transaction with the input that tells
it. What goes stands beside the journal: views, counts and a rebuild are the same without it.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from datetime import datetime, timedelta

from regard.core.event import Retained
from regard.core.ids import message_key
from regard.core.ports import Draft, Library
from regard.core.rows import Aged, Dated
from regard.core.settings import Retention
from regard.runtime.ledger import Ledger

BATCH = 1_000
"""Rows that go in one transaction: some tens of milliseconds, for which others wait."""

Progress = Callable[[int], None]


def limits_of(policy: Retention, now: datetime) -> Mapping[Dated, datetime]:
    """Return before which moment each kind goes; what is kept for ever is not named."""
    ages: Mapping[Dated, timedelta | None] = {
        "content": policy.contents,
        "rejected": policy.rejected,
    }
    return {kind: now - age for kind, age in ages.items() if age is not None}


def outlook(library: Library, policy: Retention, now: datetime) -> Mapping[Dated, Sequence[Aged]]:
    """Return how much of each kind would go, by the day it is of."""
    with library.reading() as reading:
        return {
            kind: reading.shelf.aged(kind, before)
            for kind, before in limits_of(policy, now).items()
        }


def retain(ledger: Ledger, policy: Retention, now: datetime, by: str, told: Progress) -> int:
    """Let go what is older than the policy keeps it; return how many rows went.

    Stopped at any moment it has done whole batches only, and the next run goes on.
    """
    gone = 0
    for kind, before in limits_of(policy, now).items():
        while count := _batch(ledger, kind, before, now, by):
            gone += count
            told(gone)
    return gone


def _batch(ledger: Ledger, kind: Dated, before: datetime, now: datetime, by: str) -> int:
    with ledger.store.writing() as writing:
        count = writing.belongings.shed(kind, before, BATCH)
        if count:
            body = Retained(what=kind, before=before, count=count, by=by)
            key = message_key("retained", f"{kind}@{writing.journal.last() + 1}")
            draft = Draft(key=key, identity=0, at=now, received_at=now, body=body)
            ledger.append_in(writing, [draft])
    return count
