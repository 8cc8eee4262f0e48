"""Read sessions: people, registers and the tail of the journal."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime
from typing import Any

import msgspec

from regard.core.clock import from_us
from regard.core.codec import decode_person
from regard.core.event import Identifier
from regard.core.facts import CaseOpened, Entry, PromiseChanged
from regard.core.graph import Cluster, Node
from regard.core.ids import identity_of
from regard.core.person import Person
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
from regard.store.cases import Moved, case_row
from regard.store.drawers.audiences import SqlAudiences
from regard.store.drawers.belongings import SqlShelf
from regard.store.drawers.decisions import SqlDecisions
from regard.store.drawers.graph import SqlGraph
from regard.store.drawers.identities import SqlIdentities
from regard.store.drawers.journal import SqlJournal
from regard.store.drawers.link import Link
from regard.store.drawers.places import SqlPlaces
from regard.store.drawers.registers import SqlRegisters
from regard.store.drawers.remarks import SqlRemarks
from regard.store.drawers.rollouts import SqlRolloutsRead
from regard.store.drawers.runs import SqlRuns
from regard.store.encoding import digest_of
from regard.store.labels import folded
from regard.store.people import identifiers_of, timeline_of, unheard

_content = msgspec.json.Decoder(Content)
_promise = msgspec.json.Decoder(PromiseChanged)
_case = msgspec.json.Decoder(CaseOpened)


class SqlReading:
    """Implements `core.ports.Reading` over one read transaction at a time."""

    def __init__(self, link: Link) -> None:
        self._link = link
        self._count_persons = link.statements("reading")["count_persons"]
        self.people = SqlPeople(link)
        self.registers = SqlRegister(link)
        self.runs = SqlRuns(link)
        self.audiences = SqlAudiences(link)
        self.identities = SqlIdentities(link)
        self.rollouts = SqlRolloutsRead(link)
        self.remarks = SqlRemarks(link)
        self.decisions = SqlDecisions(link)
        self.shelf = SqlShelf(link)
        self.tail = SqlTail(link)

    def begin(self) -> None:
        """Fix the moment that is read."""
        self._link.begin_reading()

    def count_persons(self) -> int:
        count: int = self._link.execute(self._count_persons).fetchone()[0]
        return count

    def end(self) -> None:
        """Let go of the moment."""
        self._link.end_reading()

    def digest(self) -> Mapping[str, str]:
        """Return a hash of each view by its name."""
        views = self._link.statements("views")
        return {name: digest_of(self._link.execute(sql)) for name, sql in views.items()}

    def close(self) -> None:
        """Close the connection."""
        self._link.close()


class SqlPeople:
    """Implements `core.ports.People`."""

    def __init__(self, link: Link) -> None:
        self._execute = link.execute
        self._sql = link.statements("reading")
        self._graph = SqlGraph(link)
        self._journal = SqlJournal(link)

    def find(self, identifier: Identifier) -> str | None:
        identity = identity_of(identifier.kind, identifier.value)
        node = self._graph.nodes([identity]).get(identity)
        return node.person_id if node is not None and node.identifier == identifier else None

    def read(self, person_id: str) -> Person | None:
        alive = self._graph.winner(person_id)
        row = self._execute(self._sql["state"], (alive,)).fetchone()
        if row is None:
            return unheard(self._graph, alive)
        return decode_person(row[0])

    def search(self, text: str, limit: int = 50) -> Sequence[PersonRow]:
        wanted = text.strip()
        if wanted:
            values = {"text": wanted, "folded": folded(wanted), "limit": limit}
            rows = self._execute(self._sql["search_people"], values).fetchall()
        else:
            rows = self._execute(self._sql["newest_people"], (limit,)).fetchall()
        found = self._graph.clusters([row[0] for row in rows])
        return [
            PersonRow(
                person_id=row[0],
                label=row[1],
                identifiers=_identifiers(found, row[0]),
                last_seen_at=from_us(row[2]) if row[2] else None,
                last_channel=row[3],
            )
            for row in rows
        ]

    def identifiers(self, person_id: str) -> tuple[Sequence[IdentifierRow], Sequence[Evidence]]:
        return identifiers_of(self._graph, self._graph.winner(person_id))

    def timeline(self, person_id: str, before: int = 0, limit: int = 200) -> Sequence[Entry]:
        alive = self._graph.winner(person_id)
        return timeline_of(self._graph, self._journal.newest, alive, before, limit)


class SqlRegister:
    """Implements `core.ports.Registers`."""

    def __init__(self, link: Link) -> None:
        self._execute = link.execute
        self._keys = link.keys
        self._sql = link.statements("reading")
        self._places = SqlPlaces(link)

    def promises(
        self,
        status: str = "",
        definition: str = "",
        limit: int = 200,
        *,
        newest_first: bool = False,
    ) -> Sequence[PromiseRow]:
        values = {"status": status, "definition": definition, "limit": limit}
        name = "promises_of_status" if status else "promises"
        statement = self._sql[f"{name}_lately" if newest_first else name]
        rows = self._execute(statement, values).fetchall()
        named = self._places.named([(row[0], from_us(row[1])) for row in rows])
        return [
            PromiseRow(
                person_id=person_id,
                label=label,
                change=_promise.decode(row[3]),
                changed_at=from_us(row[2]),
            )
            for row, (person_id, label) in zip(rows, named, strict=True)
        ]

    def messages(
        self, message_id: str = "", state: str = "", limit: int = 200
    ) -> Sequence[tuple[MessageRow, Content | None]]:
        values = {"message_id": message_id, "state": state, "limit": limit}
        name = "message" if message_id else "messages_of_state" if state else "messages"
        rows = self._execute(self._sql[name], values).fetchall()
        said = [None if row[15] is None else _content.decode(row[15]) for row in rows]
        return list(zip(self._places.messages(rows), said, strict=True))

    def cases(
        self, case_id: str = "", limit: int = 200, *, is_done: bool = False
    ) -> Sequence[CaseRow]:
        name = "case" if case_id else "cases_done" if is_done else "cases"
        rows = self._execute(self._sql[name], (case_id or limit,)).fetchall()
        named = self._places.named([(row[0], from_us(row[1])) for row in rows])
        return [
            case_row(_case.decode(row[2]), from_us(row[1]), _moved(row), *who)
            for row, who in zip(rows, named, strict=True)
        ]

    def sources(
        self, source: str = "", limit: int = 200
    ) -> tuple[Sequence[SourceRow], Sequence[Rejected]]:
        counts = [
            SourceRow(
                source=row[0],
                accepted_count=row[1],
                duplicate_count=row[2],
                rejected_count=row[3],
                last_at=from_us(row[4]),
            )
            for row in self._execute(self._sql["sources"])
        ]
        values = {"source": source, "limit": limit}
        statement = self._sql["rejected_of_source" if source else "rejected"]
        rejected = [
            Rejected(
                source=row[0],
                at=from_us(row[1]),
                code=row[2],
                message=row[3],
                item=row[4],
                number=row[5],
            )
            for row in self._execute(statement, values)
        ]
        return counts, rejected

    def tallies(self, since_day: str = "", names: Sequence[str] = ()) -> Sequence[Tally]:
        if names:
            rows = self._execute(self._sql["tallies_of"], (since_day, self._keys(names)))
        else:
            rows = self._execute(self._sql["tallies"], (since_day,))
        return [Tally(day=row[0], name=row[1], key=row[2], count=row[3]) for row in rows]


class SqlTail:
    """Implements `core.ports.Tail`."""

    def __init__(self, link: Link) -> None:
        self._execute = link.execute
        self._sql = link.statements("reading")
        self._journal = SqlJournal(link)
        self._places = SqlPlaces(link)
        self._registers = SqlRegisters(link)

    def last(self) -> int:
        return self._journal.last()

    def after(self, offset: int, limit: int = 500) -> Sequence[tuple[Entry, str, str]]:
        entries = self._journal.after(offset, limit)
        named = self._places.named([(entry.identity, entry.at) for entry in entries])
        return [(entry, *who) for entry, who in zip(entries, named, strict=True)]

    def stepped(self, reader: str) -> int:
        return int(self._execute(self._sql["stepped"], {"reader": reader}).fetchone()[0])

    def waiting(self, limit: int) -> int:
        return int(self._execute(self._sql["waiting"], {"limit": limit}).fetchone()[0])

    def due(self, now: datetime, limit: int) -> Sequence[Timer]:
        return self._registers.due(now, limit)[0]

    def named(self, places: Sequence[tuple[int, datetime]]) -> Sequence[tuple[str, str]]:
        return self._places.named(places)


def _moved(row: Sequence[Any]) -> Moved:
    state, moved_us, by, note = row[3:]
    return Moved(state=state, at=None if moved_us is None else from_us(moved_us), by=by, note=note)


def _identifiers(
    found: Mapping[str, tuple[Cluster, Sequence[Node]]], person_id: str
) -> tuple[Identifier, ...]:
    members = found[person_id][1] if person_id in found else ()
    return tuple(node.identifier for node in members)
