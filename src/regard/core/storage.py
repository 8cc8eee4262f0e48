"""What a store offers to the loop: one write transaction with four drawers, and read sessions.

A store is synchronous and has one writer. Everything inside `Store.writing()` becomes visible
and durable together, or not at all. Two implementations pass one contract suite: SQLite and the
in-memory twin; PostgreSQL joins behind the same verbs. The drawers hold no rules of ours.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from contextlib import AbstractContextManager
from datetime import datetime
from types import MappingProxyType
from typing import Any, Literal, Protocol

from msgspec import Struct

from regard.core.event import MessageOutcome, ModelRemark, ProgramPublished, RolloutChanged
from regard.core.facts import CaseOpened, Decided, Entry, PromiseChanged, RunChanged
from regard.core.graph import GraphChange
from regard.core.person import Person
from regard.core.ports import GraphReader, Reading
from regard.core.rows import (
    CaseState,
    Content,
    Dated,
    MessageRow,
    MessageState,
    Rejected,
    Review,
    Timer,
)


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


class GraphDrawer(GraphReader, Protocol):
    """Identifiers, evidence, what was said, and clusters."""

    def save(self, change: GraphChange) -> None:
        """Write a change. Uniqueness of an identity is held here; a clash raises `Broken`."""
        ...

    def identities_of(self, person_id: str) -> Sequence[int]:
        """Return the identities that bear a person's label, in no order; of nobody none."""
        ...


class QueueDrawer(Protocol):
    """Inputs that wait to be stepped, each with the person it is about (``""``: nobody)."""

    def put(self, entries: Sequence[Entry]) -> None:
        """Let inputs wait that were appended, and whose identity was resolved, just now.

        What waited for people whom identity moved waits for those whose it is from now on.
        """
        ...

    def take(self, limit: int) -> Sequence[tuple[Entry, str]]:
        """Return the oldest inputs that this writer is to step; those of one person in order."""
        ...

    def done(self, taken: Sequence[tuple[Entry, str]]) -> None:
        """Let inputs wait no more; raise `Overtaken` unless all still waited for these persons."""
        ...

    def waiting(self, offsets: Collection[int]) -> Collection[int]:
        """Return those of some inputs that wait, whoever is to step them."""
        ...

    def expecting(self, person_ids: Sequence[str]) -> Collection[str]:
        """Return those of some persons about whom inputs wait, whoever is to step them."""
        ...


class Pending(Struct, frozen=True, kw_only=True):
    """Persons to mend before the next step: losers to absorb, stale ones to fold again.

    Who absorbs a loser that is stale is stale: losers are absorbed first.
    """

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


CaseMove = tuple[datetime, str, CaseState, str, str]
"""When, which case, its state from then on, by whom, and their note."""


class Projection(Struct, frozen=True, kw_only=True):
    """What a batch of facts changes in the registers. All of it can be rebuilt from the journal.

    `timers` set or (due None) clear a moment and end with the offset of what did so, `messages`
    begin with that of their decision: those that are due at one moment go in that order.
    `tallies` count up (UTC day, name, key). Changes of `promises` and `runs` are counted as
    passages too, by where the same one stood before.
    `reviews` are questions about identifiers, `answers` which act answers which of them (an empty
    act: none does any more), and its offset: what was asked behind it is asked anew.
    `decisions` begin with their offset and what they hang on.
    """

    timers: tuple[tuple[str, int, datetime, datetime | None, int], ...] = ()
    promises: tuple[tuple[int, datetime, PromiseChanged], ...] = ()
    runs: tuple[tuple[int, datetime, datetime, RunChanged], ...] = ()
    messages: tuple[tuple[int, int, datetime, datetime, Decided], ...] = ()
    outcomes: tuple[tuple[datetime, MessageOutcome], ...] = ()
    receipts: tuple[tuple[datetime, str, str], ...] = ()
    cases: tuple[tuple[int, datetime, CaseOpened], ...] = ()
    case_moves: tuple[CaseMove, ...] = ()
    rollouts: tuple[tuple[datetime, RolloutChanged], ...] = ()
    versions: tuple[tuple[int, datetime, ProgramPublished], ...] = ()
    tallies: tuple[tuple[str, str, str, int], ...] = ()
    reviews: tuple[Review, ...] = ()
    answers: tuple[tuple[str, str, int], ...] = ()
    remarks: tuple[tuple[int, datetime, ModelRemark], ...] = ()
    decisions: tuple[tuple[int, int, datetime, Decided], ...] = ()


class RegisterDrawer(Protocol):
    """Timers, promises, outbox, cases, tallies, and the two things kept beside the journal."""

    def project(self, change: Projection) -> None: ...

    def due(self, now: datetime, limit: int) -> tuple[Sequence[Timer], datetime | None]:
        """Return timers due at `now`, earliest first, and when the next one is due."""
        ...

    def queued(
        self, now: datetime, limit: int, turn: int = 1
    ) -> tuple[Sequence[MessageRow], datetime | None]:
        """Return messages that may be handed over now, and when more may be.

        Service before marketing before broadcasts, each oldest first; what goes behind gets a
        share nevertheless (of a single place every fourth `turn`).
        """
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


