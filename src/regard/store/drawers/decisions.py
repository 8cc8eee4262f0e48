"""Decisions: written with the registers, and read by kind, by person or by day."""

from __future__ import annotations

from collections.abc import Sequence

from regard.core.facts import Entry
from regard.core.rows import DecisionCount, DecisionKind, DecisionRow
from regard.store.decision_kinds import (
    Made,
    bounds_of,
    counted,
    key_of,
    kind_of,
    matching,
    newest,
    rows_of,
)
from regard.store.drawers.graph import SqlGraph
from regard.store.drawers.link import Link
from regard.store.drawers.places import SqlPlaces
from regard.store.drawers.rows import entry_of
from regard.store.people import END, timeline_of

ANY = DecisionKind()
FEW = 8
"""Kinds up to which asking each by its index is the quickest way."""

NEAR = 5_000
"""Newest decisions that are looked through for many kinds: they nearly always hold a page."""


class SqlDecisions:
    """Implements `core.ports.Decisions`, and saves what it reads."""

    def __init__(self, link: Link) -> None:
        self._execute = link.execute
        self._keys = link.keys
        self._executemany = link.executemany
        self._sql = link.statements("decisions")
        self._graph = SqlGraph(link)
        self._places = SqlPlaces(link)

    def save(self, decisions: Sequence[Made]) -> None:
        """Save decisions under their place in the journal, and count them."""
        rows = [(n, i, d.candidate.engagement, key_of(d)) for n, i, _, d in decisions]
        self._executemany(self._sql["save"], rows)
        self._executemany(self._sql["count"], counted(decisions))

    def one(self, number: int) -> DecisionRow | None:
        found = self._rows(self._entries([number]))
        return found[0] if found else None

    def latest(
        self, wanted: DecisionKind, before: int = 0, limit: int = 100
    ) -> Sequence[DecisionRow]:
        below = before or END
        if wanted == ANY:
            numbers = [row[0] for row in self._execute(self._sql["latest"], (below, limit))]
            return self._rows(self._entries(numbers))
        kinds = matching((row[0] for row in self._execute(self._sql["kinds"])), wanted)
        return self._rows(self._entries(self._numbers(kinds, below, limit)))

    def _numbers(self, kinds: Sequence[str], below: int, limit: int) -> list[int]:
        """Return the newest of some kinds: among the newest of all where they are many."""
        if len(kinds) > FEW:
            asked = (below, NEAR, self._keys(kinds), limit)
            found = [row[0] for row in self._execute(self._sql["near_of_kinds"], asked)]
            if len(found) == limit:
                return found
        statement = self._sql["latest_of_kind"]
        places = (row[0] for k in kinds for row in self._execute(statement, (k, below, limit)))
        return newest(places, limit)

    def about(
        self, person_id: str, engagement: str = "", before: int = 0, limit: int = 100
    ) -> Sequence[DecisionRow]:
        def found(identities: Sequence[int], below: int, count: int) -> Sequence[Entry]:
            keys = self._keys(identities)
            if engagement:
                values = (keys, engagement, below, count)
                rows = self._execute(self._sql["about_engagement"], values)
            else:
                rows = self._execute(self._sql["about"], (keys, below, count))
            return self._entries([row[0] for row in rows])

        alive = self._graph.winner(person_id)
        return self._rows(timeline_of(self._graph, found, alive, before, limit))

    def counts(self, since_day: str = "", engagement: str = "") -> Sequence[DecisionCount]:
        if engagement:
            asked = (since_day, *bounds_of(engagement))
            rows = self._execute(self._sql["counts_of_engagement"], asked).fetchall()
        else:
            rows = self._execute(self._sql["counts"], (since_day,)).fetchall()
        kinds = {key: kind_of(key) for key in {row[1] for row in rows}}
        return [
            DecisionCount(day=day, kind=kinds[key], count=count, new_count=new_count)
            for day, key, count, new_count in rows
        ]

    def totals(self, since_day: str = "") -> Sequence[DecisionCount]:
        rows = self._execute(self._sql["totals"], (since_day,)).fetchall()
        return [
            DecisionCount(day=since_day, kind=kind_of(key), count=int(count), new_count=int(new))
            for key, count, new in rows
        ]

    def sent(self, since_day: str = "") -> Sequence[tuple[str, str, int]]:
        rows = self._execute(self._sql["sent"], (since_day,)).fetchall()
        return [(day, engagement, int(count)) for day, engagement, count in rows]

    def _entries(self, numbers: Sequence[int]) -> list[Entry]:
        rows = self._execute(self._sql["entries"], (self._keys(numbers),))
        return [entry_of(row) for row in rows]

    def _rows(self, entries: Sequence[Entry]) -> list[DecisionRow]:
        return rows_of(entries, self._places.named([(e.identity, e.at) for e in entries]))
