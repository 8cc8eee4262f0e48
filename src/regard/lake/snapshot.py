"""Who is who now: persons, identifiers, and which rows of the lake say another person by now.

Rows keep the person as known when they were written, and closed days never change. So a snapshot
says of which identities that is not true any more: somebody logged in later, two turned out to be
one, one turned out to be two, a device turned out to be shared. Views join that small table.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from contextlib import ExitStack, contextmanager
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import msgspec

from regard.core.attribution import by_device
from regard.core.graph import Login, Node
from regard.core.person import Person
from regard.core.ports import Reading
from regard.lake.manifest import Manifest, Snapshot
from regard.lake.parquet import Connection, listed, rows_query, statement, write_file
from regard.lake.rows import key_of
from regard.lake.tables import FLAG, JSON, MOMENT, TEXT, TEXTS

PAGE = 1_000

BEGINNING = datetime(1, 1, 1, tzinfo=UTC)
END = datetime(9999, 12, 31, tzinfo=UTC)
"""A holding that has no beginning or end has these; Parquet readers differ about infinity."""

PERSON = {"person_id": TEXT, "person_key": "BIGINT"}
SCHEMAS: Mapping[str, Mapping[str, str]] = {
    "persons": {
        **PERSON,
        "first_seen_at": MOMENT,
        "last_seen_at": MOMENT,
        "last_channel": TEXT,
        "traits": JSON,
        "consents": JSON,
        "audiences": TEXTS,
        "is_frozen": FLAG,
        "is_erased": FLAG,
        "is_department": FLAG,
    },
    "identifiers": {
        **PERSON,
        "kind": TEXT,
        "value": TEXT,
        "identity": "BIGINT",
        "first_at": MOMENT,
        "shared": TEXT,
    },
    "shared": {"identity": "BIGINT", "since": MOMENT, "until": MOMENT, **PERSON},
}
"""What a snapshot is read into; `shared` are spells in which somebody held a shared identity."""

WRITTEN = {"identity": "BIGINT", "happened_at": MOMENT, "person_id": TEXT}

_encode = msgspec.json.Encoder().encode
Write = Callable[[str, Mapping[str, Any]], None]


def take_snapshot(
    reading: Reading, folder: Path, manifest: Manifest, connection: Connection, scratch: Path
) -> Snapshot:
    """Write who is who in one consistent moment; the lake's rows are compared with it."""
    last = reading.tail.last()
    place = f"snapshots/{last:012}"
    _gather(reading, scratch)
    for name in SCHEMAS:
        _load(connection, "keep_rows", name, scratch)
    written = _written(folder, manifest)
    _remember(connection, folder, manifest)
    _add_unknown(reading, connection, written, scratch)
    _compare(connection, written)
    for name in (*SCHEMAS, "changed"):
        _write(connection, f"FROM {name}", folder / place, name, scratch)
    for name in ("moved", "moved_between"):
        _write(connection, statement(name), folder / place, name, scratch)
    return Snapshot(path=place, last=last, compared_to=manifest.closed_to)


def _load(connection: Connection, how: str, name: str, scratch: Path) -> None:
    lines = str(scratch / f"{name}.jsonl")
    query = rows_query(SCHEMAS[name])
    connection.execute(statement(how, name=name, query=query), {"lines": lines})


def _write(connection: Connection, query: str, place: Path, name: str, scratch: Path) -> None:
    path = place / f"{name}.parquet"
    path.unlink(missing_ok=True)  # of a run that was killed, perhaps with rows where none are now
    write_file(connection, query, path, scratch / "draft.parquet")


def _written(folder: Path, manifest: Manifest) -> str:
    """Return the query of the rows that were written since the last snapshot."""
    compared_to = manifest.snapshot.compared_to if manifest.snapshot else 0
    parts = [folder / part.path for part in manifest.parts if part.last > compared_to]
    parts += [folder / part.path for part in manifest.open_parts]
    return statement("plain_files", files=listed(parts)) if parts else _nothing(WRITTEN)


def _remember(connection: Connection, folder: Path, manifest: Manifest) -> None:
    """Load what the last snapshot said."""
    there = folder / manifest.snapshot.path if manifest.snapshot else None
    for name in ("identifiers", "shared", "changed"):
        path = there / f"{name}.parquet" if there else None
        columns = SCHEMAS.get(name, {"identity": "BIGINT"})
        query = _from(path) if path and path.is_file() else _nothing(columns)
        connection.execute(statement("keep_rows", name=f"{name}_before", query=query))


