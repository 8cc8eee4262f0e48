"""What no rebuild can make, as plain rows: read and written by a move, cut by retention."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime, timedelta

from regard.core.clock import to_us
from regard.core.rows import Aged, Dated
from regard.core.storage import BEGINNINGS, Kept, KeptRow, Key, Renewed
from regard.store.drawers.link import Link
from regard.store.encoding import digest_of

PAGE = 2_000
"""Rows read at once to hash them: some megabytes."""

_EPOCH = date(1970, 1, 1)


class SqlBelongings:
    """Implements `core.storage.Belongings`; `forget` makes the drawers forget the journal's end."""

    def __init__(self, link: Link, forget: Callable[[], None]) -> None:
        self._forget = forget
        self._execute = link.execute
        self._executemany = link.executemany
        self._sql = link.statements("belongings")

    def page(self, kind: Kept, after: Key, limit: int) -> Sequence[KeptRow]:
        return [tuple(row) for row in self._execute(self._sql[f"page_{kind}"], (after, limit))]

    def put(self, kind: Kept, rows: Sequence[KeptRow]) -> None:
        self._executemany(self._sql[f"put_{kind}"], rows)
        if kind == "journal":
            self._forget()

    def clear(self, kind: Renewed) -> None:
        self._execute(self._sql[f"clear_{kind}"])

    def digest(self, kind: Kept) -> str:
        return digest_of(self._rows(kind))

    def shed(self, kind: Dated, before: datetime, limit: int) -> int:
        return self._execute(self._sql[f"shed_{kind}"], (to_us(before), limit)).rowcount

    def _rows(self, kind: Kept) -> Iterator[KeptRow]:
        page = self.page(kind, BEGINNINGS[kind], PAGE)
        while page:
            yield from page
            page = self.page(kind, page[-1][0], PAGE)


class SqlMarks:
    """Implements `core.storage.Marks`."""

    def __init__(self, link: Link) -> None:
        self._execute = link.execute
        self._sql = link.statements("belongings")

    def get(self, name: str) -> str:
        row = self._execute(self._sql["mark"], (name,)).fetchone()
        return "" if row is None else str(row[0])

    def set(self, name: str, value: str) -> None:
        if value:
            self._execute(self._sql["set_mark"], (name, value))
        else:
            self._execute(self._sql["drop_mark"], (name,))

    def outrank(self, token: int) -> None:
        self._execute(self._sql["outrank"], (token,))


class SqlShelf:
    """Implements `core.ports.Shelf`."""

    def __init__(self, link: Link) -> None:
        self._execute = link.execute
        self._sql = link.statements("belongings")

    def aged(self, kind: Dated, before: datetime) -> Sequence[Aged]:
        rows = self._execute(self._sql[f"aged_{kind}"], (to_us(before),))
        return [
            Aged(day=str(_EPOCH + timedelta(days=int(row[0]))), count=int(row[1])) for row in rows
        ]
