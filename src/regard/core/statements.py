"""Named SQL: a text of ``-- name:`` blocks into a mapping of name to statement.

Every statement has a name and a comment line below it; a text that breaks this is refused at start.
Whoever has SQL keeps it in `.sql` files of its own room and calls statements by name.
"""

from __future__ import annotations

from collections.abc import Mapping
from types import MappingProxyType

from regard.core.errors import Broken

_MARK = "-- name: "


def named_statements(text: str, file: str) -> Mapping[str, str]:
    """Return the statements of a text by their names, each on one line without its end."""
    statements: dict[str, str] = {}
    for block in text.split(_MARK)[1:]:
        title, comment, *lines = block.strip().splitlines()
        if not comment.startswith("-- "):
            raise Broken(f"Statement {title!r} of {file} has no comment line below its name.")
        statements[title.strip()] = " ".join(" ".join(lines).split()).rstrip(";")
    return MappingProxyType(statements)
