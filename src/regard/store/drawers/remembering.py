"""The drawers of the one writer: they remember what they last wrote or read.

Most events are about people who were here a moment ago, so the loop finds their identifiers,
evidence and state without asking the database or decoding anything. What is remembered is what the
file says: every write goes through, a rollback forgets all, and the fence is checked before a
drawer is touched, so that nobody else can have written since. Read sessions remember nothing.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Collection, Hashable, Mapping, Sequence
from itertools import islice
from operator import attrgetter
from typing import Generic, TypeVar

from regard.core.codec import encode_person
from regard.core.facts import Entry
from regard.core.graph import Edge, GraphChange, Node
from regard.core.person import Person
from regard.store.drawers.graph import SqlGraph
from regard.store.drawers.journal import SqlJournal
from regard.store.drawers.link import Link
from regard.store.drawers.rows import Row
from regard.store.drawers.states import SqlStates, seen_us_of
from regard.store.labels import is_labelled_alike

INPUTS_MAX = 10_000
"""Inputs that wait in memory to be stepped, some 20 MB; a loop further behind reads the file."""

NODES_MAX = 50_000
EDGES_MAX = 50_000
"""Identifiers and evidence of the people seen last, some 15 MB each."""

PERSONS_MAX = 10_000
"""States of the people seen last, some 10 KB each: those of the last hour of a usual shop."""

_pair = attrgetter("left", "right")

K = TypeVar("K", bound=Hashable)
V = TypeVar("V")


class Remembered(Generic[K, V]):
    """At most `limit` values, the least recently used half of them forgotten at once."""

    def __init__(self, limit: int) -> None:
        self._half = limit // 2
        self._young: dict[K, V] = {}
        self._old: dict[K, V] = {}

    def get(self, key: K) -> V | None:
        """Return what is remembered of a key."""
        found = self._young.get(key)
        if found is None:
            found = self._old.pop(key, None)
            if found is not None:
                self.put(key, found)
        return found

    def known(self, keys: Collection[K]) -> tuple[dict[K, V], list[K]]:
        """Return what is remembered of some keys, and the keys of which nothing is."""
        young = self._young
        found = {key: young[key] for key in keys if key in young}
        if len(found) == len(keys):
            return found, []
        missing: list[K] = []
        for key in [key for key in keys if key not in found]:
            value = self.get(key) if key in self._old else None
            if value is None:
                missing.append(key)
            else:
                found[key] = value
        return found, missing

    def put(self, key: K, value: V) -> None:
        """Remember a value. What was remembered of a key before is out of sight at once."""
        if len(self._young) >= self._half:
            self._old, self._young = self._young, {}
        self._young[key] = value

    def put_all(self, values: Mapping[K, V]) -> None:
        """Remember some values."""
        if len(self._young) + len(values) <= self._half:
            self._young.update(values)
            return
        for key, value in values.items():
            self.put(key, value)

    def drop(self, key: K) -> None:
        """Forget one key."""
        self._young.pop(key, None)
        self._old.pop(key, None)

    def clear(self) -> None:
        """Forget all."""
        self._young.clear()
        self._old.clear()


class RememberingJournal(SqlJournal):
    """Keeps appended inputs until the loop has asked for them."""

    def __init__(self, link: Link) -> None:
        super().__init__(link)
        self._waiting: deque[Entry] = deque()
        self._complete_after: int | None = None
        self._last: int | None = None

    def last(self) -> int:
        if self._last is None:
            self._last = super().last()
        return self._last

    def append(self, entries: Sequence[Entry], keys: Sequence[bytes]) -> None:
        super().append(entries, keys)
        if entries:
            self._last = entries[-1].offset
        if entries and self._complete_after is None:
            self._complete_after = entries[0].offset - 1
        self._waiting.extend(entry for entry in entries if entry.cause == 0)
        while len(self._waiting) > INPUTS_MAX:
            self._complete_after = self._waiting.popleft().offset

    def inputs(self, after: int, limit: int) -> Sequence[Entry]:
        if self._complete_after is None or after < self._complete_after:
            return super().inputs(after, limit)
        while self._waiting and self._waiting[0].offset <= after:
            self._complete_after = self._waiting.popleft().offset
        return list(islice(self._waiting, limit))

    def stand_at(self, last: int) -> None:
        """Forget what was appended; the journal ends at an offset by now, whoever wrote there."""
        self.forget()
        self._last = last

    def forget(self) -> None:
        """Forget what was appended since the last commit, and all before it."""
        self._waiting.clear()
        self._complete_after = None
        self._last = None


class RememberingGraph(SqlGraph):
    """Keeps the identifiers and the evidence of the people seen last."""

    def __init__(self, link: Link) -> None:
        super().__init__(link)
        self._nodes: Remembered[int, Node] = Remembered(NODES_MAX)
        self._edges: Remembered[tuple[int, int], Edge] = Remembered(EDGES_MAX)
        self._absent: frozenset[int] = frozenset()
        """Identities that were asked for last and are not in the file."""

    def nodes(self, identities: Sequence[int]) -> Mapping[int, Node]:
        found, missing = self._nodes.known(identities)
        if missing:
            read = super().nodes(missing)
            self._nodes.put_all(read)
            self._absent = frozenset(missing).difference(read)
            found |= read
        return found

    def edges(
        self, identities: Sequence[int] = (), pairs: Sequence[tuple[int, int]] = ()
    ) -> Sequence[Edge]:
        if identities:
            return super().edges(identities, pairs)
        known, missing = self._edges.known(pairs)
        found = list(known.values())
        if missing:
            read = super().edges(pairs=missing)
            self._edges.put_all({(edge.left, edge.right): edge for edge in read})
            found += read
            found.sort(key=_pair)
        return found

    def save(self, change: GraphChange) -> None:
        if change.merged:
            # All that a loser has is relabelled in the file, named in the change or not.
            losers = (self._keys(sorted(change.merged)),)
            for node in self._read_nodes(self._sql["members"], losers):
                self._nodes.drop(node.identity)
        super().save(change)
        for node in change.nodes:
            known = self._nodes.get(node.identity)
            is_new = known is None and node.identity in self._absent
            if is_new or (known is not None and known.offset == node.offset):
                self._nodes.put(node.identity, node)
            else:
                self._nodes.drop(node.identity)  # the file keeps the offset of the first sight
        self._absent = frozenset()
        for edge in change.edges:
            self._edges.put(edge.pair, edge)

    def forget(self) -> None:
        """Forget all."""
        self._nodes.clear()
        self._edges.clear()
        self._absent = frozenset()


class RememberingStates(SqlStates):
    """Keeps the persons that were stepped last."""

    def __init__(self, link: Link) -> None:
        super().__init__(link)
        self._persons: Remembered[str, Person] = Remembered(PERSONS_MAX)

    def load(self, person_ids: Sequence[str]) -> Mapping[str, Person]:
        found: dict[str, Person] = {}
        missing = []
        for person_id in person_ids:
            person = self._persons.get(person_id)
            if person is None:
                missing.append(person_id)
            else:
                found[person_id] = person
        if missing:
            for person_id, person in super().load(missing).items():
                found[person_id] = person
                self._persons.put(person_id, person)
        return found

    def save(self, persons: Sequence[Person], gone: Sequence[str]) -> None:
        super().save(persons, gone)
        self._persons.put_all({person.id: person for person in persons})
        for person_id in gone:
            self._persons.drop(person_id)

    def forget(self) -> None:
        """Forget all."""
        self._persons.clear()

    def _write_memberships(self, persons: Sequence[Person]) -> None:
        moved = []
        for person in {person.id: person for person in persons}.values():
            before = self._persons.get(person.id)
            known = None if before is None else before.audiences
            if known is not person.audiences and known != person.audiences:
                moved.append(person)
        if moved:
            super()._write_memberships(moved)

    def _write(self, persons: Sequence[Person]) -> None:
        """Write persons; of those whose label is what it was, only what changes with any event."""
        known, others = [], []
        for person in persons:
            before = self._persons.get(person.id)
            if before is not None and is_labelled_alike(person, before):
                known.append(_moved_on(person))
            else:
                others.append(person)
        self._executemany(self._sql["save_known"], known)
        super()._write(others)


def _moved_on(person: Person) -> Row:
    return (seen_us_of(person), person.last_channel, encode_person(person), person.id)
