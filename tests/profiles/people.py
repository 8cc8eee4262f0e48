"""Builders of entries about Ada, for the tests of profiles."""

from __future__ import annotations

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from typing import Any

from regard.core.event import Event, Identifier
from regard.core.facts import Body, Entry
from regard.core.person import Person
from regard.profiles import Profiles

START = datetime(2026, 3, 2, 9, tzinfo=UTC)


def entry(offset: int, body: Body, at: datetime | None = None) -> Entry:
    moment = at or START + timedelta(seconds=offset)
    return Entry(offset=offset, identity=1, at=moment, received_at=moment, body=body)


def event(offset: int, name: str = "page", *, at: datetime | None = None, **changes: Any) -> Entry:
    """An event of Ada's; `offset` seconds after the start unless `at` says otherwise."""
    moment = at or START + timedelta(seconds=offset)
    settings: dict[str, Any] = {
        "message_id": f"m{offset}",
        "source": "website",
        "type": "track",
        "channel": "web.desktop",
        "identifiers": (Identifier("user_id", "ada"),),
        **changes,
    }
    body = Event(name=name, at=moment, received_at=moment, **settings)
    return entry(offset, body, moment)


def fold(entries: Iterable[Entry], person: Person | None = None) -> Person:
    person = person or Person(id="ada")
    for one in entries:
        person = Profiles().fold(person, one)
    return person
