"""Folds the WAL into the file beside the writer, so that no write waits for it.

Folding 16,000 pages takes some 70 ms, and SQLite lets the commit do it that comes upon them: one
write in a hundred was late by that. A thread with a connection of its own does it earlier (a
passive checkpoint holds up nobody). It is woken after commits; when it fails, or cannot follow,
the writer's own checkpoint is still there and says why.
"""

from __future__ import annotations

import sqlite3
from contextlib import closing, suppress
from pathlib import Path
from threading import Event, Thread

ROWS = 4_000
"""Rows changed before the WAL is folded: about as many pages, when all are people's of their own,
and a quarter of what makes the writer do it."""

ROUNDS_MAX = 3
"""Passes in a row: each folds what was written during the one before, until that is nothing. Then
the WAL begins anew, else it grows until the writer folds the little that is left."""


class Checkpointer:
    """One thread that folds the WAL of a file when there is enough in it."""

    def __init__(self, path: Path) -> None:
        self._path = path
        self._has_news = Event()
        self._is_due = False
        self._is_closed = False
        self._folded = 0
        self._thread = Thread(target=self._run, name="checkpoint", daemon=True)
        self._thread.start()

    def note(self, changed: int) -> bool:
        """Take note, after a commit, of how many rows the writer has changed in all.

        Return whether that made the WAL due.
        """
        if changed - self._folded < ROWS:
            return False
        self._folded = changed
        self._is_due = True
        self._has_news.set()
        return True

    def close(self) -> None:
        """End the thread; what is due it folds before."""
        self._is_closed = True
        self._has_news.set()
        self._thread.join()

    def _run(self) -> None:
        while True:
            self._has_news.wait()
            self._has_news.clear()
            is_last = self._is_closed
            if self._is_due:
                self._is_due = False
                # Full, or locked: the writer meets the same and tells it.
                with suppress(sqlite3.Error):
                    self._fold()
            if is_last:
                return

    def _fold(self) -> None:
        # Read and write, but never make it: a file that was moved away is not to be there again.
        place = f"{self._path.absolute().as_uri()}?mode=rw"
        with closing(sqlite3.connect(place, uri=True, isolation_level=None)) as connection:
            before = -1
            for _ in range(ROUNDS_MAX):
                row = connection.execute("PRAGMA wal_checkpoint(PASSIVE)").fetchone()
                is_busy, _, folded = row
                if is_busy or folded == before:
                    return
                before = folded
