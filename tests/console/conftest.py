"""One signed-in client over the whole cast, and the pieces it is made of."""

from __future__ import annotations

import re
from collections.abc import Iterator

import pytest
from starlette.applications import Starlette

from regard.testing.clock import VirtualClock
from tests.console.cast import NOW, full_house
from tests.console.serve import SECRET, app
from tests.console.shelf import Shelf
from tests.console.visitor import Visitor


@pytest.fixture(scope="session")
def shelf() -> Shelf:
    """The whole cast; tests of the suite only read it (and append drafts to its intake)."""
    return full_house().shelf


@pytest.fixture(scope="session")
def site(shelf: Shelf) -> Starlette:
    return app(shelf, VirtualClock(NOW))


@pytest.fixture(scope="session")
def client(site: Starlette) -> Iterator[Visitor]:
    """A browser that has signed in and keeps its settings."""
    with Visitor(site) as client:
        assert sign_in(client, SECRET) == 303
        yield client


@pytest.fixture
def stranger(site: Starlette) -> Iterator[Visitor]:
    """A browser that has not signed in."""
    with Visitor(site) as visitor:
        yield visitor


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(NOW)


@pytest.fixture
def newcomer(clock: VirtualClock) -> Iterator[Visitor]:
    """A stranger at a door of their own, whose `clock` may be moved."""
    with Visitor(app(Shelf(), clock)) as visitor:
        yield visitor


def token(page: str) -> str:
    """Return the CSRF token of a page."""
    found = re.search(r'name="csrf" value="([^"]+)"', page)
    assert found, "the page has no CSRF token"
    return found[1]


def sign_in(client: Visitor, secret: str) -> int:
    """Fill in the sign-in form; returns the status of the answer."""
    csrf = token(client.get("/sign-in").text)
    return client.post("/sign-in", data={"secret": secret, "csrf": csrf}).status_code
