"""Remarks about the engagement model: written with the registers, and read."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime

import msgspec

from regard.core.clock import from_us, to_us
from regard.core.event import ModelRemark
from regard.core.rows import RemarkRow
from regard.store.drawers.link import Link
from regard.store.encoding import encode

_remark = msgspec.json.Decoder(ModelRemark)


class SqlRemarks:
    """Implements `core.ports.Remarks`, and saves what it reads."""

    def __init__(self, link: Link) -> None:
        self._execute = link.execute
        self._executemany = link.executemany
        self._sql = link.statements("remarks")

    def save(self, remarks: Sequence[tuple[int, datetime, ModelRemark]]) -> None:
        """Save remarks under their place in the journal."""
        rows = [(offset, said.about, to_us(at), encode(said)) for offset, at, said in remarks]
        self._executemany(self._sql["save"], rows)

    def latest(self, about: str = "", limit: int = 200) -> Sequence[RemarkRow]:
        values = {"about": about, "limit": limit}
        rows = self._execute(self._sql["about" if about else "latest"], values)
        return [
            RemarkRow(offset=offset, at=from_us(at_us), remark=_remark.decode(body))
            for offset, at_us, body in rows
        ]
