"""Remarks about the engagement model in memory: written with the registers, and read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from heapq import nlargest

from regard.core.event import ModelRemark
from regard.core.rows import RemarkRow
from regard.store.memory.tables import Tables, UndoLog


class MemoryRemarks:
    """Implements `core.ports.Remarks`, and saves what it reads."""

    def __init__(self, tables: Tables, log: UndoLog) -> None:
        self._tables = tables
        self._log = log

    def save(self, remarks: Sequence[tuple[int, datetime, ModelRemark]]) -> None:
        """Save remarks under their place in the journal."""
        for offset, at, said in remarks:
            if offset not in self._tables.remarks:
                row = RemarkRow(offset=offset, at=at, remark=said)
                self._log.put(self._tables.remarks, offset, row)

    def latest(self, about: str = "", limit: int = 200) -> Sequence[RemarkRow]:
        rows = (r for r in self._tables.remarks.values() if about in ("", r.remark.about))
        return nlargest(limit, rows, key=lambda row: row.offset)
