"""The failures of other systems, played over PostgreSQL instead of the store in memory."""

from __future__ import annotations

import inspect
from collections.abc import Iterator
from contextlib import ExitStack

import pytest

from regard.store.postgresql import PostgresqlStore
from tests.pains import house, test_late, test_person, test_timing, test_twice
from tests.pains.scenario import Scenario, scenarios_of
from tests.store.postgres import PostgresServer

PLAYED = [
    scenario
    for module in (test_late, test_person, test_timing, test_twice)
    for scenario in scenarios_of(module)
    if not scenario.waits_for and "MemoryStore" not in inspect.getsource(scenario.play)
]

pytestmark = pytest.mark.slow


@pytest.fixture
def _postgresql(server: PostgresServer, monkeypatch: pytest.MonkeyPatch) -> Iterator[None]:
    """Houses without a store of their own get one over an empty database."""
    with ExitStack() as stack:

        class Opened(PostgresqlStore):
            """A store that can be opened again as another process does."""

            def __init__(self, location: str = "") -> None:
                if not location:
                    location = server.database()
                    stack.callback(server.give_back, location)
                self.location = location
                super().__init__(location)
                stack.callback(self.close)

            def reopen(self) -> Opened:
                """Open the same database once more."""
                return Opened(self.location)

        monkeypatch.setattr(house, "MemoryStore", Opened)
        yield


@pytest.mark.usefixtures("_postgresql")
@pytest.mark.parametrize("scenario", PLAYED, ids=lambda scenario: scenario.name)
def test_what_fails_elsewhere_does_not_fail_over_postgresql(scenario: Scenario) -> None:
    assert inspect.unwrap(scenario.play)()
