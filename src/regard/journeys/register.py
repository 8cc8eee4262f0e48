"""The runs of one person as the fold of their changes: the latest stamp wins per run.

Active runs are always kept; of the ended ones the newest, and the newest of every journey for as
long as the person lives: a once-only journey must remember that it was walked.
"""

from __future__ import annotations

from collections.abc import Mapping

from regard.core.facts import RunChanged
from regard.core.person import RunState

ENDED_MAX = 50
"""Ended runs a person keeps besides the newest of each journey; the rest is in the journal.
Active ones are bounded where they start (`starting.ACTIVE_MAX`)."""

ACTIVE = ("waiting", "offering")


def is_active(change: RunChanged) -> bool:
    """Return whether a run still has steps before it."""
    return change.status in ACTIVE


def with_states(
    current: Mapping[str, RunState], other: Mapping[str, RunState]
) -> dict[str, RunState]:
    """Return the latest state of every run, bounded. Commutative and associative."""
    merged = dict(current)
    for run_id, state in other.items():
        old = merged.get(run_id)
        if old is None or state.stamp > old.stamp:
            merged[run_id] = state
    if len(merged) <= ENDED_MAX:
        return merged
    ended = [key for key, state in merged.items() if not is_active(state.change)]
    ended.sort(key=lambda key: merged[key].stamp, reverse=True)
    remembered: set[str] = set()
    for place, key in enumerate(ended):
        journey = merged[key].change.journey
        if place >= ENDED_MAX and journey in remembered:
            del merged[key]
        remembered.add(journey)
    return merged
