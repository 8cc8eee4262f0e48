"""The statements of PostgreSQL, and which of them take a whole batch at once.

A batch statement reads its rows from ``unnest``: one round trip for five hundred rows. A line
``-- batch: 1 2`` below its comment says which columns are the key that must not come twice in
one batch, since PostgreSQL refuses to change a row twice in one statement (``-``: it may).
Lists are written ``%b``: they go binary, which is several times cheaper to make.
"""

from __future__ import annotations

import re
from collections.abc import Mapping
from functools import cache
from types import MappingProxyType
from typing import NamedTuple

from regard.store.statements import load_statements

FOLDER = "sql_postgresql"

_BATCH = re.compile(r"-- batch: ([\d ]+|-) (?=[A-Z])")


class Statements(NamedTuple):
    """Statements by their names, and the key columns (from 0) of those that take batches."""

    texts: Mapping[str, str]
    keys: Mapping[str, tuple[int, ...]]


@cache
def statements_of(room: str) -> Statements:
    """Return the statements of ``sql_postgresql/<room>.sql``."""
    texts: dict[str, str] = {}
    keys: dict[str, tuple[int, ...]] = {}
    for name, text in load_statements(room, FOLDER).items():
        found = _BATCH.match(text)
        texts[name] = text[found.end() :] if found else text
        if found:
            keys[texts[name]] = tuple(int(n) - 1 for n in found[1].split() if n != "-")
    return Statements(MappingProxyType(texts), MappingProxyType(keys))
