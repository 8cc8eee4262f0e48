"""Transactions, read sessions, and fencing over tables in memory.

Transactions change the tables in place and are taken back by an undo log. A read session pins
the tables it was opened on: a writer that begins while they are pinned copies them first, so that
the session stays at its moment. Stores made by `reopen` share their data as processes share a
file.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import contextmanager
from threading import Lock

from regard.core.errors import Broken, Fenced
from regard.core.ports import Reading
from regard.core.storage import Writing
from regard.store.encoding import digest_of
from regard.store.memory.graph import MemoryGraph
from regard.store.memory.journal import MemoryJournal
from regard.store.memory.places import MemoryPlaces
from regard.store.memory.reading import MemoryReading
from regard.store.memory.registers import MemoryRegisters
from regard.store.memory.states import MemoryStates
from regard.store.memory.tables import Tables, UndoLog
from regard.store.memory.views import VIEWS
from regard.store.turns import Turn


class _Shared:
    """What all stores over the same data have in common."""

    def __init__(self) -> None:
        self.tables = Tables()
        self.token = 0
        self.turn = Turn()
        self._pins = 0
        self._pins_lock = Lock()

    def take_fence(self) -> int:
        with self.turn.taken():
            self.token += 1
            return self.token

    @contextmanager
    def pinned(self) -> Iterator[Tables]:
        """Hold the tables as they were last committed."""
        with self.turn.taken(), self._pins_lock:
            tables = self.tables
            self._pins += 1
        try:
            yield tables
        finally:
            with self._pins_lock:
                if tables is self.tables:
                    self._pins -= 1

    def unpinned(self) -> Tables:
        """Return tables that may be changed in place: a copy, if somebody reads these."""
        with self._pins_lock:
            if self._pins:
                self.tables = self.tables.copy()
                self._pins = 0
            return self.tables


class MemoryWriting:
    """The four drawers over the tables, inside one transaction."""

    def __init__(self, tables: Tables, log: UndoLog, token: int) -> None:
        self.token = token
        self.journal = MemoryJournal(tables, log)
        self.graph = MemoryGraph(tables, log)
        self.states = MemoryStates(tables, log)
        self.registers = MemoryRegisters(tables, log, MemoryPlaces(tables, self.graph))


class MemoryStore:
    """A store in memory. With `shared` it opens the data of another store, and fences that off.

    Unlike a file it has one view of its data per thread: opening a read session inside a write
    transaction of the same thread raises `Broken`.
    """

    def __init__(self, *, shared: MemoryStore | None = None) -> None:
        self._shared: _Shared = shared._shared if shared is not None else _Shared()
        self._token = self._shared.take_fence()
        self._is_closed = False

    def reopen(self) -> MemoryStore:
        """Return a store over the same committed data, as a process started after this one."""
        return MemoryStore(shared=self)

    @contextmanager
    def writing(self, *, is_durable: bool = True) -> Iterator[Writing]:  # noqa: ARG002 - no disk
        """Begin a write transaction; commit on leaving, roll back on an exception."""
        self._refuse_when_closed()
        with self._shared.turn.taken():
            self._check_fence()
            log = UndoLog()
            try:
                yield MemoryWriting(self._shared.unpinned(), log, self._token)
            except BaseException:
                log.roll_back()
                raise

    @contextmanager
    def reading(self) -> Iterator[Reading]:
        """Open a read session of one consistent moment: that of the call."""
        self._refuse_when_closed()
        with self._shared.pinned() as tables:
            yield MemoryReading(tables)

    def forget_views(self) -> None:
        """Empty every view that can be rebuilt from the journal."""
        self._refuse_when_closed()
        with self._shared.turn.taken():
            self._check_fence()
            self._shared.unpinned().clear_views()

    def digest(self) -> Mapping[str, str]:
        """Return a hash of the bytes of each view by its name."""
        self._refuse_when_closed()
        with self._shared.pinned() as tables:
            return {name: digest_of(rows(tables)) for name, rows in VIEWS.items()}

    def close(self) -> None:
        """End this store; its data stays for stores that share it."""
        self._is_closed = True

    def _check_fence(self) -> None:
        if self._token != self._shared.token:
            raise Fenced(
                "Another process has opened this store for writing since; this one stops.",
                hint="Run one `regard serve` per store.",
            )

    def _refuse_when_closed(self) -> None:
        if self._is_closed:
            raise Broken("The store in memory is closed.", code="store_closed")
