"""Every store that must keep the contract: add one line to `HOUSES` to hold another one to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from regard.core.storage import Store
from regard.store import MemoryStore, SqliteStore
from regard.store.postgresql import PostgresqlStore
from tests.store.postgres import PostgresServer


class MemoryHouse:
    """Stores in memory over the same data."""

    def __init__(self, _: Path) -> None:
        self._first: MemoryStore | None = None

    def open(self) -> Store:
        """Open the data as another process would."""
        store = MemoryStore() if self._first is None else self._first.reopen()
        self._first = self._first or store
        return store

    def end(self) -> None:
        """Nothing is left of it."""


class SqliteHouse:
    """Stores over the same file."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "regard.db"

    def open(self) -> Store:
        """Open the file as another process would."""
        return SqliteStore(str(self._path))

    def end(self) -> None:
        """The folder goes with the test."""


class PostgresqlHouse:
    """Stores over the same database of the one server of the session."""

    server: PostgresServer

    def __init__(self, _: Path) -> None:
        self.location = self.server.database()

    def open(self) -> Store:
        """Open the database as another process would."""
        return PostgresqlStore(self.location)

    def end(self) -> None:
        """Leave the database to the next test."""
        self.server.give_back(self.location)


HOUSES = {"memory": MemoryHouse, "postgresql": PostgresqlHouse, "sqlite": SqliteHouse}

Opener = Callable[[], Store]


@pytest.fixture(scope="session", autouse=True)
def postgresql() -> Iterator[PostgresServer]:
    """The one server of the session."""
    server = PostgresqlHouse.server = PostgresServer()
    yield server
    server.end()


@pytest.fixture(params=sorted(HOUSES))
def open_again(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opener]:
    """Open the same data once more; every store is closed in the end."""
    house = HOUSES[request.param](tmp_path)
    with ExitStack() as stack:
        stack.callback(house.end)

        def opened() -> Store:
            store = house.open()
            stack.callback(store.close)
            return store

        yield opened


@pytest.fixture
def store(open_again: Opener) -> Store:
    """A new store that nobody else has open."""
    return open_again()
