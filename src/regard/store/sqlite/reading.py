"""Read sessions over SQLite: people, registers and the tail of the journal."""

from __future__ import annotations

import sqlite3
from collections.abc import Mapping, Sequence
from datetime import datetime

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
from regard.store.cases import case_row
from regard.store.encoding import digest_of
from regard.store.labels import folded
from regard.store.people import identifiers_of, timeline_of
from regard.store.sqlite.audiences import SqliteAudiences
from regard.store.sqlite.decisions import SqliteDecisions
from regard.store.sqlite.graph import SqliteGraph
from regard.store.sqlite.identities import SqliteIdentities
from regard.store.sqlite.journal import SqliteJournal
from regard.store.sqlite.places import SqlitePlaces
from regard.store.sqlite.registers import SqliteRegisters
from regard.store.sqlite.remarks import SqliteRemarks
from regard.store.sqlite.rollouts import SqliteRolloutsRead
from regard.store.sqlite.runs import SqliteRuns
from regard.store.sqlite.states import SqliteStates
from regard.store.statements import load_statements

_content = msgspec.json.Decoder(Content)
_promise = msgspec.json.Decoder(PromiseChanged)
_case = msgspec.json.Decoder(CaseOpened)


class SqliteReading:
    """Implements `core.ports.Reading` over one read transaction at a time."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        statements = load_statements("reading")
        self._pin, self._count_persons = statements["pin"], statements["count_persons"]
        self.people = SqlitePeople(connection)
        self.registers = SqliteRegister(connection)
        self.runs = SqliteRuns(connection)
        self.audiences = SqliteAudiences(connection)
        self.identities = SqliteIdentities(connection)
        self.rollouts = SqliteRolloutsRead(connection)
        self.remarks = SqliteRemarks(connection)
        self.decisions = SqliteDecisions(connection)
        self.tail = SqliteTail(connection)

    def begin(self) -> None:
        """Fix the moment that is read."""
        self._connection.execute("BEGIN")
        # SQLite takes its snapshot at the first read, not at BEGIN.
        self._connection.execute(self._pin).fetchall()

    def count_persons(self) -> int:
        count: int = self._connection.execute(self._count_persons).fetchone()[0]
        return count

    def end(self) -> None:
        """Let go of the moment."""
        if self._connection.in_transaction:
            self._connection.execute("ROLLBACK")

    def digest(self) -> Mapping[str, str]:
        """Return a hash of each view by its name."""
        views = load_statements("views")
        return {name: digest_of(self._connection.execute(sql)) for name, sql in views.items()}

    def close(self) -> None:
        """Close the connection."""
        self._connection.close()


class SqlitePeople:
    """Implements `core.ports.People`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute
        self._sql = load_statements("reading")
        self._graph = SqliteGraph(connection)
        self._journal = SqliteJournal(connection)

    def find(self, identifier: Identifier) -> str | None:
        identity = identity_of(identifier.kind, identifier.value)
        node = self._graph.nodes([identity]).get(identity)
        return node.person_id if node is not None and node.identifier == identifier else None

    def read(self, person_id: str) -> Person | None:
        alive = self._graph.winner(person_id)
        row = self._execute(self._sql["state"], (alive,)).fetchone()
        return None if row is None else decode_person(row[0])

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


class SqliteRegister:
    """Implements `core.ports.Registers`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute
        self._sql = load_statements("reading")
        self._places = SqlitePlaces(connection)

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
        said = [None if row[14] is None else _content.decode(row[14]) for row in rows]
        return list(zip(self._places.messages(rows), said, strict=True))

    def cases(self, limit: int = 200) -> Sequence[CaseRow]:
        rows = self._execute(self._sql["cases"], (limit,)).fetchall()
        named = self._places.named([(row[0], from_us(row[1])) for row in rows])
        return [
            case_row(_case.decode(row[2]), from_us(row[1]), *who)
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

    def tallies(self, since_day: str = "") -> Sequence[Tally]:
        return [
            Tally(day=row[0], name=row[1], key=row[2], count=row[3])
            for row in self._execute(self._sql["tallies"], (since_day,))
        ]


class SqliteTail:
    """Implements `core.ports.Tail`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._journal = SqliteJournal(connection)
        self._places = SqlitePlaces(connection)
        self._states = SqliteStates(connection)
        self._registers = SqliteRegisters(connection)

    def last(self) -> int:
        return self._journal.last()

    def after(self, offset: int, limit: int = 500) -> Sequence[tuple[Entry, str, str]]:
        entries = self._journal.after(offset, limit)
        named = self._places.named([(entry.identity, entry.at) for entry in entries])
        return [(entry, *who) for entry, who in zip(entries, named, strict=True)]

    def stepped(self, reader: str) -> int:
        return self._states.cursor(reader)

    def due(self, now: datetime, limit: int) -> Sequence[Timer]:
        return self._registers.due(now, limit)[0]

    def named(self, places: Sequence[tuple[int, datetime]]) -> Sequence[tuple[str, str]]:
        return self._places.named(places)


def _identifiers(
    found: Mapping[str, tuple[Cluster, Sequence[Node]]], person_id: str
) -> tuple[Identifier, ...]:
    members = found[person_id][1] if person_id in found else ()
    return tuple(node.identifier for node in members)
