"""Named SQL: reads `.sql` files of ``-- name:`` blocks into a mapping of name to statement.

Every statement has a name and a comment line; a file that breaks this is refused at start. The
stores call statements by name, so that all SQL is in one place per drawer and can be read alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files
from types import MappingProxyType

from regard.core.errors import Broken

_MARK = "-- name: "


def load_statements(name: str) -> Mapping[str, str]:
    """Return the statements of ``sql/<name>.sql`` by their names."""
    text = (files("regard.store") / "sql" / f"{name}.sql").read_text(encoding="utf-8")
    return MappingProxyType(_parse(name, text))


def _parse(name: str, text: str) -> dict[str, str]:
    statements: dict[str, str] = {}
    for block in text.split(_MARK)[1:]:
        title, comment, *lines = block.strip().splitlines()
        if not comment.startswith("-- "):
            raise Broken(f"Statement {title!r} of {name}.sql has no comment line below its name.")
        statements[title.strip()] = " ".join(" ".join(lines).split()).rstrip(";")
    return statements


def migrations() -> list[tuple[int, str]]:
    """Return (number, script) of every migration, in order."""
    folder = files("regard.store") / "migrations"
    found = [p for p in folder.iterdir() if p.name.endswith(".sql")]
    return sorted((int(p.name.split("_")[0]), p.read_text(encoding="utf-8")) for p in found)
