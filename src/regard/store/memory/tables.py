"""The data of the in-memory store, and the log that takes a transaction back.

Tables are plain dicts and sorted lists, changed in place. Every change is written down in an
`UndoLog` first, so that a rollback costs as much as the transaction did and a commit nothing.
Drawers change tables through the log only.
"""

from __future__ import annotations

from bisect import bisect_left, insort
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field, fields
from datetime import datetime
from functools import partial
from typing import Any, TypeVar

from msgspec import Struct

from regard.core.facts import CaseOpened, Entry, PromiseChanged, RunChanged
from regard.core.graph import Cluster, Edge, Node, Ruling
from regard.core.rows import (
    Content,
    MessageRow,
    Rejected,
    RemarkRow,
    Review,
    RolloutRow,
    SourceRow,
    Timer,
    VersionRow,
)
from regard.store.cases import Moved
from regard.store.passages import Place, Standing

K = TypeVar("K")
V = TypeVar("V")

Keys = dict[K, None]
"""A set that keeps its order, so that nothing depends on hashing."""

Due = tuple[datetime, int, str]
"""When a timer or a queued message is due, its number, and its id."""


class KeptPerson(Struct, frozen=True, kw_only=True):
    """A person as bytes (equal persons are equal bytes) and what lists show of it."""

    label: str
    folded: str
    last_seen_at: datetime | None
    last_channel: str
    state: bytes
    memberships: dict[str, datetime] = {}


class KeptPromise(Struct, frozen=True, kw_only=True):
    """The latest change of a promise; `identity` and `at` are those of the first."""

    identity: int
    at: datetime
    changed_at: datetime
    change: PromiseChanged
    standing: Standing


class KeptRun(Struct, frozen=True, kw_only=True):
    """The latest change of a run; `identity` and `at` are those of the first."""

    identity: int
    at: datetime
    changed_at: datetime
    change: RunChanged
    standing: Standing


class KeptCase(Struct, frozen=True, kw_only=True):
    """A case and what it hangs on."""

    identity: int
    opened_at: datetime
    case: CaseOpened
    moved: Moved = Moved()


class KeptMessage(Struct, frozen=True, kw_only=True):
    """A message (person and label are looked up when it is read)."""

    row: MessageRow
    lane: int


class KeptDecision(Struct, frozen=True, kw_only=True):
    """What a decision hangs on, and its kind (`store.decision_kinds`)."""

    identity: int
    engagement: str
    kind: str


class KeptReview(Struct, frozen=True, kw_only=True):
    """A question about identifiers, and the act that answers it (empty: none)."""

    review: Review
    answered_by: str = ""


_KEPT = (
    "entries",
    "inputs",
    "by_identity",
    "keys",
    "contents",
    "programs",
    "rejected",
    "sources",
    "marks",
)
"""Tables that are not views: the journal, and what is kept beside it."""


