"""The state drawer of the in-memory store: persons as folded, cursors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from regard.core.codec import decode_person, encode_person
from regard.core.errors import Fenced
from regard.core.person import Person
from regard.core.storage import Pending
from regard.store.labels import folded, label_of
from regard.store.memberships import memberships_of
from regard.store.memory.audiences import save_memberships
from regard.store.memory.tables import KeptPerson, Tables, UndoLog


class MemoryStates:
    """Implements `core.storage.StateDrawer`.

    Persons are kept as bytes: what a stage room changes in place is not changed here, and a
    value that JSON cannot hold comes back as it would from a disk.
    """

    def __init__(self, tables: Tables, log: UndoLog) -> None:
        self._tables = tables
        self._log = log

    def load(self, person_ids: Sequence[str]) -> Mapping[str, Person]:
        table = self._tables.persons
        return {p: decode_person(table[p].state) for p in person_ids if p in table}

    def pending(self) -> Pending:
        losers: dict[str, tuple[str, ...]] = {}
        for loser in sorted(self._tables.unabsorbed):
            winner = self._tables.forwards[loser]
            losers[winner] = (*losers.get(winner, ()), loser)
        return Pending(losers=losers, stale=frozenset(self._tables.stale))

    def save(self, persons: Sequence[Person], gone: Sequence[str]) -> None:
        tables, log = self._tables, self._log
        for person in persons:
            self._save_memberships(person.id, memberships_of(person))
            log.put(tables.persons, person.id, _kept(person))
            log.drop(tables.stale, person.id)
        for person_id in gone:
            self._save_memberships(person_id, {})
            log.drop(tables.persons, person_id)
            log.drop(tables.unabsorbed, person_id)
            log.drop(tables.stale, person_id)

    def _save_memberships(self, person_id: str, memberships: Mapping[str, datetime]) -> None:
        kept = self._tables.persons.get(person_id)
        before = kept.memberships if kept is not None else {}
        if before != memberships:
            save_memberships(self._tables, self._log, person_id, before, memberships)

    def cursor(self, name: str) -> int:
        return self._tables.cursors.get(name, 0)

    def advance(self, name: str, seen: int, to: int) -> None:
        if self.cursor(name) != seen:
            raise Fenced(f"Reader {name!r} no longer stands at {seen}: somebody else moved it.")
        self._log.put(self._tables.cursors, name, to)


def _kept(person: Person) -> KeptPerson:
    label = label_of(person)
    return KeptPerson(
        label=label,
        folded=folded(label),
        last_seen_at=person.last_seen_at,
        last_channel=person.last_channel,
        state=encode_person(person),
        memberships=memberships_of(person),
    )
