"""Every store that must keep the contract: add one line to `HOUSES` to hold another one to it."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from regard.core.storage import Store
from regard.store import MemoryStore, SqliteStore


class MemoryHouse:
    """Stores in memory over the same data."""

    def __init__(self, _: Path) -> None:
        self._first: MemoryStore | None = None

    def open(self) -> Store:
        """Open the data as another process would."""
        store = MemoryStore() if self._first is None else self._first.reopen()
        self._first = self._first or store
        return store


class SqliteHouse:
    """Stores over the same file."""

    def __init__(self, folder: Path) -> None:
        self._path = folder / "regard.db"

    def open(self) -> Store:
        """Open the file as another process would."""
        return SqliteStore(str(self._path))


HOUSES = {"memory": MemoryHouse, "sqlite": SqliteHouse}

Opener = Callable[[], Store]


@pytest.fixture(params=sorted(HOUSES))
def open_again(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Opener]:
    """Open the same data once more; every store is closed in the end."""
    house = HOUSES[request.param](tmp_path)
    with ExitStack() as stack:

        def opened() -> Store:
            store = house.open()
            stack.callback(store.close)
            return store

        yield opened


@pytest.fixture
def store(open_again: Opener) -> Store:
    """A new store that nobody else has open."""
    return open_again()
