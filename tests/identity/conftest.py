"""A small house for identity tests: rules, a store, events by hand."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta

import pytest

from regard.core.event import Event, Identifier
from regard.core.facts import Entry
from regard.core.graph import Node
from regard.core.ids import identity_of
from regard.core.rules import IdentifierKind, IdentityRules
from regard.core.storage import Store
from regard.identity import resolve
from regard.store import open_store

START = datetime(2026, 3, 2, 9, tzinfo=UTC)

RULES = IdentityRules(
    kinds=(
        IdentifierKind(kind="user_id", priority=1, is_exclusive=True),
        IdentifierKind(kind="loyalty_number", priority=2, is_exclusive=True),
        IdentifierKind(kind="email", priority=3),
        IdentifierKind(kind="phone", priority=4),
        IdentifierKind(kind="device_id", priority=8, is_device=True),
        IdentifierKind(kind="anonymous_id", priority=9, is_device=True),
    ),
    blocked_values=frozenset(),
    blocked_patterns=(),
    phone_region="AT",
)
ORDER = [kind.kind for kind in RULES.kinds]


def event(minute: int, message_id: str, **identifiers: str) -> Event:
    """Return an event `minute` minutes after the start, naming `identifiers` by kind."""
    at = START + timedelta(minutes=minute)
    return Event(
        message_id=message_id,
        source="website",
        type="track",
        name="Seen",
        channel="web.desktop",
        at=at,
        received_at=at,
        identifiers=tuple(Identifier(k, identifiers[k]) for k in ORDER if k in identifiers),
    )


class Registry:
    """Resolves events over a real store and says who is who."""

    def __init__(self, store: Store) -> None:
        self.store = store
        self.facts: list[object] = []

    def see(self, *events: Event) -> None:
        """Resolve events as one batch."""
        with self.store.writing() as writing:
            last = writing.journal.last()
            entries = [
                Entry(
                    offset=last + number,
                    identity=identity_of(e.identifiers[0].kind, e.identifiers[0].value),
                    at=e.at,
                    received_at=e.received_at,
                    body=e,
                )
                for number, e in enumerate(events, 1)
            ]
            keys = [f"{e.message_id:>16}".encode() for e in events]
            writing.journal.append(entries, keys)
            found = resolve(
                entries,
                writing.graph,
                RULES,
                lambda ids: writing.journal.of_identities(ids, 2**62),
            )
            self.facts += [fact for _, fact in found.facts]

    def person(self, kind: str, value: str) -> str | None:
        with self.store.reading() as reading:
            return reading.people.find(Identifier(kind, value))

    def lives(self, person_id: str) -> list[str]:
        """Return the message ids of a person's events, oldest first."""
        with self.store.reading() as reading:
            entries = reading.people.timeline(person_id, limit=1_000)
        return [e.body.message_id for e in reversed(entries) if isinstance(e.body, Event)]

    def nodes(self, events: Sequence[Event]) -> dict[int, Node]:
        identities = {identity_of(i.kind, i.value) for e in events for i in e.identifiers}
        with self.store.writing() as writing:
            return dict(writing.graph.nodes(sorted(identities)))


@pytest.fixture
def registry() -> Registry:
    return Registry(open_store(":memory:"))
