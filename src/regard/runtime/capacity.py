"""Whose hands are full: the work that each department was given of late, as the loop goes on.

Facts in as they are concluded, the moments by department out (`Standing.taken`), oldest first. The
projection counts each piece of work in the tallies (``taken:<department>`` by its moment): what a
process must know when it starts is read back from there, and a rebuild comes to the same.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterable, Mapping
from datetime import datetime, timedelta

from regard.core.clock import from_us, to_us
from regard.core.errors import Overtaken
from regard.core.facts import Body, CaseOpened, Decided, Entry
from regard.core.ports import Tail
from regard.core.settings import Department
from regard.core.storage import Store, Writing

KEPT_FOR = timedelta(days=1)
"""How far back work is kept: the longest window that a capacity may have."""

READER = "capacity"
"""Name of the cursor that stands at the latest work given, where processes share a store."""

ANSWERED = "answered"
"""Name of the cursor that stands at the latest answer that gave work, there as well."""

TALLY = "taken:"


def taken_by(body: Body) -> str:
    """Return the department that a fact gives work to, ``""`` for none."""
    if type(body) is Decided:
        return body.department if body.verdict == "send" else ""
    return body.department if type(body) is CaseOpened else ""


def tally_key(at: datetime) -> str:
    """Return the key under which work that was given at a moment is counted."""
    return str(to_us(at))


class CapacityBook:
    """Knows what was taken; one per ledger, used by its thread.

    `taken` is one mapping for good, so that a `Standing` that holds it is always of now; its values
    are replaced, never changed, so that other threads may read them meanwhile.
    """

    def __init__(self) -> None:
        self.taken: dict[str, tuple[datetime, ...]] = {}
        self._is_read = False
        self._read_to = 0

    def forget(self) -> None:
        """Know nothing: what was noted was taken back with its transaction."""
        self._is_read = False

    def keep_place(self, writing: Writing, offset: int) -> None:
        """Let the other processes know that work was given up to an offset.

        Raises `Overtaken` when one of them gave work since the book was read.
        """
        seen = writing.states.cursor(READER)
        if seen != self._read_to:
            raise Overtaken("Another process has given work meanwhile.")
        writing.states.advance(READER, seen, offset)
        self._read_to = offset

    def is_fresh(self, writing: Writing) -> bool:
        """Return whether the book knows all that was given, by any process, up to now.

        Not while an answer that gave work waits to be stepped: only then is it counted.
        """
        answered = writing.states.cursor(ANSWERED)
        if answered and writing.queue.waiting([answered]):
            return False
        if writing.states.cursor(READER) != self._read_to:
            self.forget()
        return self._is_read

    def promise(self, writing: Writing, offset: int) -> None:
        """Let other processes wait until an answer that gave work has been stepped."""
        writing.states.advance(ANSWERED, writing.states.cursor(ANSWERED), offset)

    def compare(self, tail: Tail) -> None:
        """Know nothing when another process has noted something since the book was read."""
        if tail.stepped(READER) != self._read_to:
            self.forget()

    def read(self, store: Store) -> None:
        """Read what earlier transactions noted, unless it is known. Not within a transaction."""
        if self._is_read:
            return
        found: dict[str, list[datetime]] = {}
        with store.reading() as reading:
            self._read_to = reading.tail.stepped(READER)
            last = reading.tail.last()
            entries = reading.tail.after(last - 1, 1) if last else ()
            # A day more than is kept: work is counted under the day of its moment.
            since = [(e.received_at - 2 * KEPT_FOR).date().isoformat() for e, _, _ in entries]
            tallies = reading.registers.tallies(since[0]) if since else ()
        for tally in tallies:
            if tally.name.startswith(TALLY):
                moments = found.setdefault(tally.name.removeprefix(TALLY), [])
                moments += [from_us(int(tally.key))] * tally.count
        self.taken.clear()
        self.taken.update({name: tuple(sorted(moments)) for name, moments in found.items()})
        self._is_read = True

    def note(self, facts: Iterable[Entry]) -> None:
        """Take note of facts that were just concluded."""
        for fact in facts:
            department = taken_by(fact.body)
            if department:
                self.take(department, fact.received_at)

    def take(self, department: str, at: datetime) -> None:
        """Take note of one piece of work."""
        before = self.taken.get(department, ())
        latest = max(before[-1], at) if before else at
        kept = [moment for moment in before if moment > latest - KEPT_FOR]
        self.taken[department] = tuple(sorted([*kept, at]))

    def has_room(self, department: Department, count: int, at: datetime) -> bool:
        """Return whether `count` more pieces of work fit at a moment (`decisions.capacity`)."""
        if department.capacity is None:
            return True
        start = at - department.capacity_window
        inside = [moment for moment in self.taken.get(department.id, ()) if moment > start]
        return len(inside) + count <= department.capacity


def has_room(
    book: CapacityBook,
    departments: Mapping[str, Department],
    given: Iterable[Decided],
    at: datetime,
) -> bool:
    """Return whether every department can still take what decisions of a request give it."""
    wanted = Counter(taken_by(decided) for decided in given)
    return all(
        book.has_room(departments[name], count, at)
        for name, count in wanted.items()
        if name in departments
    )
