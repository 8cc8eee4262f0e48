"""A real PostgreSQL server for those tests of this folder that ask for one."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from tests.store.postgres import PostgresServer


@pytest.fixture(scope="session")
def postgresql() -> Iterator[PostgresServer]:
    """The one server of the session."""
    server = PostgresServer()
    yield server
    server.end()
