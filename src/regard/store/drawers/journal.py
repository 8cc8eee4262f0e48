"""The journal drawer."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence

from regard.core.errors import Broken
from regard.core.facts import Entry
from regard.store.drawers.link import Link
from regard.store.drawers.rows import entry_of, row_of
from regard.store.offsets import check_offsets


class SqlJournal:
    """Implements `core.storage.JournalDrawer`."""

    def __init__(self, link: Link) -> None:
        self._execute = link.execute
        self._keys = link.keys
        self._marks = link.marks
        self._clash = link.clash
        self._executemany = link.executemany
        self._sql = link.statements("journal")

    def known(self, keys: Sequence[bytes]) -> Mapping[bytes, int]:
        return dict(self._execute(self._sql["known"], {"keys": self._marks(keys)}))

    def append(self, entries: Sequence[Entry], keys: Sequence[bytes]) -> None:
        if len(keys) > len(entries):
            raise Broken(f"{len(keys)} keys came with only {len(entries)} entries.")
        if not entries:
            return
        check_offsets(self.last(), entries)
        try:
            marks = [(key, entry.offset) for key, entry in zip(keys, entries, strict=False)]
            self._executemany(self._sql["remember"], marks)
            self._executemany(self._sql["append"], [row_of(entry) for entry in entries])
        except self._clash as error:
            raise Broken(
                f"The journal refused entries from {entries[0].offset}: {error}."
            ) from error

    def inputs(self, after: int, limit: int) -> Sequence[Entry]:
        return [entry_of(row) for row in self._execute(self._sql["inputs"], (after, limit))]

    def last(self) -> int:
        return int(self._execute(self._sql["last"]).fetchone()[0])

    def of_identities(self, identities: Sequence[int], below_stamp: int) -> Sequence[Entry]:
        rows = self._execute(self._sql["of_identities"], (self._keys(identities),))
        entries = [entry_of(row) for row in rows]
        return sorted((e for e in entries if e.stamp < below_stamp), key=lambda e: e.stamp)

    def fresh(self, identities: Sequence[int], after: int) -> Collection[int]:
        """Return those of some identities on which inputs hang above an offset."""
        rows = self._execute(self._sql["fresh"], (self._keys(identities), after))
        return {row[0] for row in rows}

    def newest(self, identities: Sequence[int], below: int, limit: int) -> Sequence[Entry]:
        """Return the newest entries below an offset that hang on some identities."""
        query = (self._keys(identities), below, limit)
        return [entry_of(row) for row in self._execute(self._sql["newest_of_identities"], query)]

    def after(self, offset: int, limit: int) -> Sequence[Entry]:
        """Return entries above an offset, oldest first."""
        return [entry_of(row) for row in self._execute(self._sql["after"], (offset, limit))]
