"""The queue of a store that one process steps: a cursor over the journal.

What waits are the inputs behind the cursor, in the order of the journal; whom they are about is
looked up when they are taken, so nothing is kept for them. Over the drawers of any store.
"""

from __future__ import annotations

from collections.abc import Collection, Sequence
from typing import Protocol

from regard.core.attribution import owners_by_offset
from regard.core.facts import Entry
from regard.core.ports import LOOP
from regard.core.storage import GraphDrawer, JournalDrawer, StateDrawer

FRESH_MAX = 128
"""Waiting inputs that are looked at one by one for whom they are about. Beyond it persons are
looked up with all they have, which costs as much however many inputs wait."""


class Journal(JournalDrawer, Protocol):
    """A journal that can also be asked for what is new about somebody."""

    def fresh(self, identities: Sequence[int], after: int) -> Collection[int]:
        """Return those of some identities on which inputs hang above an offset."""
        ...


class Sequential:
    """Implements `core.storage.QueueDrawer`."""

    def __init__(self, journal: Journal, graph: GraphDrawer, states: StateDrawer) -> None:
        self._journal = journal
        self._graph = graph
        self._states = states

    def put(self, entries: Sequence[Entry]) -> None:
        """Nothing is kept: what was appended stands behind the cursor."""

    def take(self, limit: int) -> Sequence[tuple[Entry, str]]:
        entries = self._journal.inputs(self._states.cursor(LOOP), limit)
        if not entries:
            return []
        owners = owners_by_offset(self._graph, entries)
        return [(entry, owners.get(entry.offset, "")) for entry in entries]

    def done(self, taken: Sequence[tuple[Entry, str]]) -> None:
        self._states.advance(LOOP, self._states.cursor(LOOP), taken[-1][0].offset)

    def waiting(self, offsets: Collection[int]) -> Collection[int]:
        seen = self._states.cursor(LOOP)
        return {offset for offset in offsets if offset > seen}

    def expecting(self, person_ids: Sequence[str]) -> Collection[str]:
        seen = self._states.cursor(LOOP)
        entries = self._journal.inputs(seen, FRESH_MAX + 1)
        if len(entries) <= FRESH_MAX:
            return self._about({entry.identity for entry in entries}).intersection(person_ids)
        bearers: dict[int, set[str]] = {}
        for person_id, (_, members) in self._graph.clusters(person_ids).items():
            own = [node.identity for node in members]
            # Of a shared device nobody knows yet whose what waits is: it is taken for everybody's.
            for identity in (*own, *self._graph.devices_of(own)):
                bearers.setdefault(identity, set()).add(person_id)
        fresh = self._journal.fresh(sorted(bearers), seen)
        return {person_id for identity in fresh for person_id in bearers[identity]}

    def _about(self, identities: Collection[int]) -> set[str]:
        """Return everybody whom inputs on some identities may be about, as `expecting` has it."""
        if not identities:
            return set()
        nodes = self._graph.nodes(sorted(identities)).values()
        shared = sorted(node.identity for node in nodes if node.shared)
        anchors = {login.anchor for login in self._graph.logins(shared)} if shared else ()
        users = self._graph.nodes(sorted(anchors)).values() if anchors else ()
        return {node.person_id for node in (*nodes, *users)}
