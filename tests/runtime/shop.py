"""A small real house for the tests of the loop: one order makes one promise and one message."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from contextlib import AbstractContextManager, contextmanager
from datetime import UTC, datetime
from typing import Any

import msgspec

from regard.core.errors import Unavailable
from regard.core.ports import Draft, Reading
from regard.core.program import Program
from regard.core.storage import Store, Writing
from regard.intake import Arrival, Drafter

NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)


class Shop:
    """Makes drafts as `POST /v1/events` does."""

    def __init__(self, program: Program) -> None:
        self.program = program
        self._drafter = Drafter(program)
        self._source = next(iter(program.sources.values()))

    def draft(self, item: Mapping[str, Any]) -> Draft:
        arrival = Arrival(source=self._source, received_at=NOW, dialect="plain")
        outcome = self._drafter.draft(msgspec.json.encode(item), arrival)
        assert isinstance(outcome, Draft)
        return outcome


class FullDisk:
    """A store whose disk is full while `is_full`; otherwise the one that it was given."""

    def __init__(self, store: Store) -> None:
        self.is_full = False
        self._store = store
        self.crew = store.crew

    @contextmanager
    def writing(self, *, is_durable: bool = True, is_alone: bool = True) -> Iterator[Writing]:
        if self.is_full:
            raise Unavailable("The disk is full.", code="disk_full", retry_after_s=30)
        with self._store.writing(is_durable=is_durable, is_alone=is_alone) as writing:
            yield writing

    def reading(self) -> AbstractContextManager[Reading]:
        return self._store.reading()

    def beside(self) -> Store | None:
        return self._store.beside()

    def forget_views(self) -> None:
        self._store.forget_views()

    def digest(self) -> Mapping[str, str]:
        return self._store.digest()

    def close(self) -> None:
        self._store.close()
