"""What no rebuild can make, in memory, as the rows that tables of a database hold."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from datetime import UTC, datetime
from typing import Any

import msgspec

from regard.core.clock import from_us, to_us
from regard.core.rows import Aged, Content, Dated, Rejected, SourceRow
from regard.core.storage import Kept, KeptRow, Key, Renewed
from regard.store.drawers.rows import entry_of, row_of
from regard.store.encoding import digest_of, encode
from regard.store.memory.tables import Tables, UndoLog

_content = msgspec.json.Decoder(Content)


class MemoryBelongings:
    """Implements `core.storage.Belongings`."""

    def __init__(self, tables: Tables, log: UndoLog) -> None:
        self._tables = tables
        self._log = log

    def page(self, kind: Kept, after: Key, limit: int) -> Sequence[KeptRow]:
        rows = (row for row in _rows(self._tables, kind) if _is_above(row[0], after))
        return sorted(rows, key=lambda row: row[0])[:limit]

    def put(self, kind: Kept, rows: Sequence[KeptRow]) -> None:
        known = {row[0] for row in _rows(self._tables, kind)}
        for row in rows:
            if row[0] not in known:
                self._put(kind, row)

    def clear(self, kind: Renewed) -> None:
        table: Any = getattr(self._tables, _TABLES[kind])
        if isinstance(table, list):
            self._log.cut(table, table.copy())
        else:
            for key in list(table):
                self._log.drop(table, key)

    def digest(self, kind: Kept) -> str:
        return digest_of(sorted(_rows(self._tables, kind), key=lambda row: row[0]))

    def shed(self, kind: Dated, before: datetime, limit: int) -> int:
        tables, log = self._tables, self._log
        if kind == "content":
            old = [c for c in tables.contents.values() if c.handed_at < before]
            old = sorted(old, key=lambda content: content.handed_at)[:limit]
            for content in old:
                log.drop(tables.contents, content.message_id)
            return len(old)
        items = [item for item in tables.rejected if item.at < before][:limit]
        log.cut(tables.rejected, items)
        return len(items)

    def _put(self, kind: Kept, row: KeptRow) -> None:
        tables, log = self._tables, self._log
        match kind:
            case "journal":
                entry = entry_of(row)
                log.push(tables.entries, entry)
                log.push_under(tables.by_identity, entry.identity, entry.offset)
                if not entry.cause:
                    log.push(tables.inputs, entry.offset)
            case "key":
                log.put(tables.keys, row[0], row[1])
            case "content":
                log.put(tables.contents, row[0], _content.decode(row[2]))
            case "program":
                log.put(tables.programs, row[0], row[1])
            case "rejected":
                log.push(tables.rejected, _rejected_of(row))
            case "source":
                log.put(tables.sources, row[0], _source_of(row))


class MemoryMarks:
    """Implements `core.storage.Marks`."""

    def __init__(self, tables: Tables, log: UndoLog) -> None:
        self._tables = tables
        self._log = log

    def get(self, name: str) -> str:
        return self._tables.marks.get(name, "")

    def set(self, name: str, value: str) -> None:
        if value:
            self._log.put(self._tables.marks, name, value)
        else:
            self._log.drop(self._tables.marks, name)

    def outrank(self, token: int) -> None:
        """Nothing: what is in memory is opened anew by nobody whose token could be taken."""


class MemoryShelf:
    """Implements `core.ports.Shelf`."""

    def __init__(self, tables: Tables) -> None:
        self._tables = tables

    def aged(self, kind: Dated, before: datetime) -> Sequence[Aged]:
        moments = (
            [content.handed_at for content in self._tables.contents.values()]
            if kind == "content"
            else [item.at for item in self._tables.rejected]
        )
        days = Counter(str(at.astimezone(UTC).date()) for at in moments if at < before)
        return [Aged(day=day, count=count) for day, count in sorted(days.items())]


_TABLES = {
    "content": "contents",
    "program": "programs",
    "rejected": "rejected",
    "source": "sources",
}


def _rows(tables: Tables, kind: Kept) -> list[KeptRow]:
    match kind:
        case "journal":
            return [tuple(row_of(entry)) for entry in tables.entries]
        case "key":
            return list(tables.keys.items())
        case "content":
            return [(c.message_id, to_us(c.handed_at), encode(c)) for c in tables.contents.values()]
        case "program":
            return list(tables.programs.items())
        case "rejected":
            return [
                (r.number, r.source, to_us(r.at), r.code, r.message, r.item)
                for r in tables.rejected
            ]
        case "source":
            return [
                (
                    *(s.source, s.accepted_count, s.duplicate_count, s.rejected_count),
                    None if s.last_at is None else to_us(s.last_at),
                )
                for s in tables.sources.values()
            ]


def _is_above(key: Any, after: Key) -> bool:
    return bool(key > after)


def _rejected_of(row: KeptRow) -> Rejected:
    return Rejected(
        number=row[0],
        source=row[1],
        at=from_us(row[2]),
        code=row[3],
        message=row[4],
        item=row[5],
    )


def _source_of(row: KeptRow) -> SourceRow:
    return SourceRow(
        source=row[0],
        accepted_count=row[1],
        duplicate_count=row[2],
        rejected_count=row[3],
        last_at=None if row[4] is None else from_us(row[4]),
    )
