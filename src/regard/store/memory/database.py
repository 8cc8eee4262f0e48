"""Transactions, read sessions, and fencing over tables in memory.

Transactions change the tables in place and are taken back by an undo log. A read session pins
the tables it was opened on: a writer that begins while they are pinned copies them first, so that
the session stays at its moment. Stores made by `reopen` share their data as processes share a
file.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from contextlib import AbstractContextManager
from threading import Lock
from types import TracebackType

from regard.core.errors import Broken, Fenced
from regard.core.ports import Reading
from regard.core.storage import Crew, Writing
from regard.store.encoding import digest_of
from regard.store.marks import refuse_marked
from regard.store.memory.belongings import MemoryBelongings, MemoryMarks
from regard.store.memory.graph import MemoryGraph
from regard.store.memory.journal import MemoryJournal
from regard.store.memory.places import MemoryPlaces
from regard.store.memory.reading import MemoryReading
from regard.store.memory.registers import MemoryRegisters
from regard.store.memory.rollouts import MemoryRollouts
from regard.store.memory.states import MemoryStates
from regard.store.memory.tables import Tables, UndoLog
from regard.store.memory.views import VIEWS
from regard.store.sequence import Sequential
from regard.store.solo import Solo
from regard.store.turns import Turn


class _Shared:
    """What all stores over the same data have in common."""

    def __init__(self) -> None:
        self.tables = Tables()
        self.token = 0
        self.turn = Turn()
        self._pins = 0
        self._pins_lock = Lock()
        self._reading = MemoryReading(self.tables)

    def take_fence(self) -> int:
        with self.turn.taken():
            self.token += 1
            return self.token

    def pin(self) -> MemoryReading:
        """Hold the tables as they were last committed, until they are let go."""
        with self.turn, self._pins_lock:
            self._pins += 1
            return self._reading

    def let_go(self, reading: MemoryReading) -> None:
        """Let go of tables that were held; those that were copied since are nobody's anyway."""
        with self._pins_lock:
            if reading is self._reading:
                self._pins -= 1

    def unpinned(self) -> Tables:
        """Return tables that may be changed in place: a copy, if somebody reads these."""
        with self._pins_lock:
            if self._pins:
                self.tables = self.tables.copy()
                self._reading = MemoryReading(self.tables)
                self._pins = 0
            return self.tables


class MemoryWriting:
    """The drawers over the tables, for one transaction after the other."""

    def __init__(self, tables: Tables, token: int) -> None:
        self.token = token
        self.tables = tables
        self.log = UndoLog()
        self.journal = MemoryJournal(tables, self.log)
        self.graph = MemoryGraph(tables, self.log)
        self.states = MemoryStates(tables, self.log)
        self.registers = MemoryRegisters(tables, self.log, MemoryPlaces(tables, self.graph))
        self.rollouts = MemoryRollouts(tables, self.log)
        self.belongings = MemoryBelongings(tables, self.log)
        self.marks = MemoryMarks(tables, self.log)
        self.queue = Sequential(self.journal, self.graph, self.states)

    def alone(self) -> None:
        """It is from the beginning."""


class _Transaction(AbstractContextManager[Writing]):
    """Takes the turn and checks the fence; commits on leaving, rolls back on an exception."""

    __slots__ = ("_drawers", "_turn", "_writing")

    def __init__(self, turn: Turn, drawers: Callable[[], MemoryWriting]) -> None:
        self._turn = turn
        self._drawers = drawers

    def __enter__(self) -> Writing:
        self._turn.__enter__()
        try:
            self._writing = self._drawers()
        except BaseException:
            self._turn.__exit__(None, None, None)
            raise
        return self._writing

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        try:
            if error is None:
                self._writing.log.forget()
            else:
                self._writing.log.roll_back()
        finally:
            self._turn.__exit__(None, None, None)


class _Session(AbstractContextManager[Reading]):
    """Holds the tables of one moment while it is open."""

    __slots__ = ("_reading", "_shared")

    def __init__(self, shared: _Shared) -> None:
        self._shared = shared

    def __enter__(self) -> Reading:
        self._reading = self._shared.pin()
        return self._reading

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._shared.let_go(self._reading)


class MemoryStore:
    """A store in memory. With `shared` it opens the data of another store, and fences that off.

    Unlike a file it has one view of its data per thread: opening a read session inside a write
    transaction of the same thread raises `Broken`.
    """

    def __init__(self, *, shared: MemoryStore | None = None) -> None:
        self._shared: _Shared = shared._shared if shared is not None else _Shared()
        refuse_marked(self._shared.tables.marks, "in memory")
        self._token = self._shared.take_fence()
        self._writing = MemoryWriting(self._shared.tables, self._token)
        self.crew: Crew = Solo()
        self._is_closed = False

    def reopen(self) -> MemoryStore:
        """Return a store over the same committed data, as a process started after this one."""
        return MemoryStore(shared=self)

    def writing(
        self,
        *,
        is_durable: bool = True,  # noqa: ARG002 - no disk
        is_alone: bool = True,  # noqa: ARG002 - always
    ) -> AbstractContextManager[Writing]:
        """Begin a write transaction; commit on leaving, roll back on an exception."""
        self._refuse_when_closed()
        return _Transaction(self._shared.turn, self._open_drawers)

    def reading(self) -> AbstractContextManager[Reading]:
        """Open a read session of one consistent moment: that of entering it."""
        self._refuse_when_closed()
        return _Session(self._shared)

    def beside(self) -> None:
        """Open none: one thread does everything over a store in memory."""

    def forget_views(self) -> None:
        """Empty every view that can be rebuilt from the journal."""
        self._refuse_when_closed()
        with self._shared.turn.taken():
            self._check_fence()
            self._shared.unpinned().clear_views()

    def digest(self) -> Mapping[str, str]:
        """Return a hash of the bytes of each view by its name."""
        self._refuse_when_closed()
        held = self._shared.pin()
        try:
            return {name: digest_of(rows(held.tables)) for name, rows in VIEWS.items()}
        finally:
            self._shared.let_go(held)

    def close(self) -> None:
        """End this store; its data stays for stores that share it."""
        self._is_closed = True

    def _open_drawers(self) -> MemoryWriting:
        """Return the drawers over the tables of now; raise `Fenced` when somebody took over."""
        self._check_fence()
        tables = self._shared.unpinned()
        if self._writing.tables is not tables:
            self._writing = MemoryWriting(tables, self._token)
        return self._writing

    def _check_fence(self) -> None:
        if self._token != self._shared.token:
            raise Fenced(
                "Another process has opened this store for writing since; this one stops.",
                hint="Run one `regard serve` per store.",
            )

    def _refuse_when_closed(self) -> None:
        if self._is_closed:
            raise Broken("The store in memory is closed.", code="store_closed")
