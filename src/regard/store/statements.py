"""The `.sql` files of the stores: statements by name, one file per drawer, and migrations.

All SQL of a drawer is in one place and can be read alone.
"""

from __future__ import annotations

from collections.abc import Mapping
from importlib.resources import files

from regard.core.statements import named_statements


def load_statements(name: str, folder: str = "sql") -> Mapping[str, str]:
    """Return the statements of ``<folder>/<name>.sql`` by their names."""
    text = (files("regard.store") / folder / f"{name}.sql").read_text(encoding="utf-8")
    return named_statements(text, f"{folder}/{name}.sql")


def migrations() -> list[tuple[int, str]]:
    """Return (number, script) of every migration, in order."""
    folder = files("regard.store") / "migrations"
    found = [p for p in folder.iterdir() if p.name.endswith(".sql")]
    return sorted((int(p.name.split("_")[0]), p.read_text(encoding="utf-8")) for p in found)
