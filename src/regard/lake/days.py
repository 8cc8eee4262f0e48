"""The journal cut into stretches: by day, and long days into pieces of bounded length.

A read port in, stretches of lines out. The day of an entry is that of its `received_at` (UTC), and
never before the day of an entry in front of it: so each day is one stretch of the journal, and it
is closed for good as soon as an entry of a later day is there. Late events are of the day on which
they arrived. No clock is read: the same journal is cut in the same way by everybody, at any time.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from datetime import date
from pathlib import Path
from typing import BinaryIO

from regard.core.facts import Entry
from regard.core.ports import Library
from regard.lake.rows import row_of

PAGE = 2_000
"""Entries in one read session."""

STRETCH_MAX = 500_000
"""Entries in one file and one step: what a kill may cost, and some 200 MB of lines on disk."""


class Stretch:
    """Entries of one day, gathered as lines of JSON in one file for each table."""

    def __init__(self, scratch: Path, day: date, first: int) -> None:
        self.day = day
        self.first = first
        self.last = first - 1
        self._scratch = scratch
        self._stack = ExitStack()
        self._files: dict[str, BinaryIO] = {}

    def __len__(self) -> int:
        return self.last - self.first + 1

    @property
    def lines(self) -> dict[str, Path]:
        """Return the file of each table that has rows, complete."""
        self._stack.close()
        return {name: self._path(name) for name in self._files}

    def add(self, entry: Entry, person_id: str) -> None:
        """Take the next entry."""
        table, line = row_of(entry, person_id)
        file = self._files.get(table)
        if file is None:
            file = self._stack.enter_context(self._path(table).open("wb"))
            self._files[table] = file
        file.write(line)
        file.write(b"\n")
        self.last = entry.offset

    def close(self) -> None:
        """Remove the lines."""
        for path in self.lines.values():
            path.unlink(missing_ok=True)

    def _path(self, table: str) -> Path:
        return self._scratch / f"{table}.jsonl"


def stretches(
    library: Library,
    after: int,
    day: date | None,
    scratch: Path,
    *,
    is_open: bool = False,
    length: int = STRETCH_MAX,
) -> Iterator[Stretch]:
    """Yield stretches of whole days behind entry `after`, whose day was `day`.

    With `is_open` all that is there. Each stretch is removed when the next is asked for.
    """
    until = None if is_open else last_day(library)
    stretch: Stretch | None = None
    for entry, person_id in _entries(library, after):
        day = max(day or entry.received_at.date(), entry.received_at.date())
        if until is not None and day >= until:
            break
        if stretch is not None and (day != stretch.day or len(stretch) >= length):
            yield stretch
            stretch.close()
            stretch = None
        stretch = stretch or Stretch(scratch, day, entry.offset)
        stretch.add(entry, person_id)
    if stretch is not None:
        yield stretch
        stretch.close()


def last_day(library: Library) -> date:
    """Return the day of the last entry: the days before it are closed."""
    with library.reading() as reading:
        found = reading.tail.after(max(reading.tail.last() - 1, 0), 1)
    return found[-1][0].received_at.date() if found else date.min


def _entries(library: Library, after: int) -> Iterator[tuple[Entry, str]]:
    offset = after
    while True:
        with library.reading() as reading:
            page = reading.tail.after(offset, PAGE)
        if not page:
            return
        for entry, person_id, _ in page:
            yield entry, person_id
        offset = page[-1][0].offset
