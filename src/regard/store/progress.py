"""How far a rollout has come, out of what the registers counted; both stores answer through it."""

from __future__ import annotations

from collections.abc import Mapping

from regard.core.rows import RolloutProgress

FAILED = ("refused", "dead", "withdrawn")
"""States of a message that touched nobody; each has its reason."""

SILENCE = "silence:"


def tally_name(rollout_id: str) -> str:
    """Return the name under which tallies count what became of people that a rollout reached."""
    return f"rollout:{rollout_id}"


def progress_of(
    counts: Mapping[str, int], states: Mapping[tuple[str, str], int]
) -> RolloutProgress:
    """Return the progress of tallies (by key) and of messages (by state and reason)."""
    silences = {
        key.removeprefix(SILENCE): count
        for key, count in sorted(counts.items())
        if key.startswith(SILENCE) and count
    }
    messages: dict[str, int] = {}
    failures: dict[str, int] = {}
    for (state, reason), count in sorted(states.items()):
        messages[state] = messages.get(state, 0) + count
        if state in FAILED:
            failures[reason] = failures.get(reason, 0) + count
    return RolloutProgress(
        reached=counts.get("reached", 0),
        held=counts.get("held", 0),
        silences=silences,
        messages=messages,
        failures=failures,
    )
