"""What a store offers to the loop: one write transaction with four drawers, and read sessions.

A store is synchronous and has one writer. Everything inside `Store.writing()` becomes visible
and durable together, or not at all. Two implementations pass one contract suite: SQLite and the
in-memory twin; PostgreSQL joins behind the same verbs. The drawers hold no rules of ours.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from typing import Protocol

from msgspec import Struct

from regard.core.event import MessageOutcome
from regard.core.facts import CaseOpened, Decided, Entry, PromiseChanged, RunChanged
from regard.core.graph import Cluster, Edge, GraphChange, Login, Node
from regard.core.person import Person
from regard.core.ports import Reading
from regard.core.rows import Content, MessageRow, Rejected, Timer


class JournalDrawer(Protocol):
    """The only truth. Offsets start at 1 and have no gaps; entries are never changed."""

    def known(self, keys: Sequence[bytes]) -> Mapping[bytes, int]:
        """Return those keys that were appended before, with their offsets."""
        ...

    def append(self, entries: Sequence[Entry], keys: Sequence[bytes]) -> None:
        """Append entries whose offsets continue the journal.

        `keys` belong to the first ``len(keys)`` entries and are remembered for ever. Raises
        `Broken` when an offset does not continue the journal or a key is known.
        """
        ...

    def inputs(self, after: int, limit: int) -> Sequence[Entry]:
        """Return inputs (not derived facts) above offset `after`, oldest first."""
        ...

    def last(self) -> int:
        """Return the highest offset, 0 when empty."""
        ...

    def of_identities(self, identities: Sequence[int], below_stamp: int) -> Sequence[Entry]:
        """Return all entries that hang on `identities`, in stamp order, below `below_stamp`."""
        ...


class GraphDrawer(Protocol):
    """Identifiers, evidence and clusters."""

    def nodes(self, identities: Sequence[int]) -> Mapping[int, Node]: ...

    def edges(
        self, identities: Sequence[int] = (), pairs: Sequence[tuple[int, int]] = ()
    ) -> Sequence[Edge]:
        """Return every edge that touches one of `identities`, and those that join `pairs`."""
        ...

    def clusters(
        self, person_ids: Sequence[str], *, with_members: bool = True
    ) -> Mapping[str, tuple[Cluster, Sequence[Node]]]:
        """Return clusters with their member nodes (none when not asked for: the hot path)."""
        ...

    def logins(self, devices: Sequence[int]) -> Sequence[Login]:
        """Return the logins on shared devices, by device and time."""
        ...

    def save(self, change: GraphChange) -> None:
        """Write a change. Uniqueness of an identity is held here; a clash raises `Broken`."""
        ...


class Pending(Struct, frozen=True, kw_only=True):
    """Persons to mend before the next step: losers to absorb, stale ones to fold again."""

    losers: dict[str, tuple[str, ...]]
    stale: frozenset[str]


class StateDrawer(Protocol):
    """Persons as folded so far, and how far that is."""

    def load(self, person_ids: Sequence[str]) -> Mapping[str, Person]: ...

    def pending(self) -> Pending:
        """Return all persons to mend; nearly always none."""
        ...

    def save(self, persons: Sequence[Person], gone: Sequence[str]) -> None:
        """Write persons, remove `gone` ones; both stop being pending."""
        ...

    def cursor(self, name: str) -> int:
        """Return the offset up to which reader `name` has come (0 at first)."""
        ...

    def advance(self, name: str, seen: int, to: int) -> None:
        """Move a cursor from `seen` to `to`; raise `Fenced` unless it still stands at `seen`."""
        ...


class Projection(Struct, frozen=True, kw_only=True):
    """What a batch of facts changes in the registers. All of it can be rebuilt from the journal.

    `timers` set or (due None) clear a moment; `tallies` count up (UTC day, name, key). Changes of
    `promises` and `runs` are counted as passages too, by where the same one stood before.
    """

    timers: tuple[tuple[str, int, datetime, datetime | None], ...] = ()
    promises: tuple[tuple[int, datetime, PromiseChanged], ...] = ()
    runs: tuple[tuple[int, datetime, datetime, RunChanged], ...] = ()
    messages: tuple[tuple[int, datetime, datetime, Decided], ...] = ()
    outcomes: tuple[tuple[datetime, MessageOutcome], ...] = ()
    receipts: tuple[tuple[datetime, str, str], ...] = ()
    cases: tuple[tuple[int, datetime, CaseOpened], ...] = ()
    tallies: tuple[tuple[str, str, str, int], ...] = ()


class RegisterDrawer(Protocol):
    """Timers, promises, outbox, cases, tallies, and the two things kept beside the journal."""

    def project(self, change: Projection) -> None: ...

    def due(self, now: datetime, limit: int) -> tuple[Sequence[Timer], datetime | None]:
        """Return timers due at `now`, earliest first, and when the next one is due."""
        ...

    def queued(self, now: datetime, limit: int) -> tuple[Sequence[MessageRow], datetime | None]:
        """Return messages that may be handed over now, oldest first, and when more may be."""
        ...

    def claim(self, message_ids: Sequence[str], token: int, now: datetime) -> None:
        """Mark messages as claimed under a fencing token."""
        ...

    def keep(
        self,
        contents: Sequence[Content],
        rejected: Sequence[Rejected],
        counts: Mapping[str, tuple[int, int, int]],
        now: datetime,
    ) -> None:
        """Keep what was said, what was refused, and (accepted, duplicate, rejected) by source."""
        ...


class Writing(Protocol):
    """One write transaction. `token` is this writer's fencing token."""

    @property
    def journal(self) -> JournalDrawer: ...

    @property
    def graph(self) -> GraphDrawer: ...

    @property
    def states(self) -> StateDrawer: ...

    @property
    def registers(self) -> RegisterDrawer: ...

    @property
    def token(self) -> int: ...


class Store(Protocol):
    """A store of the house."""

    def writing(self, *, is_durable: bool = True) -> AbstractContextManager[Writing]:
        """Begin a write transaction; commits on leaving, rolls back on an exception.

        One that is not `is_durable` may be lost with all after it when the power fails before
        the next durable one (never when only the process ends): for what a reader of the journal
        would conclude again.
        Raises `Fenced` when another process has taken the store over since, `Unavailable` when
        the disk is full or the store is locked.
        """
        ...

    def reading(self) -> AbstractContextManager[Reading]:
        """Open a read session of one consistent moment; from any thread."""
        ...

    def forget_views(self) -> None:
        """Empty every view that can be rebuilt from the journal."""
        ...

    def digest(self) -> Mapping[str, str]:
        """Return a hash of the bytes of each view by its name, to compare after a rebuild."""
        ...

    def close(self) -> None: ...
