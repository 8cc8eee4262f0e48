"""Who is in which audience,."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from regard.core.clock import from_us
from regard.core.rows import MemberRow
from regard.store.drawers.link import Link
from regard.store.drawers.rows import Row


class SqlAudiences:
    """Implements `core.ports.Audiences`."""

    def __init__(self, link: Link) -> None:
        self._execute = link.execute
        self._sql = link.statements("reading")

    def counts(self) -> Mapping[str, int]:
        return dict(self._execute(self._sql["count_members"]).fetchall())

    def members(self, audience: str, after: str = "", limit: int = 200) -> Sequence[MemberRow]:
        rows = self._execute(self._sql["members_of"], (audience, after, limit))
        return [_member(row) for row in rows]

    def latest(self, audience: str, limit: int = 200) -> Sequence[MemberRow]:
        rows = self._execute(self._sql["latest_members"], (audience, limit))
        return [_member(row) for row in rows]


def _member(row: Row) -> MemberRow:
    return MemberRow(person_id=row[0], label=row[1], since=from_us(row[2]))