def _add_unknown(reading: Reading, connection: Connection, written: str, scratch: Path) -> None:
    """Add identifiers that nobody with a state has: those of devices which became shared."""
    found = connection.execute(statement("unknown", written=written))
    with _files(scratch) as write:
        while rows := found.fetchmany(PAGE):
            nodes = reading.identities.graph.nodes([row[0] for row in rows])
            _write_nodes(reading, [*nodes.values()], write)
    for name in ("identifiers", "shared"):
        _load(connection, "add_rows", name, scratch)


def _compare(connection: Connection, written: str) -> None:
    """Find the identities that moved since the last snapshot, or since their rows were written."""
    for end in ("", "_before"):
        tables = {"shared": f"shared{end}", "identifiers": f"identifiers{end}"}
        connection.execute(statement("holdings", name=f"holdings{end}", **tables))
    connection.execute(statement("changed", before="FROM changed_before", written=written))


def _from(path: Path) -> str:
    return statement("plain_files", files=listed([path]))


def _nothing(columns: Mapping[str, str]) -> str:
    typed = ", ".join(f"NULL::{kind} AS {name}" for name, kind in columns.items())
    return f"SELECT {typed} WHERE false"


def _gather(reading: Reading, scratch: Path) -> None:
    """Write persons, identifiers and spells as lines of JSON."""
    graph = reading.identities.graph
    with _files(scratch) as write:
        for ids in _pages(reading):
            clusters = graph.clusters(ids).values()
            _write_nodes(reading, [node for _, nodes in clusters for node in nodes], write)
            for person_id in ids:
                person = reading.people.read(person_id)
                if person is not None and person.id == person_id:
                    write("persons", _person(person))


def _write_nodes(reading: Reading, nodes: list[Node], write: Write) -> None:
    for node in nodes:
        write("identifiers", _identifier(node))
    for spell in _spells(reading, nodes):
        write("shared", spell)


@contextmanager
def _files(scratch: Path) -> Iterator[Write]:
    """Yield what writes a row into the lines of a table; all of them begin empty."""
    with ExitStack() as stack:
        files = {
            name: stack.enter_context((scratch / f"{name}.jsonl").open("wb")) for name in SCHEMAS
        }

        def write(name: str, row: Mapping[str, Any]) -> None:
            files[name].write(_encode(row))
            files[name].write(b"\n")

        yield write


def _pages(reading: Reading) -> Iterator[list[str]]:
    after = ""
    while ids := [*reading.rollouts.walk(after, PAGE)]:
        yield ids
        after = ids[-1]


def _person(person: Person) -> dict[str, Any]:
    return {
        "person_id": person.id,
        "person_key": key_of(person.id),
        "first_seen_at": person.first_seen_at,
        "last_seen_at": person.last_seen_at,
        "last_channel": person.last_channel,
        "traits": {name: claim.value for name, claim in person.claims.items()},
        "consents": {about: word.is_granted for about, word in person.consents.items()},
        "audiences": [name for name, state in person.audiences.items() if state.change.is_member],
        "is_frozen": person.is_frozen,
        "is_erased": person.is_erased,
        "is_department": person.is_department,
    }


def _identifier(node: Node) -> dict[str, Any]:
    return {
        "person_id": node.person_id,
        "person_key": key_of(node.person_id),
        "kind": node.identifier.kind,
        "value": node.identifier.value,
        "identity": node.identity,
        "first_at": node.first_at,
        "shared": node.shared,
    }


def _spells(reading: Reading, nodes: list[Node]) -> Iterator[dict[str, Any]]:
    """Yield who held each shared identity from when to when (`core.attribution`)."""
    devices = [node.identity for node in nodes if node.shared]
    if not devices:
        return
    graph = reading.identities.graph
    logins = graph.logins(devices)
    anchors = graph.nodes(sorted({login.anchor for login in logins}))
    for device, group in by_device(logins).items():
        for since, until, person_id in _held(group, anchors):
            yield {
                "identity": device,
                "since": since,
                "until": until,
                "person_id": person_id,
                "person_key": key_of(person_id),
            }


def _held(
    logins: list[Login], anchors: Mapping[int, Node]
) -> Iterator[tuple[datetime, datetime, str]]:
    """Yield spells without gaps; before the first login it was whoever logged in first."""
    since, holder = BEGINNING, anchors[logins[0].anchor].person_id
    for login in logins[1:]:
        person_id = anchors[login.anchor].person_id
        if person_id != holder:
            yield since, login.at, holder
            since, holder = login.at, person_id
    yield since, END, holder
