"""Who is in which audience, in memory: written with the persons, and read."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from heapq import nlargest, nsmallest

from regard.core.rows import MemberRow
from regard.store.memory.tables import Tables, UndoLog


def save_memberships(
    tables: Tables,
    log: UndoLog,
    person_id: str,
    before: Mapping[str, datetime],
    after: Mapping[str, datetime],
) -> None:
    """Change the register from what a person's memberships were to what they are."""
    members = tables.audience_members
    for audience in before.keys() - after.keys():
        log.drop(members[audience], person_id)
    for audience, since in after.items():
        if before.get(audience) != since:
            if audience not in members:
                log.put(members, audience, {})
            log.put(members[audience], person_id, since)


class MemoryAudiences:
    """Implements `core.ports.Audiences`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def counts(self) -> Mapping[str, int]:
        table = self._tables.audience_members
        return {audience: len(table[audience]) for audience in sorted(table) if table[audience]}

    def members(self, audience: str, after: str = "", limit: int = 200) -> Sequence[MemberRow]:
        found = self._tables.audience_members.get(audience, {})
        return self._rows(found, nsmallest(limit, (p for p in found if p > after)))

    def latest(self, audience: str, limit: int = 200) -> Sequence[MemberRow]:
        found = self._tables.audience_members.get(audience, {})
        return self._rows(found, nlargest(limit, found, key=lambda p: (found[p], p)))

    def _rows(self, found: Mapping[str, datetime], ids: Iterable[str]) -> list[MemberRow]:
        persons = self._tables.persons
        return [MemberRow(person_id=p, label=persons[p].label, since=found[p]) for p in ids]
