"""Read sessions over SQLite: people, registers and the tail of the journal."""

from __future__ import annotations

import sqlite3
from collections.abc import Sequence

import msgspec

from regard.core.attribution import own_entries
from regard.core.clock import from_us
from regard.core.codec import decode_person
from regard.core.event import Identifier
from regard.core.facts import CaseOpened, Entry, PromiseChanged
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
)
from regard.store.sqlite.graph import SqliteGraph
from regard.store.sqlite.rows import entry_of, keys_json, message_of
from regard.store.statements import load_statements

_content = msgspec.json.Decoder(Content)
_promise = msgspec.json.Decoder(PromiseChanged)
_case = msgspec.json.Decoder(CaseOpened)
_END = 2**62


class SqliteReading:
    """Implements `core.ports.Reading` over one read transaction."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self.people = SqlitePeople(connection)
        self.registers = SqliteRegister(connection)
        self.tail = SqliteTail(connection)


class SqlitePeople:
    """Implements `core.ports.People`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute
        self._graph = SqliteGraph(connection)
        self._sql = load_statements("reading")
        self._journal = load_statements("journal")
        self._links = load_statements("graph")

    def find(self, identifier: Identifier) -> str | None:
        identity = identity_of(identifier.kind, identifier.value)
        row = self._execute(self._sql["find"], (identity, *identifier_key(identifier))).fetchone()
        return None if row is None else str(row[0])

    def read(self, person_id: str) -> Person | None:
        row = self._execute(self._sql["state"], (self._alive(person_id),)).fetchone()
        return None if row is None else decode_person(row[0])

    def search(self, text: str, limit: int = 50) -> Sequence[PersonRow]:
        if text.strip():
            like = text.strip().replace("\\", "\\\\").replace("%", r"\%").replace("_", r"\_")
            values = {"like": f"%{like}%", "text": text.strip(), "limit": limit}
            rows = self._execute(self._sql["search_people"], values).fetchall()
        else:
            rows = self._execute(self._sql["newest_people"], (limit,)).fetchall()
        members = self._graph.clusters([row[0] for row in rows])
        return [
            PersonRow(
                person_id=row[0],
                label=row[1],
                identifiers=tuple(n.identifier for n in members[row[0]][1])
                if row[0] in members
                else (),
                last_seen_at=from_us(row[2]) if row[2] else None,
                last_channel=row[3],
            )
            for row in rows
        ]

    def identifiers(self, person_id: str) -> tuple[Sequence[IdentifierRow], Sequence[Evidence]]:
        alive = self._alive(person_id)
        found = self._graph.clusters([alive])
        members = list(found[alive][1]) if alive in found else []
        edges = self._graph.edges([n.identity for n in members])
        ends = {i for e in edges for i in e.pair}
        nodes = {**self._graph.nodes(sorted(ends)), **{n.identity: n for n in members}}
        near = [nodes[i] for i in sorted(ends) if nodes[i].shared]
        rows = [
            IdentifierRow(
                identifier=n.identifier,
                identity=n.identity,
                first_at=n.first_at,
                is_shared=bool(n.shared),
            )
            for n in [*members, *(n for n in near if n.person_id != alive)]
        ]
        evidence = [
            Evidence(
                left=nodes[e.left].identifier,
                right=nodes[e.right].identifier,
                offset=e.offset,
                at=e.at,
                source=e.source,
                rule=e.rule,
            )
            for e in sorted(edges, key=lambda e: (e.at, e.pair))
        ]
        return rows, evidence

    def timeline(self, person_id: str, before: int = 0, limit: int = 200) -> Sequence[Entry]:
        alive = self._alive(person_id)
        found = self._graph.clusters([alive])
        members = list(found[alive][1]) if alive in found else []
        own = [n.identity for n in members]
        rows = self._execute(self._links["devices_of"], (keys_json(own),))
        devices = [row[0] for row in rows]
        logins = self._graph.logins(devices)
        anchors = self._graph.nodes(sorted({login.anchor for login in logins}))
        # Shared devices hold entries of others: read on until the page is full.
        page: list[Entry] = []
        below = before or _END
        while len(page) < limit:
            query = (keys_json([*own, *devices]), below, limit)
            rows = self._execute(self._journal["newest_of_identities"], query)
            entries = [entry_of(row) for row in rows]
            page += own_entries(alive, entries, devices, logins, anchors)
            if len(entries) < limit:
                break
            below = entries[-1].offset
        return page[:limit]

    def _alive(self, person_id: str) -> str:
        row = self._execute(self._links["winner"], (person_id,)).fetchone()
        return person_id if row is None else str(row[0])


def identifier_key(identifier: Identifier) -> tuple[str, str]:
    """Return (kind, value)."""
    return identifier.kind, identifier.value


class SqliteRegister:
    """Implements `core.ports.Registers`."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._execute = connection.execute
        self._sql = load_statements("reading")

    def promises(
        self, status: str = "", definition: str = "", limit: int = 200
    ) -> Sequence[PromiseRow]:
        values = {"status": status, "definition": definition, "limit": limit}
        return [
            PromiseRow(
                person_id=row[2],
                label=row[3],
                change=_promise.decode(row[0]),
                changed_at=from_us(row[1]),
            )
            for row in self._execute(self._sql["promises"], values)
        ]

    def messages(
        self, message_id: str = "", state: str = "", limit: int = 200
    ) -> Sequence[tuple[MessageRow, Content | None]]:
        values = {"message_id": message_id, "state": state, "limit": limit}
        return [
            (message_of(row), None if row[12] is None else _content.decode(row[12]))
            for row in self._execute(self._sql["messages"], values)
        ]

    def cases(self, limit: int = 200) -> Sequence[CaseRow]:
        rows = []
        for body, opened_us, person_id, label in self._execute(self._sql["cases"], (limit,)):
            case = _case.decode(body)
            rows.append(
                CaseRow(
                    case_id=case.case_id,
                    person_id=person_id,
                    label=label,
                    department=case.department,
                    title=case.title,
                    reason=case.reason,
                    ref=case.ref,
                    opened_at=from_us(opened_us),
                    due_at=case.due_at,
                )
            )
        return rows

    def sources(
        self, source: str = "", limit: int = 200
    ) -> tuple[Sequence[SourceRow], Sequence[Rejected]]:
        counts = [
            SourceRow(
                source=row[0],
                accepted_count=row[1],
                duplicate_count=row[2],
                rejected_count=row[3],
                last_at=from_us(row[4]) if row[4] else None,
            )
            for row in self._execute(self._sql["sources"])
        ]
        rejected = [
            Rejected(
                source=row[0],
                at=from_us(row[1]),
                code=row[2],
                message=row[3],
                item=row[4],
                number=row[5],
            )
            for row in self._execute(self._sql["rejected"], {"source": source, "limit": limit})
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
        self._execute = connection.execute
        self._sql = load_statements("journal")

    def last(self) -> int:
        return int(self._execute(self._sql["last"]).fetchone()[0])

    def after(self, offset: int, limit: int = 500) -> Sequence[tuple[Entry, str, str]]:
        rows = self._execute(self._sql["after"], (offset, limit))
        return [(entry_of(row), row[7], row[8]) for row in rows]
