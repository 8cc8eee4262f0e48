"""Service levels of promises in the console: objectives, error budgets, burn rates, costs.

Counts of outcomes by time (never promises) and the program in, one `Level` per definition out,
the worst first. What counts as good, the windows and the burn rates are those of
`regard.promises`, which the alerts use too. Tallies of messages, silences and touches beside it.
"""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Callable, Iterable
from datetime import datetime, timedelta

from regard.console.moments import span
from regard.console.reasons import who_words
from regard.console.records import Cost, Costs, Day, Level
from regard.core.clock import EPOCH
from regard.core.flows import PromiseDefinition
from regard.core.ports import Reading, Registers, Runs
from regard.core.program import Program
from regard.core.rows import Tally
from regard.promises import ServiceLevel, read_levels

MESSAGE_TALLY = "message"
"""Tally name for what became of hand-overs; its key is the outcome."""
SILENCE_TALLY = "silence"
"""Tally name for silences; its key is the reason code."""
TOUCH_TALLY = "touch"
"""Tally name for events taken in; its key is the channel."""

STRIP_DAYS = 28
COSTING = ("broken", "late")
"""Outcomes that cost a promise its worth. A repaired one did not fail the customer, and one that
was kept twice was kept."""
PEOPLE_SHOWN = 4
PEOPLE_MAX = 200
"""People of one promise that are looked at; beyond it the count says how many there are."""

DAY = timedelta(days=1)


def since_day(now: datetime, days: int = STRIP_DAYS) -> str:
    """Return the first of the latest `days` UTC days as ``2026-03-03``."""
    return (now - timedelta(days=days - 1)).date().isoformat()


def service_levels(runs: Runs, program: Program, now: datetime) -> tuple[Level, ...]:
    """Return one level per definition: the least budget left first, idle ones last."""
    definitions = list(program.promises.values())
    days = _days(runs, now)
    found = [
        _level(definition, level, days(definition.id))
        for definition, level in zip(definitions, read_levels(runs, definitions, now), strict=True)
    ]
    return tuple(sorted(found, key=lambda v: (v.state == "idle", v.budget_left, v.title)))


def _level(definition: PromiseDefinition, level: ServiceLevel, days: tuple[Day, ...]) -> Level:
    count = level.count
    is_spent = level.budget_left < 0
    burn = max(level.burns, key=lambda b: min(b.long_rate, b.short_rate) / b.factor)
    return Level(
        definition=definition.id,
        title=definition.title,
        objective=definition.objective,
        window_days=definition.window.days,
        counts=level.statuses,
        ended_count=count.total,
        share=count.good / count.total if count.total else None,
        allowed_count=round(count.total * (1 - definition.objective), 2),
        spent_count=count.bad,
        state="idle" if not count.total else "spent" if is_spent else "whole",
        days=days,
        budget_left=round(level.budget_left, 4),
        burn_rate=round(min(burn.long_rate, burn.short_rate), 2),
        burn_over=span(burn.long),
        severity=level.severity,
    )


def _days(runs: Runs, now: datetime) -> Callable[[str], tuple[Day, ...]]:
    """Return the outcomes of a definition by UTC day, for the strip: the latest `STRIP_DAYS`."""
    first = _first_moment(now)
    names = [(first + DAY * i).date().isoformat() for i in range(STRIP_DAYS)]
    counts: dict[tuple[str, str], dict[str, int]] = defaultdict(dict)
    for row in runs.outcomes(first, DAY):
        counts[row.definition, row.since.date().isoformat()][row.status] = row.count

    def days_of(definition: str) -> tuple[Day, ...]:
        return tuple(Day(day=name, counts=counts.get((definition, name), {})) for name in names)

    return days_of


def _first_moment(now: datetime) -> datetime:
    return EPOCH + ((now - EPOCH) // DAY - STRIP_DAYS + 1) * DAY


def outcome_counts(runs: Runs, now: datetime) -> dict[str, int]:
    """Return how many promises of all definitions came to which status in `STRIP_DAYS` days."""
    counts: Counter[str] = Counter()
    for row in runs.outcomes(_first_moment(now)):
        counts[row.status] += row.count
    return dict(counts)


def costs(levels: Iterable[Level], reading: Reading, program: Program, now: datetime) -> Costs:
    """Return what promises cost that were broken or late in their windows, the dearest first."""
    found = []
    for level in levels:
        definition = program.promises[level.definition]
        counts = {status: level.counts.get(status, 0) for status in COSTING}
        if definition.worth and any(counts.values()):
            people = _people(reading.registers, definition, now - definition.window)
            found.append(
                Cost(
                    definition=definition.id,
                    title=definition.title,
                    window_days=level.window_days,
                    worth=definition.worth,
                    counts=counts,
                    cost=definition.worth * sum(counts.values()),
                    people=tuple(people[:PEOPLE_SHOWN]),
                    people_count=len(people),
                )
            )
    found.sort(key=lambda cost: (-cost.cost, cost.title))
    return Costs(
        currency=program.company.currency,
        total=sum(cost.cost for cost in found),
        items=tuple(found),
    )


def _people(
    registers: Registers, definition: PromiseDefinition, since: datetime
) -> list[tuple[str, str]]:
    """Return (person id, label) of those whom it failed, the latest first, each once."""
    rows = [
        row
        for status in COSTING
        for row in registers.promises(status, definition.id, PEOPLE_MAX, newest_first=True)
        if row.changed_at >= since
    ]
    rows.sort(key=lambda row: row.changed_at, reverse=True)
    labels: dict[str, str] = {}
    for row in rows:
        labels.setdefault(row.person_id, who_words(row.label, row.person_id))
    return list(labels.items())


def count_by_key(tallies: Iterable[Tally], name: str, first_day: str) -> dict[str, int]:
    """Return the counts of one tally name by key since `first_day`, largest first."""
    counts: Counter[str] = Counter()
    for tally in tallies:
        if tally.name == name and tally.day >= first_day:
            counts[tally.key] += tally.count
    return dict(counts.most_common())
