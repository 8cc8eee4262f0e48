"""Reads the file where the system has it in memory, instead of copying it page by page.

Among two million identifiers nearly every look-up meets pages that the cache of a connection does
not hold, and a copy costs as much as finding the row in it. What is mapped is the system's own
cache of the file, shared by all connections, so it takes no memory of ours. Writes go as before.
"""

from __future__ import annotations

import sqlite3
from contextlib import suppress
from pathlib import Path

MAPPED_MAX = 0x7FFF_0000
"""Bytes that SQLite maps at most (its own bound); what lies behind them is copied."""

_STEP = 65_536
"""Less by so much is another bound: SQLite maps anew only when it changes."""


def map_file(connection: sqlite3.Connection) -> None:
    """Let a connection read the file mapped; one that only reads maps each moment anew."""
    connection.execute(f"PRAGMA mmap_size = {MAPPED_MAX}").fetchall()


class FileMap:
    """The mapping of the writer's connection: made once, it does not grow with the file."""

    def __init__(self, connection: sqlite3.Connection, path: Path) -> None:
        self._connection = connection
        self._path = path
        self._limit = MAPPED_MAX
        self._size = 0
        self.follow()

    def follow(self) -> None:
        """Map anew, between two transactions, when the file has grown by an eighth.

        Then all that was mapped is met anew once, so it is not for every page.
        """
        with suppress(OSError):  # moved away: the writer meets it and tells
            size = self._path.stat().st_size
            if self._size < MAPPED_MAX and size > self._size + self._size // 8:
                self._limit = 2 * MAPPED_MAX - _STEP - self._limit
                self._connection.execute(f"PRAGMA mmap_size = {self._limit}").fetchall()
                self._size = size