class RolloutDrawer(Protocol):
    """Walks over many people, and the folders of the programs that were published."""

    def running(self) -> Sequence[RolloutChanged]:
        """Return the rollouts that run now, those that started first first."""
        ...

    def find(self, rollout_ids: Sequence[str]) -> Mapping[str, RolloutChanged]:
        """Return rollouts at their latest change."""
        ...

    def walk(self, after: str, limit: int) -> Sequence[str]:
        """Return the ids of persons above one (empty: from the first), in the order of ids."""
        ...

    def said(
        self, rollout_id: str, channel: str, address: str, message_id: str
    ) -> tuple[MessageState, datetime] | None:
        """Return state and `not_before` of another message of a broadcast to an address.

        First of one that went, or may have gone; then of one that is being handed over, or is
        queued and was decided before `message_id`. None when there is no such message.
        """
        ...

    def keep_program(self, program_hash: str, archive: bytes) -> None:
        """Keep the folder of a program beside the journal, as it was published."""
        ...


Renewed = Literal["content", "program", "rejected", "source"]
"""What is kept beside the journal."""

Kept = Literal["journal", "key"] | Renewed
"""What a store holds and no rebuild can make."""

Key = int | str | bytes
"""What rows of one kind are ordered by: an offset, a number, a text, or the bytes of a key."""

KeptRow = tuple[Any, ...]

BEGINNINGS: Mapping[Kept, Key] = MappingProxyType(
    {"journal": 0, "key": b"", "content": "", "program": "", "rejected": 0, "source": ""}
)
"""A key below all others, by kind."""

MOVED = "moved"
"""Mark of a store that has moved: where it is now."""

ARRIVING = "arriving"
"""Mark of a store that something moves into: the name of that move."""

LEAVING = "leaving"
"""Mark of a store that is being moved: the name of that move. It hinders nobody."""


class Belongings(Protocol):
    """What no rebuild can make, as plain rows: columns and values are those of every store.

    The first column is the key of the row (`sql/belongings.sql` has all of them).
    """

    def page(self, kind: Kept, after: Key, limit: int) -> Sequence[KeptRow]:
        """Return rows above a key, in the order of keys."""
        ...

    def put(self, kind: Kept, rows: Sequence[KeptRow]) -> None:
        """Write rows as another store had them; one whose key is there stays as it is."""
        ...

    def clear(self, kind: Renewed) -> None:
        """Remove all rows of a kind."""
        ...

    def digest(self, kind: Kept) -> str:
        """Return a hash of the rows of a kind, the same for the same rows in any store."""
        ...

    def shed(self, kind: Dated, before: datetime, limit: int) -> int:
        """Remove rows from before a moment, at most so many, the oldest first; return how many."""
        ...


class Marks(Protocol):
    """What a store remembers of itself and is no view."""

    def get(self, name: str) -> str:
        """Return what stands at a mark (empty: nothing)."""
        ...

    def set(self, name: str, value: str) -> None:
        """Write a mark; an empty one goes."""
        ...

    def outrank(self, token: int) -> None:
        """Let every opening from now on have a token above this one.

        To be the last thing that an opening does: it may be fenced off by it.
        """
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
    def rollouts(self) -> RolloutDrawer: ...

    @property
    def queue(self) -> QueueDrawer: ...

    @property
    def belongings(self) -> Belongings: ...

    @property
    def marks(self) -> Marks: ...

    @property
    def token(self) -> int: ...

    def alone(self) -> None:
        """From here to the end of the transaction nobody else writes.

        Raises `Lapsed` when the lease of this process has ended. Does nothing where a writer is
        alone from the beginning.
        """
        ...


class Crew(Protocol):
    """The processes that share a store, as one of them sees it now; from any thread.

    A process takes part from when it opens the store until it closes it, or cannot reach it for
    longer than its lease. Persons are shared out among those who work, by their slots.
    """

    @property
    def works(self) -> bool:
        """Whether this process steps, fires timers and hands messages over, or takes in only."""
        ...

    @property
    def keeps_time(self) -> bool:
        """Whether this process, of all, fires timers, walks rollouts and watches service levels."""
        ...

    @property
    def count(self) -> int:
        """How many processes work; 0 when only such take part as take in."""
        ...

    @property
    def is_shared(self) -> bool:
        """Whether other processes may write to the store."""
        ...

    def holds(self, token: int) -> bool:
        """Return whether the lease of a token holds: what was claimed under it may still go."""
        ...

    def is_alive(self, token: int) -> bool:
        """Return whether the process that claimed under a fencing token is still at work."""
        ...


class Store(Protocol):
    """A store of the house."""

    @property
    def crew(self) -> Crew: ...

    def writing(
        self, *, is_durable: bool = True, is_alone: bool = True
    ) -> AbstractContextManager[Writing]:
        """Begin a write transaction; commits on leaving, rolls back on an exception.

        One that `is_alone` begins as if by `Writing.alone`; another one reads first what only this
        process changes, and is alone before its first change.

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

    def beside(self) -> Store | None:
        """Open a second writer of this process, which steps half of its people until it is closed.

        To be called, and closed, by the thread that writes here, between two transactions. None
        where one writer is all that there may be.
        """
        ...

    def forget_views(self) -> None:
        """Empty every view that can be rebuilt from the journal."""
        ...

    def digest(self) -> Mapping[str, str]:
        """Return a hash of the bytes of each view by its name, to compare after a rebuild."""
        ...

    def close(self) -> None: ...
