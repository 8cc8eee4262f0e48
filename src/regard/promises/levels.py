"""Service levels: objectives, error budgets, and whether a budget burns too fast.

Counts of outcomes by time in, one `ServiceLevel` per promise definition out. Alerts are those of
the SRE workbook (Google 2018, chapter 5, "Alerting on SLOs", 6: multiwindow, multi-burn-rate):
both a long window and a short one of a twelfth must burn faster than a factor, so that an alert
comes soon, is worth its noise, and ends soon after the trouble does. The windows there are for an
objective over 30 days and are stretched to the window of the promise. Called by the loop's watch
and by the console.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta
from typing import NamedTuple

from regard.core.flows import PromiseDefinition
from regard.core.ports import Runs
from regard.promises.records import Burn, Count, ServiceLevel, Severity

BUCKET = timedelta(minutes=5)
"""Outcomes are counted in stretches of this: the shortest window that makes sense."""

MONTH = timedelta(days=30)
"""The window of the workbook's table."""

BUDGET_LEAST = 1e-6
"""An objective of 100 % leaves no budget; it is counted as one in a million, or nothing would be
a number."""

CALM_SHARE = 0.5
"""An alert ends when all short windows burn slower than this part of their factors. Ending right
below the factor would have it end and begin again every few minutes."""

NOT_COUNTED = frozenset({"void", "expected"})
"""Statuses that nobody waits for (any more, or yet): they are neither good nor bad."""

Statuses = Mapping[str, int]
Stretches = Mapping[timedelta, Mapping[str, Statuses]]
"""Counts by length of the stretch that ends now, by definition, by status."""


class Rule(NamedTuple):
    """Burning `factor` times too fast in both windows asks for attention."""

    severity: Severity
    factor: float
    long: timedelta
    short: timedelta


RULES = (
    Rule("page", 14.4, timedelta(hours=1), timedelta(minutes=5)),
    Rule("page", 6.0, timedelta(hours=6), timedelta(minutes=30)),
    Rule("ticket", 1.0, timedelta(days=3), timedelta(hours=6)),
)
"""Table 5-8 of the workbook: 2 % of the budget in an hour, 5 % in six, 10 % in three days."""


def rules_for(window: timedelta) -> tuple[Rule, ...]:
    """Return the rules stretched to an objective over `window`, in whole buckets, at least one."""
    return tuple(
        rule._replace(long=_stretched(rule.long, window), short=_stretched(rule.short, window))
        for rule in RULES
    )


def read_levels(
    runs: Runs, definitions: Iterable[PromiseDefinition], now: datetime
) -> list[ServiceLevel]:
    """Return the level of every definition at `now`, in their order.

    One sum over the counts for every distinct length of a window; never over promises.
    """
    wanted = list(definitions)
    lengths = {length for definition in wanted for length in lengths_of(definition)}
    stretches = {length: _statuses(runs, now - length) for length in sorted(lengths)}
    return [level_of(definition, stretches) for definition in wanted]


def lengths_of(definition: PromiseDefinition) -> set[timedelta]:
    """Return the lengths of all windows that the level of a definition asks for."""
    rules = rules_for(definition.window)
    return {definition.window, *(length for rule in rules for length in (rule.long, rule.short))}


def level_of(definition: PromiseDefinition, stretches: Stretches) -> ServiceLevel:
    """Return the level of a definition from the counts of all its windows."""

    def counted(length: timedelta) -> Count:
        return count_of(definition, stretches[length].get(definition.id, {}))

    burns = []
    for rule in rules_for(definition.window):
        long, short = counted(rule.long), counted(rule.short)
        burns.append(
            Burn(
                severity=rule.severity,
                factor=rule.factor,
                long=rule.long,
                short=rule.short,
                long_rate=rate_of(definition, long),
                short_rate=rate_of(definition, short),
                long_bad=long.bad,
            )
        )
    count = counted(definition.window)
    return ServiceLevel(
        promise=definition.id,
        objective=definition.objective,
        window=definition.window,
        count=count,
        statuses=dict(stretches[definition.window].get(definition.id, {})),
        budget_left=1 - rate_of(definition, count),
        burns=tuple(burns),
        severity=_severity(definition, burns),
    )


def has_calmed(level: ServiceLevel, severity: Severity) -> bool:
    """Return whether an alert of `severity` is over: its short windows are well below."""
    burns = [burn for burn in level.burns if burn.severity == severity]
    return all(burn.short_rate < CALM_SHARE * burn.factor for burn in burns)


def count_of(definition: PromiseDefinition, statuses: Statuses) -> Count:
    """Return which of the statuses are good and which failed by the definition's own word.

    A miss counts as failed at once, while it is being repaired; what becomes of it corrects that.
    """
    good = sum(n for status, n in statuses.items() if status in definition.good)
    skipped = sum(n for status, n in statuses.items() if status in NOT_COUNTED)
    return Count(good=good, bad=sum(statuses.values()) - good - skipped)


def rate_of(definition: PromiseDefinition, count: Count) -> float:
    """Return how many times faster than allowed promises failed (0.0: none, or none ended)."""
    if not count.bad:
        return 0.0
    return count.bad / count.total / max(1 - definition.objective, BUDGET_LEAST)


def _severity(definition: PromiseDefinition, burns: Iterable[Burn]) -> Severity:
    """Return the gravest severity of which a pair of windows burns, few failures apart.

    The workbook's low-traffic rule: one failure of two promises is a rate and no trend.
    """
    for burn in burns:
        is_too_fast = min(burn.long_rate, burn.short_rate) >= burn.factor
        if is_too_fast and burn.long_bad >= definition.failed_min:
            return burn.severity
    return ""


def _stretched(length: timedelta, window: timedelta) -> timedelta:
    exact = length * (window / MONTH)
    return max(-(-exact // BUCKET), 1) * BUCKET


def _statuses(runs: Runs, since: datetime) -> dict[str, dict[str, int]]:
    found: dict[str, dict[str, int]] = {}
    for row in runs.outcomes(since):
        found.setdefault(row.definition, {})[row.status] = row.count
    return found
