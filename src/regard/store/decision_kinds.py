"""The kinds of decisions as stores keep them: one text each, so that one index finds them all.

A decision in, its key out, and back; what a batch adds to the counts. Kinds are few (some hundreds:
engagements by reasons by channels), so a question is answered kind by kind.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import datetime
from heapq import nlargest

from msgspec import structs

from regard.core.facts import Decided, Entry
from regard.core.rows import DecisionKind, DecisionRow

Made = tuple[int, int, datetime, Decided]
"""Offset, identity, moment and decision, as they are projected."""

_BETWEEN = "|"


def key_of(decided: Decided) -> str:
    """Return the key of a decision's kind."""
    candidate = decided.candidate
    parts = (
        candidate.engagement,
        decided.verdict,
        decided.reason,
        decided.channel,
        candidate.origin,
    )
    return _BETWEEN.join(parts)


def kind_of(key: str) -> DecisionKind:
    """Return the kind behind a key."""
    engagement, verdict, reason, channel, origin = key.rsplit(_BETWEEN, 4)
    return DecisionKind(
        engagement=engagement, verdict=verdict, reason=reason, channel=channel, origin=origin
    )


def bounds_of(engagement: str) -> tuple[str, str]:
    """Return between what the keys of an engagement lie: from the first on, before the second."""
    return f"{engagement}{_BETWEEN}", f"{engagement}{chr(ord(_BETWEEN) + 1)}"


def matching(keys: Iterable[str], wanted: DecisionKind) -> list[str]:
    """Return the keys of the kinds that are asked for."""
    asked = [(place, value) for place, value in enumerate(structs.astuple(wanted)) if value]
    found = []
    for key in keys:
        parts = key.rsplit(_BETWEEN, 4)
        if all(parts[place] == value for place, value in asked):
            found.append(key)
    return found


def counted(decisions: Iterable[Made]) -> list[tuple[str, str, int, int]]:
    """Return what decisions add to the counts: day, key, decisions, those about something new."""
    counts: Counter[tuple[str, str]] = Counter()
    new: Counter[tuple[str, str]] = Counter()
    for _, _, at, decided in decisions:
        place = at.date().isoformat(), key_of(decided)
        counts[place] += 1
        new[place] += not decided.candidate.held_id
    return [(*place, count, new[place]) for place, count in sorted(counts.items())]


def rows_of(entries: Sequence[Entry], named: Sequence[tuple[str, str]]) -> list[DecisionRow]:
    """Return the rows of entries that are decisions; `named` says (person id, label) of each."""
    return [
        DecisionRow(
            number=entry.offset,
            at=entry.received_at,
            person_id=person_id,
            label=label,
            decision=entry.body,
            cause=entry.cause,
        )
        for entry, (person_id, label) in zip(entries, named, strict=True)
        if isinstance(entry.body, Decided)
    ]


def newest(found: Iterable[int], limit: int) -> list[int]:
    """Return the highest of some offsets, the highest first."""
    return nlargest(limit, found)
