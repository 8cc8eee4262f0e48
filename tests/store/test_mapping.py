"""The writer reads the file mapped, also what the file has grown by."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from pathlib import Path

from regard.store.sqlite.mapping import FileMap


def bound(connection: sqlite3.Connection) -> int:
    """Return how many bytes a connection maps at most: it maps anew when that changes."""
    return int(connection.execute("PRAGMA mmap_size").fetchone()[0])


def test_a_file_that_has_grown_is_mapped_anew_and_read_alike(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("CREATE TABLE word (text TEXT)")
        mapped = FileMap(writer, path)
        before = bound(writer)
        mapped.follow()
        assert bound(writer) == before
        writer.execute("INSERT INTO word VALUES (?)", ("x" * 1_000_000,))
        mapped.follow()
        assert bound(writer) != before
        assert writer.execute("SELECT length(text) FROM word").fetchone() == (1_000_000,)


def test_a_file_that_was_moved_away_stops_nobody(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("CREATE TABLE word (text TEXT)")
        mapped = FileMap(writer, path)
        path.rename(tmp_path / "elsewhere.db")
        mapped.follow()
        assert writer.execute("SELECT count(*) FROM word").fetchone() == (0,)
