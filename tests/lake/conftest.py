"""A town with a lake, over each store that keeps the contract."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path

import pytest

from regard.core.storage import Store
from regard.store import MemoryStore, SqliteStore
from regard.store.postgresql import PostgresqlStore
from tests.lake.town import Town
from tests.store.postgres import PostgresServer

STORES = ["memory", "sqlite", pytest.param("postgresql", marks=pytest.mark.slow)]


@pytest.fixture
def town(tmp_path: Path) -> Town:
    """A house in memory."""
    return Town(tmp_path / "lake", MemoryStore())


@pytest.fixture(scope="session")
def server() -> Iterator[PostgresServer]:
    """A PostgreSQL of the tests' own."""
    server = PostgresServer()
    yield server
    server.end()


@pytest.fixture(params=STORES)
def any_town(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Town]:
    """A house over each store."""
    with ExitStack() as stack:
        yield Town(tmp_path / "lake", _store(request, tmp_path, stack))


def _store(request: pytest.FixtureRequest, folder: Path, stack: ExitStack) -> Store:
    store: Store
    if request.param == "postgresql":
        server: PostgresServer = request.getfixturevalue("server")
        location = server.database()
        stack.callback(server.give_back, location)
        store = PostgresqlStore(location)
    else:
        is_file = request.param == "sqlite"
        store = SqliteStore(str(folder / "regard.db")) if is_file else MemoryStore()
    stack.callback(store.close)
    return store
