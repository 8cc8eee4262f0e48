"""What was said about who somebody is, for whoever reads their timeline.

Acts of a person in, journal entries out. An act hangs on the first identifier that it names, and so
do the facts that it brought; whoever else it is about is told of it as well.
"""

from __future__ import annotations

from collections.abc import Sequence

from regard.core.facts import Entry, EvidenceRefused, IdentityShared, PersonsMerged, PersonSplit
from regard.core.graph import Ruling
from regard.core.ports import Reading

IDENTITY_FACTS = PersonsMerged | PersonSplit | IdentityShared | EvidenceRefused
ACTS_MAX = 20
"""Acts of one person of which is told what came of them; each is one look into the journal."""
FOLLOWING_MAX = 200
"""Entries behind an act that are looked through for what came of it."""


def said(
    acts: Sequence[tuple[Ruling, bool]], after: int, before: int, reading: Reading
) -> list[Entry]:
    """Return what was said of a person from `after` to below `before` (0: to the end).

    Each act comes with the facts that it brought.
    """
    inside = [r.offset for r, _ in acts if after <= r.offset and (not before or r.offset < before)]
    return [entry for offset in inside[:ACTS_MAX] for entry in with_facts(offset, reading)]


def with_facts(offset: int, reading: Reading) -> list[Entry]:
    """Return an act by its offset, and the facts about who is who that came of it."""
    found = [entry for entry, _, _ in reading.tail.after(offset - 1, FOLLOWING_MAX)]
    return [
        entry
        for entry in found
        if entry.offset == offset
        or (entry.cause == offset and isinstance(entry.body, IDENTITY_FACTS))
    ]
