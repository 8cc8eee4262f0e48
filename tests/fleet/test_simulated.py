"""Bad months of the simulator over PostgreSQL: as its only writer, and as one that shares it."""

from __future__ import annotations

from collections.abc import Callable
from functools import partial

import pytest

from regard.core.storage import Store
from regard.store.postgresql import PostgresqlStore
from regard.testing.simulation import simulate
from tests.fleet.fleet import LEASE_S
from tests.simulate.conftest import without_log
from tests.simulate.plans import in_memory, opened_by
from tests.store.postgres import PostgresServer

__all__ = ["without_log"]

PEOPLE = 12
"""Customers of a month: the same troubles as with thirty, in less than half of the time."""

OPENED: dict[str, Callable[[str], PostgresqlStore]] = {
    "alone": PostgresqlStore,
    "shared": partial(PostgresqlStore, shares=True, lease_s=LEASE_S),
}

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("without_log")]


@pytest.mark.parametrize("seed", range(2_000, 2_004))
@pytest.mark.parametrize("how", OPENED)
def test_a_bad_month_over_postgresql_breaks_nothing(
    server: PostgresServer, seed: int, how: str
) -> None:
    location = server.database()

    def reopen(store: Store) -> Store:
        successor = OPENED[how](location)
        store.close()
        if how == "shared":
            successor.crew.renew()
        return successor

    plan = opened_by(seed, lambda: OPENED[how](location), reopen, people=PEOPLE)
    report = simulate(plan)
    server.give_back(location)
    assert report.findings == ()
    if how == "alone":  # else the tokens under which messages are claimed are others
        assert report.journal == simulate(in_memory(seed, people=PEOPLE)).journal
