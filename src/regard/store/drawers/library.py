"""Read sessions on one database: a bounded pool that any thread takes from.

A store opens a session when none is idle, gives it back after use and closes it when there are
enough, so that sixteen browsers do not cost sixteen openings a second.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager
from queue import Empty, Full, LifoQueue

from regard.core.errors import Broken
from regard.store.drawers.link import Link
from regard.store.drawers.reading import SqlReading

READERS_MAX = 16
"""Idle read sessions kept; more are opened when needed and closed after use."""

Telling = Callable[[], AbstractContextManager[None]]
"""Turns what a database raises into an error of ours."""


class SqlLibrary:
    """Read sessions on one place; safe beside the process that writes it, which it never fences."""

    def __init__(self, place: str, opened: Callable[[], Link], telling: Telling) -> None:
        self._place = place
        self._opened = opened
        self._telling = telling
        self._sessions: LifoQueue[SqlReading] = LifoQueue(READERS_MAX)
        self._is_closed = False

    @contextmanager
    def reading(self) -> Iterator[SqlReading]:
        """Open a read session of one consistent moment: that of the call."""
        self._refuse_when_closed()
        with self._telling():
            session = self._session()
            try:
                session.begin()
                yield session
            finally:
                self._end(session)

    def close(self) -> None:
        """Close every idle session."""
        self._is_closed = True
        while not self._sessions.empty():
            self._sessions.get_nowait().close()

    def _session(self) -> SqlReading:
        try:
            return self._sessions.get_nowait()
        except Empty:
            return SqlReading(self._opened())

    def _end(self, session: SqlReading) -> None:
        try:
            session.end()
            if self._is_closed:
                raise Full
            self._sessions.put_nowait(session)
        except Full:
            session.close()
        except BaseException:
            session.close()
            raise

    def _refuse_when_closed(self) -> None:
        if self._is_closed:
            raise Broken(f"The store {self._place} is closed.", code="store_closed")
