"""The queue of inputs that several processes share: a row for each input that waits.

Who appends an input says whom it is about, and so whose share it is in; who steps it takes the row
away in the transaction that writes what followed, and the number of rows taken is checked: it is
the conditional cursor of as many readers as there are persons. When identity moves people, what
waits for them moves in the same transaction, so a step that was begun before finds its rows gone.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Sequence

from regard.core.attribution import owners_by_offset, owners_of
from regard.core.clock import from_us
from regard.core.errors import Lapsed, Overtaken
from regard.core.facts import Entry
from regard.store.drawers.rows import entry_of
from regard.store.postgresql.link import PostgresqlLink
from regard.store.postgresql.remembering import SharedGraph
from regard.store.postgresql.shares import SHARES, Hands, share_of

KEPT_MAX = 10_000
"""Appended inputs kept in memory until this process steps them, some 20 MB."""

AT_LEAST = 16
"""Inputs of one share in a batch when many shares have some."""


class SharedQueue:
    """Implements `core.storage.QueueDrawer`; `hands` tells what this process has in hand."""

    def __init__(
        self, link: PostgresqlLink, graph: SharedGraph, hands: Callable[[], Hands]
    ) -> None:
        self._execute = link.execute
        self._executemany = link.executemany
        self._keys = link.keys
        self._sql = link.statements("queue")
        self._graph = graph
        self._hands = hands
        self._kept: dict[int, Entry] = {}
        self._is_behind = False

    def put(self, entries: Sequence[Entry]) -> None:
        owners = owners_by_offset(self._graph, entries)
        owned = [(e.offset, owners.get(e.offset, "")) for e in entries]
        rows = [(offset, share_of(person_id), person_id) for offset, person_id in owned]
        self._executemany(self._sql["put"], rows)
        shares = self._hands().shares
        if shares:  # what others step is never asked for
            own = zip(entries, rows, strict=True)
            self._kept.update((entry.offset, entry) for entry, row in own if row[1] in shares)
            if len(self._kept) > KEPT_MAX:
                self._kept.clear()
        moved = self._graph.take_moved()
        if moved:
            self._follow(moved)

    def take(self, limit: int) -> Sequence[tuple[Entry, str]]:
        shares = self._hands().shares
        if not shares:
            return []
        rows = self._oldest(sorted(shares), limit)
        entries = self._entries([row[0] for row in rows])
        return [(entries[offset], person_id) for offset, person_id in rows]

    def done(self, taken: Sequence[tuple[Entry, str]]) -> None:
        hands = self._hands()
        if not hands.is_current:
            raise Lapsed("The lease of this process has ended; others step what it had begun.")
        persons = sorted({person_id for _, person_id in taken})
        shares = sorted({share_of(person_id) for person_id in persons})
        values = {
            "offsets": self._keys([entry.offset for entry, _ in taken]),
            "owners": self._keys([person_id for _, person_id in taken]),
            "shares": shares,
            "token": hands.token,
            "persons": self._keys(persons),
        }
        ended, held, is_to_mend = self._execute(self._sql["done"], values).fetchone()
        if ended != len(taken) or (held != len(shares) and not hands.is_only):
            raise Overtaken("Another process has what this one was about to step.")
        if is_to_mend:
            raise Overtaken("Somebody was merged or split while inputs about them were stepped.")
        for entry, _ in taken:
            self._kept.pop(entry.offset, None)

    def waiting(self, offsets: Collection[int]) -> Collection[int]:
        rows = self._execute(self._sql["waiting"], (sorted(offsets),))
        return {row[0] for row in rows}

    def expecting(self, person_ids: Sequence[str]) -> Collection[str]:
        return {row[0] for row in self._execute(self._sql["expecting"], (list(person_ids),))}

    def forget(self) -> None:
        """Forget what was appended: it may have been taken back."""
        self._kept.clear()
        self._graph.take_moved()

    def _oldest(self, shares: Sequence[int], limit: int) -> Sequence[tuple[int, str]]:
        """Return where the oldest inputs of some shares are, and whom they are about."""
        if len(shares) == SHARES:
            return self._execute(self._sql["take"], (limit,)).fetchall()
        if self._is_behind:  # in one look at the oldest of all, unless those are of others
            near = (shares, limit * SHARES // len(shares) + limit)
            rows = self._execute(self._sql["take_near"], near).fetchall()
            if len(rows) >= limit:
                return rows[:limit]
        each = max(AT_LEAST, limit * 4 // len(shares))
        rows = self._execute(self._sql["take_of_shares"], (shares, each, limit)).fetchall()
        self._is_behind = len(rows) >= limit
        return rows

    def _follow(self, moved: Collection[str]) -> None:
        """Let what waits for people whom identity moved wait for those whose it is now."""
        rows = self._execute(self._sql["of_persons"], (sorted(moved),)).fetchall()
        owners = owners_of(self._graph, [(row[2], from_us(row[3])) for row in rows])
        news = [
            (row[0], share_of(owner), owner)
            for row, owner in zip(rows, owners, strict=True)
            if owner != row[1]
        ]
        self._executemany(self._sql["move"], news)

    def _entries(self, offsets: Sequence[int]) -> dict[int, Entry]:
        found = {offset: self._kept[offset] for offset in offsets if offset in self._kept}
        missing = [offset for offset in offsets if offset not in found]
        if missing:
            for row in self._execute(self._sql["entries"], (self._keys(missing),)):
                entry = entry_of(row)
                found[entry.offset] = entry
        return found
