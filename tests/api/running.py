"""The house behind the API in its tests: the real engine and ledger over an in-memory store.

What came in is read from the store, as the console reads it; `settle` lets everything follow from
it, so that people can be read.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence

from regard.assembly import build_ledger
from regard.core.event import Event
from regard.core.program import Program
from regard.core.rows import Rejected
from regard.runtime.engine import Engine
from regard.runtime.health import Health
from regard.store import MemoryStore
from regard.testing import VirtualClock


class Running:
    """An engine that turns until `stop`."""

    def __init__(self, program: Callable[[], Program], clock: VirtualClock) -> None:
        self.store = MemoryStore()
        self.ledger = build_ledger(self.store, program)
        self.engine = Engine(self.ledger, clock)
        self.health = Health(self.engine, self.store, clock)
        self.engine.start()

    def events(self) -> list[Event]:
        """Return the events that were taken, in order."""
        with self.store.reading() as reading:
            entries = [entry for entry, _, _ in reading.tail.after(0, 10_000)]
        return [entry.body for entry in entries if isinstance(entry.body, Event)]

    def rejected(self) -> Sequence[Rejected]:
        """Return the items that were refused and kept, in the order of their batch."""
        with self.store.reading() as reading:
            return sorted(reading.registers.sources()[1], key=lambda item: item.number)

    def duplicate_count(self) -> int:
        with self.store.reading() as reading:
            return sum(row.duplicate_count for row in reading.registers.sources()[0])

    def stop(self) -> None:
        """End the engine, as a server that is shutting down does."""
        self.engine.stop()

    def settle(self) -> None:
        """End the engine and let everything follow from what came in."""
        self.stop()
        while self.ledger.advance():
            pass
