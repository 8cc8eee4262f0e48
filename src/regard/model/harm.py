"""Writing a disconnect down: whom it hurts and what it costs, from the numbers that are stated.

A need comes up so many times a year, so much is at stake each time, so much of it is lost when it
goes wrong: their product is the opportunity, as a range. Nothing is added that nobody stated.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from regard.core.model import NOTHING, Disconnect, Model, Need, Range, Trouble


def report(
    model: Model,
    trouble: Trouble,
    name: str,
    title: str,
    path: Iterable[str],
    *,
    needs: Sequence[Need],
    running: Range = NOTHING,
    share: float = 1.0,
    customers: Sequence[str] = (),
) -> Disconnect:
    """Return the disconnect; `share` is the part of the needs' occurrences that it hurts."""
    hurt = customers or [c for c in model.customers if any(c in need.customers for need in needs)]
    at_stake = total(need.per_year.times(need.worth).times(need.at_risk) for need in needs)
    return Disconnect(
        id=f"{trouble}:{name}",
        trouble=trouble,
        title=title,
        path=tuple(dict.fromkeys(path)),
        needs=tuple(need.id for need in needs),
        customers=tuple(hurt),
        opportunity=at_stake.times(Range(low=share, high=share)),
        running=running,
    )


def share_of(model: Model, customer: str, needs: Sequence[Need]) -> float:
    """Return the part that one customer type is of all who have the needs, by their numbers."""
    having = {c for need in needs for c in need.customers}
    count = sum(model.customers[c].count for c in having)
    return model.customers[customer].count / count if count else 1 / len(having)


def share_on(needs: Sequence[Need], channels: Iterable[str]) -> float:
    """Return the part of the needs' occurrences on some channels, spread evenly over their own."""
    wanted = {*channels}
    parts = [len(wanted & {*need.channels}) / len(need.channels) for need in needs if need.channels]
    return sum(parts) / len(parts) if parts else 1.0


def total(ranges: Iterable[Range]) -> Range:
    """Return the sum of ranges."""
    found = NOTHING
    for one in ranges:
        found = found.plus(one)
    return found
