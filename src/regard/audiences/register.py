"""The memberships of one person as the fold of their changes: the latest stamp wins by audience.

Whoever is a member somewhere, or waits for a moment, is always kept; of the rest the newest.
"""

from __future__ import annotations

from collections.abc import Mapping

from regard.core.facts import AudienceChanged
from regard.core.person import AudienceState

OUTSIDE_MAX = 500
"""Audiences that a person left which are remembered; the journal has the others."""


def with_states(
    current: Mapping[str, AudienceState], other: Mapping[str, AudienceState]
) -> dict[str, AudienceState]:
    """Return the latest state by audience, bounded. Commutative and associative."""
    merged = dict(current)
    for audience, state in other.items():
        old = merged.get(audience)
        if old is None or state.stamp > old.stamp:
            merged[audience] = state
    if len(merged) > OUTSIDE_MAX:
        outside = [key for key, state in merged.items() if not is_alive(state.change)]
        outside.sort(key=lambda key: (merged[key].stamp, key), reverse=True)
        for key in outside[OUTSIDE_MAX:]:
            del merged[key]
    return merged


def is_alive(change: AudienceChanged) -> bool:
    """Return whether the person is a member, or a moment is waited for."""
    return change.is_member or change.wake_at is not None
