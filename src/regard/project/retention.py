"""`[retention]` of regard.toml: how long is kept what no rebuild needs.

In: the table. Out: `Retention`. Reported: a time that is too short to answer who asks.
"""

from __future__ import annotations

from datetime import timedelta

from regard.core.settings import KEEP_ALL, Retention
from regard.project.reading import Table

CONTENTS_MIN = timedelta(days=30)
"""Links, feeds and pushes show what a message said, and customers ask about it."""

REJECTED_MIN = timedelta(days=1)


def read_retention(table: Table | None) -> Retention:
    """Return how long what is kept beside the journal stays; without the table for ever."""
    if table is None:
        return KEEP_ALL
    found = Retention(
        contents=_time(table, "contents", CONTENTS_MIN),
        rejected=_time(table, "rejected", REJECTED_MIN),
    )
    table.close()
    return found


def _time(table: Table, key: str, shortest: timedelta) -> timedelta | None:
    kept = table.duration(key)
    if kept is not None and kept < shortest:
        told = f"is shorter than {shortest.days} day{'s' if shortest.days > 1 else ''}"
        table.at(key).problem(told, f"{shortest.days} days")
    return kept
