"""The WAL is folded into the file beside the writer."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from pathlib import Path

from regard.store.sqlite.checkpointing import ROWS, Checkpointer


def kept(path: Path, folder: Path) -> int:
    """Return how many rows the file holds without its WAL."""
    with closing(sqlite3.connect(shutil.copy(path, folder / "alone.db"))) as alone:
        return int(alone.execute("SELECT count(*) FROM word").fetchone()[0])


def test_much_is_folded_while_the_writer_stays_open(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("PRAGMA wal_autocheckpoint = 0")
        writer.execute("CREATE TABLE word (number INTEGER)")
        writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        checkpointer = Checkpointer(path)
        writer.execute("INSERT INTO word VALUES (1)")
        checkpointer.note(ROWS - 1)
        checkpointer.note(ROWS)
        checkpointer.close()
        assert kept(path, tmp_path) == 1


def test_little_waits(tmp_path: Path) -> None:
    path = tmp_path / "store.db"
    with closing(sqlite3.connect(path, isolation_level=None)) as writer:
        writer.execute("PRAGMA journal_mode = WAL")
        writer.execute("CREATE TABLE word (number INTEGER)")
        writer.execute("PRAGMA wal_checkpoint(TRUNCATE)")
        checkpointer = Checkpointer(path)
        writer.execute("INSERT INTO word VALUES (1)")
        checkpointer.note(ROWS - 1)
        checkpointer.close()
        assert kept(path, tmp_path) == 0


def test_a_file_that_is_gone_stops_nobody(tmp_path: Path) -> None:
    checkpointer = Checkpointer(tmp_path / "no folder" / "store.db")
    checkpointer.note(ROWS)
    checkpointer.close()
