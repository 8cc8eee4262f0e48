"""Decisions in the in-memory store: written with the registers, and read by kind, person or day."""

from __future__ import annotations

from bisect import bisect_left
from collections import Counter
from collections.abc import Iterable, Sequence

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
from regard.store.memory.graph import MemoryGraph
from regard.store.memory.places import MemoryPlaces
from regard.store.memory.tables import KeptDecision, Tables, UndoLog
from regard.store.people import END, timeline_of


class MemoryDecisions:
    """Implements `core.ports.Decisions`, and saves what it reads."""

    def __init__(self, tables: Tables, log: UndoLog) -> None:
        self._tables = tables
        self._log = log
        self._graph = MemoryGraph(tables, log)
        self._places = MemoryPlaces(tables, self._graph)

    def save(self, decisions: Sequence[Made]) -> None:
        """Save decisions under their place in the journal, and count them."""
        tables, log = self._tables, self._log
        for number, identity, _, decided in decisions:
            if number in tables.decisions:
                continue
            engagement, kind = decided.candidate.engagement, key_of(decided)
            kept = KeptDecision(identity=identity, engagement=engagement, kind=kind)
            log.put(tables.decisions, number, kept)
            for table, key in (
                (tables.decisions_of_kind, kind),
                (tables.decisions_about, str(identity)),
            ):
                if key not in table:
                    log.put(table, key, [])
                log.insert(table[key], number)
        for day, kind, count, new_count in counted(decisions):
            before = tables.decision_counts.get((day, kind), (0, 0))
            after = before[0] + count, before[1] + new_count
            log.put(tables.decision_counts, (day, kind), after)

    def one(self, number: int) -> DecisionRow | None:
        known = 0 < number <= len(self._tables.entries)
        found = self._rows(self._entries([number] if known else []))
        return found[0] if found else None

    def latest(
        self, wanted: DecisionKind, before: int = 0, limit: int = 100
    ) -> Sequence[DecisionRow]:
        kinds = matching(self._tables.decisions_of_kind, wanted)
        below = before or END
        table = self._tables.decisions_of_kind
        places = (n for kind in kinds for n in _last(table[kind], below, limit))
        return self._rows(self._entries(newest(places, limit)))

    def about(
        self, person_id: str, engagement: str = "", before: int = 0, limit: int = 100
    ) -> Sequence[DecisionRow]:
        decisions, table = self._tables.decisions, self._tables.decisions_about

        def found(identities: Sequence[int], below: int, count: int) -> Sequence[Entry]:
            own = [n for i in set(identities) for n in table.get(str(i), ()) if n < below]
            fit = (n for n in own if engagement in ("", decisions[n].engagement))
            return self._entries(newest(fit, count))

        alive = self._graph.winner(person_id)
        return self._rows(timeline_of(self._graph, found, alive, before, limit))

    def counts(self, since_day: str = "", engagement: str = "") -> Sequence[DecisionCount]:
        first, end = bounds_of(engagement)
        return [
            DecisionCount(day=day, kind=kind_of(kind), count=count, new_count=new_count)
            for (day, kind), (count, new_count) in sorted(self._tables.decision_counts.items())
            if day >= since_day and (not engagement or first <= kind < end)
        ]

    def totals(self, since_day: str = "") -> Sequence[DecisionCount]:
        sums: dict[str, tuple[int, int]] = {}
        for (day, kind), (count, new_count) in self._tables.decision_counts.items():
            if day >= since_day:
                before = sums.get(kind, (0, 0))
                sums[kind] = before[0] + count, before[1] + new_count
        return [
            DecisionCount(day=since_day, kind=kind_of(kind), count=count, new_count=new_count)
            for kind, (count, new_count) in sorted(sums.items())
        ]

    def sent(self, since_day: str = "") -> Sequence[tuple[str, str, int]]:
        sums: Counter[tuple[str, str]] = Counter()
        for one in self.counts(since_day):
            if one.kind.verdict == "send":
                sums[one.day, one.kind.engagement] += one.count
        return [(*place, count) for place, count in sorted(sums.items())]

    def _entries(self, numbers: Iterable[int]) -> list[Entry]:
        return [self._tables.entries[number - 1] for number in numbers]

    def _rows(self, entries: Sequence[Entry]) -> list[DecisionRow]:
        return rows_of(entries, self._places.named([(e.identity, e.at) for e in entries]))


def _last(numbers: list[int], below: int, limit: int) -> list[int]:
    end = bisect_left(numbers, below)
    return numbers[max(end - limit, 0) : end]
