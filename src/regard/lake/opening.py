"""A lake opened for questions: views over its files, in a session that can do nothing but read.

A folder in, a session with one view for each table out, beside `persons`, `identifiers` and
`parts`. Persons are those of the last snapshot; `person_id_then` is as it was written. The session
reads the files that the manifest names and no others: no network, no extension, no setting.
"""

from __future__ import annotations

from pathlib import Path

import duckdb

from regard.core.errors import Refused
from regard.lake.manifest import Manifest, Part, read_manifest
from regard.lake.parquet import Connection, Settings, listed, quoted, statement, text_of
from regard.lake.snapshot import SCHEMAS
from regard.lake.tables import TABLES, Table

READER: Settings = {
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
    "errors_as_json": "true",
}

MOVING = ("person_id", "person_key")


def manifest_of(folder: Path) -> Manifest:
    """Return the manifest of a lake; raise `Refused` when there is none."""
    manifest = read_manifest(folder)
    if manifest is None:
        raise Refused(
            f"There is no lake in {folder}.",
            code="no_lake",
            hint="Fill it with `regard lake`, or name another folder with --lake.",
        )
    return manifest


def opened(folder: Path, manifest: Manifest) -> Connection:
    """Return a session with the views of a lake; to be closed by the caller."""
    connection = duckdb.connect(config=READER)
    moved = _snapshot_files(folder, manifest, ("moved", "moved_between"))
    known = _snapshot_files(folder, manifest, ("persons", "identifiers"))
    parts = (*manifest.parts, *manifest.open_parts)
    for table in TABLES:
        files = [folder / part.path for part in parts if part.table == table.name]
        connection.execute(_view(connection, table, files, moved))
    for name in ("persons", "identifiers"):
        connection.execute(_plain_view(name, known.get(name)))
    connection.execute(_parts_view(manifest))
    allowed = [folder / part.path for part in parts]
    allowed += [*moved.values(), *known.values()]
    if allowed:
        connection.execute(statement("only_these_files", files=listed(allowed)))
    connection.execute(statement("nothing_else"))
    connection.execute(statement("for_good"))
    return connection


def _view(connection: Connection, table: Table, files: list[Path], moved: dict[str, Path]) -> str:
    schema = {"day": "DATE", **table.schema}
    name = quoted(table.name)
    if not files:
        columns = [f"NULL::{kind} AS {quoted(column)}" for column, kind in schema.items()]
        columns.append('NULL::VARCHAR AS "person_id_then"')
        return statement("empty", name=name, columns=", ".join(columns))
    query = statement("files", files=listed(files))
    there = {str(row[0]) for row in connection.execute(f"DESCRIBE {query}").fetchall()}
    columns = [
        _column(column, kind, moved) if column in there else f"NULL::{kind} AS {quoted(column)}"
        for column, kind in schema.items()
    ]
    columns.append('e."person_id" AS "person_id_then"')
    joins = {
        end: statement(f"join_{end}", files=listed([moved[end]])) if end in moved else ""
        for end in ("moved", "moved_between")
    }
    return statement("view", name=name, columns=", ".join(columns), files=query, **joins)


def _column(column: str, kind: str, moved: dict[str, Path]) -> str:
    """Return a column in its type of today; those of the person as they are now."""
    own = f"e.{quoted(column)}"
    if column not in MOVING or not moved:
        return f"{own}::{kind} AS {quoted(column)}"
    now = [
        f"{alias}.{column}"
        for alias, end in (("b", "moved_between"), ("m", "moved"))
        if end in moved
    ]
    return f"coalesce({', '.join([*now, own])}) AS {quoted(column)}"


def _plain_view(name: str, path: Path | None) -> str:
    schema = SCHEMAS[name]
    if path is None:
        columns = ", ".join(f"NULL::{kind} AS {column}" for column, kind in schema.items())
        return statement("empty", name=name, columns=columns)
    return statement(
        "plain_view",
        name=name,
        columns=", ".join(f"e.{column}" for column in schema),
        files=statement("plain_files", files=listed([path])),
    )


def _parts_view(manifest: Manifest) -> str:
    rows = [_part_row(part, is_open=False) for part in manifest.parts]
    rows += [_part_row(part, is_open=True) for part in manifest.open_parts]
    nothing = "('', DATE '0001-01-01', 0, 0, 0, 0, false, '')"
    view = statement("parts_view", values=", ".join(rows or [nothing]))
    return view if rows else f"{view} WHERE false"


def _part_row(part: Part, *, is_open: bool) -> str:
    numbers = f"{part.first}, {part.last}, {part.row_count}, {part.byte_count}"
    return f"('{part.table}', DATE '{part.day}', {numbers}, {is_open}, {text_of(part.path)})"


def _snapshot_files(folder: Path, manifest: Manifest, names: tuple[str, ...]) -> dict[str, Path]:
    if manifest.snapshot is None:
        return {}
    place = folder / manifest.snapshot.path
    paths = {name: place / f"{name}.parquet" for name in names}
    return {name: path for name, path in paths.items() if path.is_file()}
