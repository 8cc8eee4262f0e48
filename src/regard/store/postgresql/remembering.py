"""What the drawers of a shared database may remember, though other processes write it, too.

Identifiers and evidence are remembered as long as nobody else changes any (`SharedWriting` tells).
Of persons only those in this process's own shares are: nobody else steps them.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence

from regard.core.graph import GraphChange
from regard.core.person import Person
from regard.core.storage import Pending
from regard.store.drawers.link import Link
from regard.store.drawers.remembering import RememberingGraph, RememberingStates
from regard.store.drawers.rows import Row
from regard.store.drawers.states import SqlStates
from regard.store.postgresql.shares import Hands, share_of


class SharedGraph(RememberingGraph):
    """Tells who changes it, and which people a change moved."""

    def __init__(self, link: Link, claim: Callable[[], None]) -> None:
        super().__init__(link)
        self._claim = claim
        self._moved: set[str] = set()

    def save(self, change: GraphChange) -> None:
        self._claim()
        super().save(change)
        self._moved |= {*change.merged, *change.stale}

    def take_moved(self) -> set[str]:
        """Return the people whom changes moved since this was asked last."""
        moved, self._moved = self._moved, set()
        return moved


class SharedStates(RememberingStates):
    """Remembers and mends the people in this process's own shares only."""

    def __init__(self, link: Link, hands: Callable[[], Hands]) -> None:
        super().__init__(link)
        self._hands = hands

    def load(self, person_ids: Sequence[str]) -> Mapping[str, Person]:
        own: list[str] = []
        others: list[str] = []
        shares = self._hands().shares
        for person_id in person_ids:
            (own if share_of(person_id) in shares else others).append(person_id)
        found = dict(super().load(own)) if own else {}
        if others:
            found |= SqlStates.load(self, others)
        return found

    def pending(self) -> Pending:
        pending, shares = super().pending(), self._hands().shares
        return Pending(
            losers={w: losers for w, losers in pending.losers.items() if share_of(w) in shares},
            stale=frozenset(p for p in pending.stale if share_of(p) in shares),
        )

    def _stop_pending(self, rows: Sequence[Row]) -> None:
        self._executemany(self._sql["fresh"], rows)  # to ask first would be to wait for an answer
