"""In-memory twins of the two ports that the API stands on: where inputs go, who people are.

`MemoryIntake` keeps the promises of `core.ports.Intake` (order, one place per key for ever);
`Shelf` is a library with the persons that a test puts on it.
"""

from __future__ import annotations

import asyncio
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from types import SimpleNamespace
from typing import Any

from regard.core.errors import RegardError
from regard.core.event import Event, Identifier
from regard.core.person import Person
from regard.core.ports import Draft
from regard.core.rows import Accepted, IdentifierRow, Rejected
from tests.intake.house import NOW


class MemoryIntake:
    """Keeps drafts in order and remembers every key; raises `errors` first, one a call."""

    def __init__(self) -> None:
        self.drafts: list[Draft] = []
        self.rejected: list[Rejected] = []
        self.duplicate_count = 0
        self.errors: list[RegardError] = []
        self._offsets: dict[bytes, int] = {}
        self._arrived = asyncio.Condition()

    async def append(self, drafts: Sequence[Draft]) -> Sequence[Accepted]:
        if self.errors:
            raise self.errors.pop(0)
        async with self._arrived:
            self._arrived.notify_all()
            return [self._place(draft) for draft in drafts]

    async def reject(self, items: Sequence[Rejected]) -> None:
        self.rejected += items

    async def heard(self, count: int) -> None:
        """Return as soon as `count` events have come."""
        async with self._arrived:
            await self._arrived.wait_for(lambda: len(self.drafts) >= count)

    def events(self) -> list[Event]:
        """Return the events that were appended, in order."""
        return [draft.body for draft in self.drafts if isinstance(draft.body, Event)]

    def _place(self, draft: Draft) -> Accepted:
        offset = self._offsets.get(draft.key)
        if offset is not None:
            self.duplicate_count += 1
            return Accepted(offset=offset, is_duplicate=True)
        self.drafts.append(draft)
        self._offsets[draft.key] = len(self.drafts)
        return Accepted(offset=len(self.drafts), is_duplicate=False)


class Shelf:
    """A library that holds the given persons by identifier."""

    def __init__(self, persons: Mapping[Identifier, Person]) -> None:
        self._persons = persons

    @contextmanager
    def reading(self) -> Iterator[Any]:
        yield SimpleNamespace(people=self, registers=None, tail=None)

    def find(self, identifier: Identifier) -> str | None:
        person = self._persons.get(identifier)
        return person.id if person else None

    def read(self, person_id: str) -> Person | None:
        return next((one for one in self._persons.values() if one.id == person_id), None)

    def identifiers(self, person_id: str) -> tuple[Sequence[IdentifierRow], Sequence[Any]]:
        rows = [
            IdentifierRow(identifier=one, identity=0, first_at=NOW, is_shared=False)
            for one, person in self._persons.items()
            if person.id == person_id
        ]
        return rows, []

    def timeline(self, person_id: str, before: int = 0, limit: int = 200) -> Sequence[Any]:
        return []
