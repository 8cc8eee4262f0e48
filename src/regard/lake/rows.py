"""Journal entries into rows of the lake's tables, as lines of JSON for DuckDB to read.

An entry with its person in; its table and one line out. Which field of a body goes to which column
is worked out once for each kind of body.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from functools import lru_cache
from operator import attrgetter
from types import MappingProxyType
from typing import Any

import msgspec
from msgspec import NODEFAULT
from msgspec.structs import fields

from regard.core.facts import Entry
from regard.core.ids import birth_identity_of
from regard.lake.tables import TABLES, Column, Table

KEYS_MAX = 65_536
"""Person keys remembered while a stretch is written; people come several times a day."""

TWICE = ("at", "received_at")
"""Fields of a body that its entry has as well."""

_encode = msgspec.json.Encoder().encode


@dataclass(frozen=True, slots=True)
class _Layout:
    """How bodies of one kind lie in their table."""

    table: str
    columns: tuple[tuple[str, Callable[[Any], Any]], ...]
    rest: tuple[tuple[str, Any], ...]
    kind: str


def row_of(entry: Entry, person_id: str) -> tuple[str, bytes]:
    """Return the table of an entry and its line; `person_id` is empty where it is nobody's."""
    body = entry.body
    layout = _LAYOUTS[type(body)]
    row: dict[str, Any] = {
        "journal_offset": entry.offset,
        "happened_at": entry.at,
        "received_at": entry.received_at,
        "cause": entry.cause,
        "part": entry.part,
        "identity": entry.identity,
        "person_id": person_id or None,
        "person_key": key_of(person_id),
    }
    if layout.kind:
        row["kind"] = layout.kind
    for name, read in layout.columns:
        row[name] = read(body)
    rest = {
        name: value
        for name, default in layout.rest
        if (value := getattr(body, name)) != default
        and not (name in TWICE and value == getattr(entry, name))
    }
    if rest:
        row["rest"] = rest
    return layout.table, _encode(row)


@lru_cache(maxsize=KEYS_MAX)
def key_of(person_id: str) -> int | None:
    """Return a person id as a number, None for nobody."""
    return birth_identity_of(person_id) if person_id else None


def _layout(table: Table, kind: type) -> _Layout:
    names = {field.name: field for field in fields(kind)}
    placed = [(c, c.place or c.name) for c in table.columns]
    held = [(c, place) for c, place in placed if place.partition(".")[0] in names]
    whole = {place for _, place in held}
    return _Layout(
        table=table.name,
        columns=tuple((c.name, _reader(c, place)) for c, place in held),
        rest=tuple((n, _default(f)) for n, f in names.items() if n not in whole),
        kind=str(kind.__struct_config__.tag) if len(table.kinds) > 1 else "",  # type: ignore[attr-defined]
    )


def _reader(column: Column, place: str) -> Callable[[Any], Any]:
    read, told = attrgetter(place), column.told
    return read if told is None else lambda body: told(read(body))


def _default(field: msgspec.structs.FieldInfo) -> Any:
    if field.default is not NODEFAULT:
        return field.default
    return NODEFAULT if field.default_factory is NODEFAULT else field.default_factory()


_LAYOUTS: Mapping[type, _Layout] = MappingProxyType(
    {kind: _layout(table, kind) for table in TABLES for kind in table.kinds}
)
