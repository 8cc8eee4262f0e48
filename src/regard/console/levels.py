"""Service levels of promises: how many were kept, against the objective of each definition.

Tallies (counts per UTC day) and the program in, one `Level` per definition out. Only *kept* counts
as good: a repaired, late, doubled or broken promise spends error budget (SRE workbook, chapter 2);
a void one counts for nothing. Pure.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from regard.console.records import Day, Level
from regard.core.program import Program, PromiseDefinition
from regard.core.rows import Tally

PROMISE_TALLY = "promise"
"""Tally name for promises reaching a status, the key; ``promise:<definition>`` for one of them."""
MESSAGE_TALLY = "message"
"""Tally name for what became of hand-overs; its key is the outcome."""
SILENCE_TALLY = "silence"
"""Tally name for silences; its key is the reason code."""
TOUCH_TALLY = "touch"
"""Tally name for events taken in; its key is the channel."""

ENDED = ("kept", "late", "repaired", "broken")
SPENDING = ("late", "repaired", "broken", "doubled")
"""A doubled promise was counted as kept before, so it is taken off the kept ones."""
STRIP_DAYS = 28


def since_day(now: datetime, days: int = STRIP_DAYS) -> str:
    """Return the first of the latest `days` UTC days as ``2026-03-03``."""
    return (now - timedelta(days=days - 1)).date().isoformat()


def days_needed(program: Program) -> int:
    """Return how many days of tallies the longest window asks for."""
    return max([STRIP_DAYS, *(p.window.days for p in program.promises.values())])


def service_levels(tallies: Iterable[Tally], program: Program, now: datetime) -> tuple[Level, ...]:
    """Return one level per definition of the program, spent ones first, then by title."""
    by_definition: dict[str, list[tuple[str, str, int]]] = defaultdict(list)
    for tally in tallies:
        name, _, definition = tally.name.partition(":")
        if name == PROMISE_TALLY and definition:
            by_definition[definition].append((tally.day, tally.key, tally.count))
    levels = [_level(d, by_definition[d.id], now) for d in program.promises.values()]
    return tuple(sorted(levels, key=lambda level: (level.state != "spent", level.title)))


def _level(
    definition: PromiseDefinition, counted: Sequence[tuple[str, str, int]], now: datetime
) -> Level:
    first = since_day(now, max(definition.window.days, 1))
    counts: Counter[str] = Counter()
    for day, status, count in counted:
        if day >= first:
            counts[status] += count
    spent = sum(counts[status] for status in SPENDING)
    ended = sum(counts[status] for status in ENDED)
    kept = max(counts["kept"] - counts["doubled"], 0)
    allowed = ended * (1 - definition.objective)
    return Level(
        definition=definition.id,
        title=definition.title,
        objective=definition.objective,
        window_days=definition.window.days,
        counts=dict(counts),
        ended_count=ended,
        share=kept / ended if ended else None,
        allowed_count=round(allowed, 2),
        spent_count=spent,
        state="idle" if not ended else "spent" if spent > allowed else "whole",
        days=_days(counted, now),
    )


def _days(counted: Sequence[tuple[str, str, int]], now: datetime) -> tuple[Day, ...]:
    by_day: dict[str, dict[str, int]] = defaultdict(dict)
    for day, status, count in counted:
        by_day[day][status] = by_day[day].get(status, 0) + count
    start = now - timedelta(days=STRIP_DAYS - 1)
    names = [(start + timedelta(days=i)).date().isoformat() for i in range(STRIP_DAYS)]
    return tuple(Day(day=name, counts=dict(by_day.get(name, {}))) for name in names)


def count_by_key(tallies: Iterable[Tally], name: str, first_day: str) -> dict[str, int]:
    """Return the counts of one tally name by key since `first_day`, largest first."""
    counts: Counter[str] = Counter()
    for tally in tallies:
        if tally.name == name and tally.day >= first_day:
            counts[tally.key] += tally.count
    return dict(counts.most_common())
