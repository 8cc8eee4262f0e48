"""DuckDB as the lake's writer and reader of Parquet files: a session, and statements by name.

Names of files and columns cannot be bound as values, so statements have places ``<like this>``
that are filled with what this room made itself, quoted.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from functools import cache
from importlib.resources import files
from pathlib import Path
from typing import Any

import duckdb

from regard.core.statements import named_statements
from regard.lake.manifest import publish
from regard.lake.tables import SCHEMA

Connection = duckdb.DuckDBPyConnection
Settings = dict[str, str | bool | int | float | list[str]]

WRITER: Settings = {
    "threads": 1,
    "memory_limit": "1GB",
    "autoinstall_known_extensions": "false",
    "autoload_known_extensions": "false",
}
"""The lake is filled beside a house that serves: it takes one core and a bounded memory."""


def writer(scratch: Path) -> Connection:
    """Return a session that writes files; what does not fit into memory goes to `scratch`."""
    return duckdb.connect(config={**WRITER, "temp_directory": str(scratch)})


def statement(title: str, /, **places: str) -> str:
    """Return a named statement with its places filled."""
    text = _statements()[title]
    for place, value in places.items():
        text = text.replace(f"<{place}>", value)
    return text


def write_file(connection: Connection, query: str, path: Path, draft: Path, **values: Any) -> int:
    """Write the rows of a query as one file that is there as a whole or not at all.

    It grows as `draft`, on the same disk. Returns how many rows there were; of none no file is
    made.
    """
    sql = statement("write", query=query, schema=str(SCHEMA))
    counted = connection.execute(sql, {"path": str(draft), **values}).fetchone()
    count = int(counted[0]) if counted else 0
    if count:
        publish(draft, path)
    else:
        draft.unlink(missing_ok=True)
    return count


def rows_query(schema: Mapping[str, str]) -> str:
    """Return the query of the rows in a file of JSON lines (its value ``lines``)."""
    return statement("rows", columns=", ".join(f"{quoted(n)}: '{t}'" for n, t in schema.items()))


def listed(paths: Iterable[Path]) -> str:
    """Return paths as SQL texts with commas between them."""
    return ", ".join(text_of(str(path)) for path in paths)


def text_of(value: str) -> str:
    """Return a text as SQL writes it."""
    return "'" + value.replace("'", "''") + "'"


def quoted(name: str) -> str:
    """Return a name as SQL writes it, a word of SQL or not."""
    return '"' + name.replace('"', '""') + '"'


@cache
def _statements() -> Mapping[str, str]:
    text = (files("regard.lake") / "sql" / "lake.sql").read_text(encoding="utf-8")
    return named_statements(text, "lake.sql")
