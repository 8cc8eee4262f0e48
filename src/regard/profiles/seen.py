"""How often and when events were seen: exact counts, the latest moments, the last facts.

An event in, its `Seen` moved on; two of them in, their sum out. Both in any order.
"""

from __future__ import annotations

from collections.abc import Mapping
from heapq import merge
from itertools import islice
from typing import Any

from regard.core.clock import to_us
from regard.core.event import Event
from regard.core.person import RECENT_MAX, Seen
from regard.core.signal import Signal
from regard.profiles.limits import EVENT_NAMES_MAX, FACTS_BYTES_MAX, NAME_CHARS_MAX, fits


def with_event(
    current: dict[str, Seen], event: Event | Signal, stamp: int
) -> tuple[dict[str, Seen], tuple[str, ...]]:
    """Return `current` with one more event, and the limits that it reached."""
    name, facts = event.name, event.facts
    if len(name) > NAME_CHARS_MAX:
        return current, ("event_names",)
    reached: tuple[str, ...] = ()
    if facts and not fits(facts, FACTS_BYTES_MAX):
        facts = {}
        reached = ("facts_size",)
    old = current.get(name)
    seen = _once(event, facts, stamp) if old is None else _again(old, event, facts, stamp)
    merged = {**current, name: seen}
    return (merged, reached) if len(merged) <= EVENT_NAMES_MAX else _bounded(merged, reached)


def with_seen(
    current: dict[str, Seen], other: Mapping[str, Seen]
) -> tuple[dict[str, Seen], tuple[str, ...]]:
    """Return the sum of two people's events, and the limits that it reached."""
    merged = dict(current)
    for name, seen in other.items():
        old = merged.get(name)
        merged[name] = seen if old is None else _sum(old, seen)
    return _bounded(merged, ())


def _once(event: Event | Signal, facts: dict[str, Any], stamp: int) -> Seen:
    return Seen(1, event.at, event.at, (to_us(event.at),), facts, stamp)


def _again(old: Seen, event: Event | Signal, facts: dict[str, Any], stamp: int) -> Seen:
    at = event.at
    if at < old.last_at or (at == old.last_at and stamp < old.stamp):
        return _sum(old, _once(event, facts, stamp))
    recent = (to_us(at), *old.recent_us)
    if len(recent) > RECENT_MAX:
        recent = recent[:RECENT_MAX]
    return Seen(old.count + 1, old.first_at, at, recent, facts, stamp)


def _sum(left: Seen, right: Seen) -> Seen:
    if (left.last_at, left.stamp) < (right.last_at, right.stamp):
        left, right = right, left
    recent = islice(merge(left.recent_us, right.recent_us, reverse=True), RECENT_MAX)
    return Seen(
        left.count + right.count,
        min(left.first_at, right.first_at),
        left.last_at,
        tuple(recent),
        left.facts,
        left.stamp,
    )


def _bounded(
    merged: dict[str, Seen], reached: tuple[str, ...]
) -> tuple[dict[str, Seen], tuple[str, ...]]:
    if len(merged) <= EVENT_NAMES_MAX:
        return merged, reached
    kept = {name: merged[name] for name in sorted(merged)[:EVENT_NAMES_MAX]}
    return kept, (*reached, "event_names")
