"""The state drawer: persons as folded, cursors."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from regard.core.clock import to_us
from regard.core.codec import decode_person, encode_person
from regard.core.errors import Fenced
from regard.core.person import Person
from regard.core.storage import Pending
from regard.store.drawers.link import Link
from regard.store.drawers.rows import Row
from regard.store.labels import folded, label_of
from regard.store.memberships import memberships_of


class SqlStates:
    """Implements `core.storage.StateDrawer`."""

    def __init__(self, link: Link) -> None:
        self._execute = link.execute
        self._keys = link.keys
        self._executemany = link.executemany
        self._sql = link.statements("states")

    def load(self, person_ids: Sequence[str]) -> Mapping[str, Person]:
        rows = self._execute(self._sql["load"], (self._keys(person_ids),))
        return {row[0]: decode_person(row[1]) for row in rows}

    def pending(self) -> Pending:
        losers: dict[str, tuple[str, ...]] = {}
        stale = []
        for person_id, winner in self._execute(self._sql["pending"]):
            if winner is None:
                stale.append(person_id)
            else:
                losers[winner] = (*losers.get(winner, ()), person_id)
        return Pending(losers=losers, stale=frozenset(stale))

    def save(self, persons: Sequence[Person], gone: Sequence[str]) -> None:
        self._write_memberships(persons)
        self._write(persons)
        ended = [(person_id,) for person_id in gone]
        self._executemany(self._sql["forget_memberships"], ended)
        self._executemany(self._sql["drop"], ended)
        self._executemany(self._sql["absorbed"], ended)
        self._stop_pending([(p.id,) for p in persons] + ended)

    def _stop_pending(self, rows: Sequence[Row]) -> None:
        if self._execute(self._sql["stale"]).fetchone() is not None:
            self._executemany(self._sql["fresh"], rows)

    def _write_memberships(self, persons: Sequence[Person]) -> None:
        """Write what audiences persons are in, of those of whom it may have changed."""
        self._executemany(self._sql["forget_memberships"], [(p.id,) for p in persons])
        rows = [
            (audience, person.id, to_us(since))
            for person in persons
            for audience, since in memberships_of(person).items()
        ]
        self._executemany(self._sql["save_membership"], rows)

    def _write(self, persons: Sequence[Person]) -> None:
        self._executemany(self._sql["save"], [_row_of(p) for p in persons])

    def cursor(self, name: str) -> int:
        row = self._execute(self._sql["cursor"], (name,)).fetchone()
        return 0 if row is None else int(row[0])

    def advance(self, name: str, seen: int, to: int) -> None:
        if seen == 0:
            self._execute(self._sql["begin_cursor"], (name,))
        if self._execute(self._sql["advance"], (to, name, seen)).rowcount != 1:
            raise Fenced(f"Reader {name!r} no longer stands at {seen}: somebody else moved it.")


def _row_of(person: Person) -> Row:
    label = label_of(person)
    state = encode_person(person)
    return (person.id, label, folded(label), seen_us_of(person), person.last_channel, state)


def seen_us_of(person: Person) -> int:
    """Return when a person was seen last in microseconds, 0 for never."""
    return to_us(person.last_seen_at) if person.last_seen_at else 0