@dataclass(slots=True)
class Tables:
    """Everything a store holds; all but what `_KEPT` names are views."""

    entries: list[Entry] = field(default_factory=list)
    inputs: list[int] = field(default_factory=list)
    by_identity: dict[int, list[int]] = field(default_factory=dict)
    keys: dict[bytes, int] = field(default_factory=dict)
    contents: dict[str, Content] = field(default_factory=dict)
    programs: dict[str, bytes] = field(default_factory=dict)
    rejected: list[Rejected] = field(default_factory=list)
    sources: dict[str, SourceRow] = field(default_factory=dict)
    marks: dict[str, str] = field(default_factory=dict)

    nodes: dict[int, Node] = field(default_factory=dict)
    folded: dict[int, str] = field(default_factory=dict)
    members: dict[str, Keys[int]] = field(default_factory=dict)
    edges: dict[tuple[int, int], Edge] = field(default_factory=dict)
    edges_of: dict[int, Keys[tuple[int, int]]] = field(default_factory=dict)
    clusters: dict[str, Cluster] = field(default_factory=dict)
    rulings: dict[str, Ruling] = field(default_factory=dict)
    rulings_of: dict[int, Keys[str]] = field(default_factory=dict)
    reviews: dict[str, KeptReview] = field(default_factory=dict)
    logins: dict[int, list[tuple[datetime, int]]] = field(default_factory=dict)
    devices: dict[int, Keys[int]] = field(default_factory=dict)
    forwards: dict[str, str] = field(default_factory=dict)
    followers: dict[str, Keys[str]] = field(default_factory=dict)
    unabsorbed: Keys[str] = field(default_factory=dict)
    stale: Keys[str] = field(default_factory=dict)
    persons: dict[str, KeptPerson] = field(default_factory=dict)
    cursors: dict[str, int] = field(default_factory=dict)
    timers: dict[str, Timer] = field(default_factory=dict)
    due: list[Due] = field(default_factory=list)
    promises: dict[str, KeptPromise] = field(default_factory=dict)
    runs: dict[str, KeptRun] = field(default_factory=dict)
    passages: dict[Place, tuple[int, int]] = field(default_factory=dict)
    outcomes: dict[tuple[int, str, str], int] = field(default_factory=dict)
    messages: dict[str, KeptMessage] = field(default_factory=dict)
    queues: dict[int, list[Due]] = field(default_factory=dict)
    said: dict[tuple[str, str, str], Keys[str]] = field(default_factory=dict)
    messages_of: dict[str, Keys[str]] = field(default_factory=dict)
    rollouts: dict[str, RolloutRow] = field(default_factory=dict)
    versions: dict[int, VersionRow] = field(default_factory=dict)
    remarks: dict[int, RemarkRow] = field(default_factory=dict)
    decisions: dict[int, KeptDecision] = field(default_factory=dict)
    decisions_of_kind: dict[str, list[int]] = field(default_factory=dict)
    decisions_about: dict[str, list[int]] = field(default_factory=dict)
    decision_counts: dict[tuple[str, str], tuple[int, int]] = field(default_factory=dict)
    audience_members: dict[str, dict[str, datetime]] = field(default_factory=dict)
    cases: dict[str, KeptCase] = field(default_factory=dict)
    tallies: dict[tuple[str, str, str], int] = field(default_factory=dict)

    def copy(self) -> Tables:
        """Return tables that change apart from these; records are shared."""
        return Tables(**{f.name: _copy(getattr(self, f.name)) for f in fields(self)})

    def clear_views(self) -> None:
        """Empty everything that can be rebuilt from the journal."""
        for table in fields(self):
            if table.name not in _KEPT:
                getattr(self, table.name).clear()


class UndoLog:
    """Changes tables and remembers how each change is taken back."""

    def __init__(self) -> None:
        self._steps: list[Callable[[], object]] = []

    def roll_back(self) -> None:
        """Take every change back, the latest first."""
        while self._steps:
            self._steps.pop()()

    def forget(self) -> None:
        """Keep every change: the transaction is committed."""
        self._steps.clear()

    def put(self, table: dict[K, V], key: K, value: V) -> None:
        """Set a key of a table."""
        if key in table:
            self._steps.append(partial(table.__setitem__, key, table[key]))
        else:
            self._steps.append(partial(table.__delitem__, key))
        table[key] = value

    def drop(self, table: dict[K, V], key: K) -> None:
        """Remove a key of a table, if it is there."""
        if key in table:
            self._steps.append(partial(table.__setitem__, key, table.pop(key)))

    def put_under(self, table: dict[K, Keys[V]], key: K, member: V) -> None:
        """Add a member to the set under a key."""
        if key not in table:
            self.put(table, key, {})
        self.put(table[key], member, None)

    def push(self, items: list[V], item: V) -> None:
        """Append to a list."""
        self._steps.append(items.pop)
        items.append(item)

    def push_under(self, table: dict[K, list[V]], key: K, item: V) -> None:
        """Append to the list under a key."""
        if key not in table:
            self.put(table, key, [])
        self.push(table[key], item)

    def cut(self, items: list[V], gone: Sequence[V]) -> None:
        """Remove items of a list, by what they are."""
        if gone:
            self._steps.append(partial(items.__setitem__, slice(None), items.copy()))
            ids = {id(item) for item in gone}
            items[:] = [item for item in items if id(item) not in ids]

    def insert(self, items: list[Any], item: Any) -> None:
        """Add to a sorted list."""
        self._steps.append(partial(_remove, items, item))
        insort(items, item)

    def remove(self, items: list[Any], item: Any) -> None:
        """Remove from a sorted list."""
        self._steps.append(partial(insort, items, item))
        _remove(items, item)


def _remove(items: list[Any], item: Any) -> None:
    del items[bisect_left(items, item)]


def _copy(table: Any) -> Any:
    if isinstance(table, list):
        return table.copy()
    return {k: v.copy() if isinstance(v, (dict, list)) else v for k, v in table.items()}
