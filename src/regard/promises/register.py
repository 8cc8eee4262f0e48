"""The promises of one person as the fold of their changes: the latest stamp wins per promise.

Open promises are always kept; of the ended ones the newest stay, the rest is in the journal.
"""

from __future__ import annotations

from collections.abc import Mapping

from regard.core.facts import OPEN_PROMISE, PromiseChanged
from regard.core.person import PromiseState

ENDED_MAX = 50
"""Ended promises a person keeps: enough to recognise a repeated trigger, a late receipt or a
bounce months later. Open ones are bounded where they are made (`making.OPEN_MAX`)."""


def is_open(change: PromiseChanged) -> bool:
    """Return whether a promise still awaits its outcome."""
    return change.status in OPEN_PROMISE


def with_states(
    current: Mapping[str, PromiseState], other: Mapping[str, PromiseState]
) -> dict[str, PromiseState]:
    """Return the latest state of every promise, bounded. Commutative and associative."""
    merged = dict(current)
    for promise_id, state in other.items():
        old = merged.get(promise_id)
        if old is None or state.stamp > old.stamp:
            merged[promise_id] = state
    if len(merged) <= ENDED_MAX:
        return merged
    ended = [key for key, state in merged.items() if not is_open(state.change)]
    ended.sort(key=lambda key: merged[key].stamp, reverse=True)
    for key in ended[ENDED_MAX:]:
        del merged[key]
    return merged
