"""Read sessions over the in-memory store: people, registers and the tail of the journal."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime
from heapq import nlargest, nsmallest
from itertools import islice
from operator import attrgetter

from regard.core.clock import EPOCH
from regard.core.codec import decode_person
from regard.core.event import DEPARTMENT, Identifier
from regard.core.facts import Entry
from regard.core.ids import identity_of
from regard.core.person import Person
from regard.core.ports import LOOP
from regard.core.rows import (
    CaseRow,
    Content,
    Evidence,
    IdentifierRow,
    MessageRow,
    PersonRow,
    PromiseRow,
    Rejected,
    SourceRow,
    Tally,
    Timer,
)
from regard.store.cases import case_row, due_us
from regard.store.labels import folded
from regard.store.limits import REJECTED_MAX
from regard.store.memory.audiences import MemoryAudiences
from regard.store.memory.belongings import MemoryShelf
from regard.store.memory.decisions import MemoryDecisions
from regard.store.memory.graph import MemoryGraph
from regard.store.memory.identities import MemoryIdentities
from regard.store.memory.journal import MemoryJournal
from regard.store.memory.places import MemoryPlaces
from regard.store.memory.registers import MemoryRegisters
from regard.store.memory.remarks import MemoryRemarks
from regard.store.memory.rollouts import MemoryRolloutsRead
from regard.store.memory.runs import MemoryRuns
from regard.store.memory.states import MemoryStates
from regard.store.memory.tables import Tables, UndoLog
from regard.store.people import identifiers_of, timeline_of, unheard


class MemoryReading:
    """Implements `core.ports.Reading` over tables that nobody changes meanwhile."""

    def __init__(self, tables: Tables) -> None:
        self.tables = tables
        unused = UndoLog()
        graph, journal = MemoryGraph(tables, unused), MemoryJournal(tables, unused)
        places = MemoryPlaces(tables, graph)
        self.people = MemoryPeople(tables, graph, journal)
        self.registers = MemoryRegister(tables, places)
        self.runs = MemoryRuns(tables, places)
        self.audiences = MemoryAudiences(tables)
        self.identities = MemoryIdentities(tables, graph, places)
        self.rollouts = MemoryRolloutsRead(tables)
        self.remarks = MemoryRemarks(tables, unused)
        self.decisions = MemoryDecisions(tables, unused)
        self.shelf = MemoryShelf(tables)
        states, registers = MemoryStates(tables, unused), MemoryRegisters(tables, unused, places)
        self.tail = MemoryTail(journal, places, states, registers)

    def count_persons(self) -> int:
        nodes = self.tables.nodes.values()
        departments = {node.person_id for node in nodes if node.identifier.kind == DEPARTMENT}
        return len(self.tables.persons) - len(departments & self.tables.persons.keys())


class MemoryPeople:
    """Implements `core.ports.People`."""

    def __init__(self, tables: Tables, graph: MemoryGraph, journal: MemoryJournal) -> None:
        self._tables = tables
        self._graph = graph
        self._journal = journal

    def find(self, identifier: Identifier) -> str | None:
        node = self._tables.nodes.get(identity_of(identifier.kind, identifier.value))
        return node.person_id if node is not None and node.identifier == identifier else None

    def read(self, person_id: str) -> Person | None:
        alive = self._graph.winner(person_id)
        kept = self._tables.persons.get(alive)
        return unheard(self._graph, alive) if kept is None else decode_person(kept.state)

    def search(self, text: str, limit: int = 50) -> Sequence[PersonRow]:
        persons = self._tables.persons
        wanted = text.strip()
        found = self._containing(wanted) if wanted else persons
        newest = nlargest(limit, found, key=lambda p: (persons[p].last_seen_at or EPOCH, p))
        return [self._row(person_id) for person_id in newest]

    def identifiers(self, person_id: str) -> tuple[Sequence[IdentifierRow], Sequence[Evidence]]:
        return identifiers_of(self._graph, self._graph.winner(person_id))

    def timeline(self, person_id: str, before: int = 0, limit: int = 200) -> Sequence[Entry]:
        alive = self._graph.winner(person_id)
        return timeline_of(self._graph, self._journal.newest, alive, before, limit)

    def _containing(self, wanted: str) -> set[str]:
        tables, text = self._tables, folded(wanted)
        found = {p for p, kept in tables.persons.items() if text in kept.folded}
        found |= {tables.nodes[i].person_id for i, value in tables.folded.items() if text in value}
        return (found | {wanted}) & tables.persons.keys()

    def _row(self, person_id: str) -> PersonRow:
        kept = self._tables.persons[person_id]
        clusters = self._graph.clusters([person_id])
        members = clusters[person_id][1] if person_id in clusters else ()
        return PersonRow(
            person_id=person_id,
            label=kept.label,
            identifiers=tuple(node.identifier for node in members),
            last_seen_at=kept.last_seen_at,
            last_channel=kept.last_channel,
        )


class MemoryRegister:
    """Implements `core.ports.Registers`."""

    def __init__(self, tables: Tables, places: MemoryPlaces) -> None:
        self._tables = tables
        self._places = places

    def promises(
        self,
        status: str = "",
        definition: str = "",
        limit: int = 200,
        *,
        newest_first: bool = False,
    ) -> Sequence[PromiseRow]:
        wanted = (
            kept
            for kept in self._tables.promises.values()
            if status in ("", kept.change.status) and definition in ("", kept.change.definition)
        )
        kept = (
            nlargest(limit, wanted, key=lambda k: (k.changed_at, k.change.promise_id))
            if newest_first
            else nsmallest(limit, wanted, key=lambda k: (k.change.due_at, k.change.promise_id))
        )
        named = self._places.named([(k.identity, k.at) for k in kept])
        return [
            PromiseRow(person_id=person_id, label=label, change=k.change, changed_at=k.changed_at)
            for k, (person_id, label) in zip(kept, named, strict=True)
        ]

    def messages(
        self, message_id: str = "", state: str = "", limit: int = 200
    ) -> Sequence[tuple[MessageRow, Content | None]]:
        table, contents = self._tables.messages, self._tables.contents
        found = [table[message_id]] if message_id in table else []
        wanted = (
            k for k in (found if message_id else table.values()) if state in ("", k.row.state)
        )
        kept = nlargest(limit, wanted, key=lambda k: (k.row.decided_at, k.row.message_id))
        return [(row, contents.get(row.message_id)) for row in self._places.messages(kept)]

    def cases(
        self, case_id: str = "", limit: int = 200, *, is_done: bool = False
    ) -> Sequence[CaseRow]:
        table = self._tables.cases
        kept = [k for k in table.values() if (k.moved.state == "done") is is_done]
        if case_id:
            kept = [table[case_id]] if case_id in table else []
        elif is_done:
            kept = nlargest(limit, kept, key=attrgetter("moved.at", "case.case_id"))
        else:
            order = attrgetter("opened_at", "case.case_id")
            kept = nsmallest(limit, kept, key=lambda k: (due_us(k.case), *order(k)))
        named = self._places.named([(k.identity, k.opened_at) for k in kept])
        rows = zip(kept, named, strict=True)
        return [case_row(k.case, k.opened_at, k.moved, *who) for k, who in rows]

    def sources(
        self, source: str = "", limit: int = 200
    ) -> tuple[Sequence[SourceRow], Sequence[Rejected]]:
        counts = [self._tables.sources[name] for name in sorted(self._tables.sources)]
        newest = reversed(self._tables.rejected[-REJECTED_MAX:])
        rejected = (item for item in newest if source in ("", item.source))
        return counts, list(islice(rejected, limit))

    def tallies(self, since_day: str = "", names: Sequence[str] = ()) -> Sequence[Tally]:
        return [
            Tally(day=day, name=name, key=key, count=count)
            for (day, name, key), count in sorted(self._tables.tallies.items())
            if day >= since_day and (not names or name in names)
        ]


class MemoryTail:
    """Implements `core.ports.Tail`."""

    def __init__(
        self,
        journal: MemoryJournal,
        places: MemoryPlaces,
        states: MemoryStates,
        registers: MemoryRegisters,
    ) -> None:
        self._journal = journal
        self._places = places
        self._states = states
        self._registers = registers

    def last(self) -> int:
        return self._journal.last()

    def after(self, offset: int, limit: int = 500) -> Sequence[tuple[Entry, str, str]]:
        entries = self._journal.after(offset, limit)
        named = self._places.named([(entry.identity, entry.at) for entry in entries])
        return [(entry, *who) for entry, who in zip(entries, named, strict=True)]

    def stepped(self, reader: str) -> int:
        return self._states.cursor(reader)

    def waiting(self, limit: int) -> int:
        return len(self._journal.inputs(self._states.cursor(LOOP), limit))

    def due(self, now: datetime, limit: int) -> Sequence[Timer]:
        return self._registers.due(now, limit)[0]

    def named(self, places: Sequence[tuple[int, datetime]]) -> Sequence[tuple[str, str]]:
        return self._places.named(places)
