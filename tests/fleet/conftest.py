"""Fixtures: one PostgreSQL server for the folder, the shop's program, a fleet turned by hand."""

from __future__ import annotations

from collections.abc import Iterator
from socket import socket

import pytest

from regard.project import load
from tests.audit.shop import write_shop
from tests.fleet.fleet import Fleet
from tests.runtime.shop import Shop
from tests.store.postgres import PostgresServer


@pytest.fixture(scope="session")
def server() -> Iterator[PostgresServer]:
    """The one server that no test may kill."""
    server = PostgresServer(listen_addresses="127.0.0.1", port=str(free_port()))
    yield server
    server.end()


def free_port() -> int:
    """Return a port on loopback that nobody listens on."""
    with socket() as found:
        found.bind(("127.0.0.1", 0))
        return int(found.getsockname()[1])


@pytest.fixture(scope="session")
def shop(tmp_path_factory) -> Shop:
    return Shop(load(write_shop(tmp_path_factory.mktemp("shop"), mail_port=2525), {}))


@pytest.fixture
def location(server: PostgresServer) -> Iterator[str]:
    """An empty database."""
    location = server.database()
    yield location
    server.give_back(location)


@pytest.fixture
def fleet(location: str, shop: Shop) -> Iterator[Fleet]:
    """A fleet without members yet."""
    with Fleet(location, shop) as fleet:
        yield fleet
