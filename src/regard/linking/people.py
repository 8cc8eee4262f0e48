"""Records out of what the house knows: what each source told of each person, side by side.

A reading session in, columns for `link` out. A record is a person as one source knows them, so that
people who logged in at two sources are labels, and what they told there may differ. What only
somebody's word holds together stays two records, so that the word is a label too.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any

from msgspec import Struct

from regard.core.event import DEPARTMENT, Event, Identifier
from regard.core.ids import identity_of
from regard.core.ports import Reading
from regard.linking.answers import Answer, answers_of
from regard.linking.columns import roles_of

PAGE = 1_000
ENTRIES_MAX = 2_000
"""Latest entries of a person that are read; who lived more is known by these."""

KEY = "regard.person_key"
"""Header of the column that carries the login."""

DEPTH_MAX = 3


class Gathered(Struct, frozen=True, kw_only=True):
    """`columns` for `link` with `roles`; whose record it is, and by which identifier it is named.

    `logins` are the person keys of those persons who have one, wherever it was told. `answers` are
    what humans said of two records.
    """

    columns: dict[str, list[object]]
    roles: dict[str, str]
    persons: list[str]
    names: list[Identifier]
    logins: dict[str, str]
    answers: list[Answer]


class _Record(Struct, kw_only=True):
    """A person as one source knows them, by which identifiers; `strand` joins those that met."""

    person_id: str
    name: Identifier
    values: dict[str, object]
    identities: set[int]


def gather(
    reading: Reading,
    key_kind: str,
    columns: Mapping[str, str],
    progress: Callable[[int, int], None],
) -> Gathered:
    """Return a record per person and source; `key_kind` is the kind of identifier that is a login.

    `columns` maps traits to roles where their names do not say it.
    """
    records: list[_Record] = []
    logins: dict[str, str] = {}
    total, done, after = reading.count_persons(), 0, ""
    while page := reading.rollouts.walk(after, PAGE):
        for person_id in page:
            _read(reading, person_id, key_kind, records, logins)
        after, done = page[-1], done + len(page)
        progress(done, max(total, done))
    headers = list(dict.fromkeys(h for record in records for h in record.values if h != KEY))
    roles = roles_of(headers, {h: role for h, role in columns.items() if h in headers})
    kept = [*roles, KEY]
    answers = answers_of(reading.identities.graph, [record.identities for record in records])
    return Gathered(
        columns={header: [record.values.get(header) for record in records] for header in kept},
        roles=roles,
        persons=[record.person_id for record in records],
        names=[record.name for record in records],
        logins=logins,
        answers=answers,
    )


def _read(
    reading: Reading,
    person_id: str,
    key_kind: str,
    records: list[_Record],
    logins: dict[str, str],
) -> None:
    """Add the records of one person, one a source and strand, newest values first."""
    told = [
        entry.body
        for entry in reading.people.timeline(person_id, limit=ENTRIES_MAX)
        if isinstance(entry.body, Event) and entry.body.identifiers[0].kind != DEPARTMENT
    ]
    strand_of = _strands(told)
    found: dict[tuple[str, int], _Record] = {}
    for event in told:
        place = event.source, strand_of[event.identifiers[0]]
        record = found.get(place)
        if record is None:
            record = _Record(
                person_id=person_id, name=event.identifiers[0], values={}, identities=set()
            )
            found[place] = record
        for identifier in event.identifiers:
            record.identities.add(identity_of(identifier.kind, identifier.value))
            if identifier.kind == key_kind:
                logins[person_id] = identifier.value
                record.values.setdefault(KEY, identifier.value)
                record.name = identifier
            else:
                record.values.setdefault(identifier.kind, identifier.value)
        for trait, value in _flat(event.traits):
            record.values.setdefault(trait, value)
    records += [found[place] for place in sorted(found)]


def _strands(told: Sequence[Event]) -> Mapping[Identifier, int]:
    """Number the groups of identifiers that events hold together; mostly there is one."""
    root_of: dict[Identifier, Identifier] = {}

    def root(one: Identifier) -> Identifier:
        while root_of.setdefault(one, one) != one:
            one = root_of[one]
        return one

    for event in told:
        first = root(event.identifiers[0])
        for other in event.identifiers[1:]:
            root_of[root(other)] = first
    numbers: dict[Identifier, int] = {}
    return {one: numbers.setdefault(root(one), len(numbers)) for one in list(root_of)}


def _flat(traits: Mapping[str, Any], prefix: str = "", depth: int = 1) -> Sequence[tuple[str, Any]]:
    """Return traits with those inside of others (``address.street``) named by their own name."""
    found: list[tuple[str, Any]] = []
    for name, value in traits.items():
        if isinstance(value, Mapping) and depth < DEPTH_MAX:
            found += _flat(value, f"{prefix}{name}.", depth + 1)
        elif isinstance(value, str | int | float) and value != "":
            found.append((name, value))
    return found
