"""The journal drawer of the in-memory store."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Collection, Mapping, Sequence
from heapq import nlargest

from regard.core.errors import Broken
from regard.core.facts import Entry
from regard.store.memory.tables import Tables, UndoLog
from regard.store.offsets import check_offsets


class MemoryJournal:
    """Implements `core.storage.JournalDrawer`."""

    def __init__(self, tables: Tables, log: UndoLog) -> None:
        self._tables = tables
        self._log = log

    def known(self, keys: Sequence[bytes]) -> Mapping[bytes, int]:
        table = self._tables.keys
        return {key: table[key] for key in keys if key in table}

    def append(self, entries: Sequence[Entry], keys: Sequence[bytes]) -> None:
        if len(keys) > len(entries):
            raise Broken(f"{len(keys)} keys came with only {len(entries)} entries.")
        check_offsets(self.last(), entries)
        tables, log = self._tables, self._log
        for key, entry in zip(keys, entries, strict=False):
            if key in tables.keys:
                raise Broken(f"The journal refused entry {entry.offset}: its key is known.")
            log.put(tables.keys, key, entry.offset)
        for entry in entries:
            log.push(tables.entries, entry)
            log.push_under(tables.by_identity, entry.identity, entry.offset)
            if not entry.cause:
                log.push(tables.inputs, entry.offset)

    def inputs(self, after: int, limit: int) -> Sequence[Entry]:
        start = bisect_right(self._tables.inputs, after)
        entries = self._tables.entries
        return [entries[offset - 1] for offset in self._tables.inputs[start : start + limit]]

    def last(self) -> int:
        return len(self._tables.entries)

    def of_identities(self, identities: Sequence[int], below_stamp: int) -> Sequence[Entry]:
        entries, by_identity = self._tables.entries, self._tables.by_identity
        offsets = sorted(o for i in set(identities) for o in by_identity.get(i, ()))
        found = (entries[offset - 1] for offset in offsets)
        return sorted((e for e in found if e.stamp < below_stamp), key=lambda e: e.stamp)

    def fresh(self, identities: Sequence[int], after: int) -> Collection[int]:
        """Return those of some identities on which inputs hang above an offset."""
        entries, by_identity = self._tables.entries, self._tables.by_identity
        return {
            identity
            for identity in identities
            if (own := by_identity.get(identity)) is not None
            and any(not entries[o - 1].cause for o in own[bisect_right(own, after) :])
        }

    def newest(self, identities: Sequence[int], below: int, limit: int) -> Sequence[Entry]:
        """Return the newest entries below an offset that hang on some identities."""
        entries, by_identity = self._tables.entries, self._tables.by_identity
        offsets: list[int] = []
        for identity in set(identities):
            own = by_identity.get(identity, [])
            end = bisect_left(own, below)
            offsets += own[max(end - limit, 0) : end]
        return [entries[offset - 1] for offset in nlargest(limit, offsets)]

    def after(self, offset: int, limit: int) -> Sequence[Entry]:
        """Return entries above an offset, oldest first."""
        start = max(offset, 0)
        return self._tables.entries[start : start + limit]
