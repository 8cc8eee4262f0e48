"""Rollouts and published programs in memory: written with the registers, walked, and read."""

from __future__ import annotations

from collections import Counter
from collections.abc import Mapping, Sequence
from datetime import datetime
from heapq import nlargest, nsmallest

from regard.core.event import ProgramPublished, RolloutChanged
from regard.core.rows import UNDER_WAY, MessageState, RolloutProgress, RolloutRow, VersionRow
from regard.store.memory.tables import Tables, UndoLog
from regard.store.progress import FAILED, progress_of, tally_name


class MemoryRollouts:
    """Implements `core.storage.RolloutDrawer`."""

    def __init__(self, tables: Tables, log: UndoLog) -> None:
        self._tables = tables
        self._log = log

    def running(self) -> Sequence[RolloutChanged]:
        found = [
            row.change for row in self._tables.rollouts.values() if row.change.status == "running"
        ]
        return sorted(found, key=lambda change: (change.started_at, change.rollout_id))

    def find(self, rollout_ids: Sequence[str]) -> Mapping[str, RolloutChanged]:
        table = self._tables.rollouts
        return {name: table[name].change for name in rollout_ids if name in table}

    def walk(self, after: str, limit: int) -> Sequence[str]:
        return _walked(self._tables, after, limit)

    def said(
        self, rollout_id: str, channel: str, address: str, message_id: str
    ) -> tuple[MessageState, datetime] | None:
        messages = self._tables.messages
        others = [
            messages[other].row
            for other in self._tables.said.get((rollout_id, channel, address), ())
            if other != message_id
        ]
        own = messages[message_id].row.number if message_id in messages else 0
        ahead = [
            row
            for row in others
            if row.state not in FAILED and (row.state != "queued" or row.number < own)
        ]
        first = min(ahead, key=lambda row: (row.state in UNDER_WAY, row.number), default=None)
        return None if first is None else (first.state, first.not_before)

    def keep_program(self, program_hash: str, archive: bytes) -> None:
        self._log.put(self._tables.programs, program_hash, archive)

    def save(
        self,
        rollouts: Sequence[tuple[datetime, RolloutChanged]],
        versions: Sequence[tuple[int, datetime, ProgramPublished]],
    ) -> None:
        """Save changes in their order."""
        tables, log = self._tables, self._log
        for at, change in rollouts:
            log.put(tables.rollouts, change.rollout_id, RolloutRow(change=change, changed_at=at))
        for offset, at, published in versions:
            row = VersionRow(offset=offset, at=at, published=published)
            log.put(tables.versions, offset, row)


class MemoryRolloutsRead:
    """Implements `core.ports.Rollouts`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def latest(self, rollout_id: str = "", limit: int = 200) -> Sequence[RolloutRow]:
        table = self._tables.rollouts
        if rollout_id:
            return [table[rollout_id]] if rollout_id in table else []
        return nlargest(
            limit, table.values(), key=lambda r: (r.change.started_at, r.change.rollout_id)
        )

    def progress(self, row: RolloutRow) -> RolloutProgress:
        name = tally_name(row.change.rollout_id)
        counts: Counter[str] = Counter()
        for (_, counted, key), count in self._tables.tallies.items():
            if counted == name:
                counts[key] += count
        states: Counter[tuple[str, str]] = Counter()
        for message_id in self._tables.messages_of.get(row.change.rollout_id, ()):
            message = self._tables.messages[message_id].row
            states[message.state, message.reason] += 1
        return progress_of(counts, states)

    def walk(self, after: str, limit: int) -> Sequence[str]:
        return _walked(self._tables, after, limit)

    def versions(self, limit: int = 200) -> Sequence[VersionRow]:
        return nlargest(limit, self._tables.versions.values(), key=lambda row: row.offset)

    def program(self, program_hash: str) -> bytes | None:
        return self._tables.programs.get(program_hash)


def _walked(tables: Tables, after: str, limit: int) -> list[str]:
    return nsmallest(limit, (person_id for person_id in tables.persons if person_id > after))
