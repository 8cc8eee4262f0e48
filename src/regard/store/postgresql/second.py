"""A second writer of one process, which steps every second share of what the process has.

Shares are independent of each other, so two loops need no order between them: while one waits for
the database the other computes. To the database they are two of a fleet under one lease.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager

from regard.core import storage as core
from regard.core.ports import Reading
from regard.store.postgresql.writer import Writer


class SecondStore:
    """Implements `core.storage.Store` over another session; all but writing is the first one's."""

    def __init__(self, first: core.Store, writer: Writer, closed: Callable[[], None]) -> None:
        self._first = first
        self._writer = writer
        self._closed = closed
        self.crew = first.crew

    def writing(
        self, *, is_durable: bool = True, is_alone: bool = True
    ) -> AbstractContextManager[core.Writing]:
        """Begin a write transaction on the second session."""
        return self._writer.writing(is_durable=is_durable, is_alone=is_alone)

    def reading(self) -> AbstractContextManager[Reading]:
        """Open a read session of one consistent moment."""
        return self._first.reading()

    def beside(self) -> None:
        """Open none: two loops are enough to wait for each other's database."""

    def forget_views(self) -> None:
        """Empty every view, as the first one does."""
        self._first.forget_views()

    def digest(self) -> Mapping[str, str]:
        """Return a hash of the bytes of each view by its name."""
        return self._first.digest()

    def close(self) -> None:
        """Close the session; its half is the first one's again."""
        self._writer.close()
        self._closed()
