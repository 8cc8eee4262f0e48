"""An input that deciding failed on: told, counted, in no person, and the same after a rebuild."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from regard.assembly import build_kernel
from regard.core.event import Event
from regard.core.facts import Candidate, Derived, Entry
from regard.core.person import Person
from regard.core.program import Program
from regard.project import load
from regard.runtime.audit import audit
from regard.runtime.kernel import Kernel
from regard.runtime.ledger import Ledger
from regard.runtime.rebuild import verify
from regard.store import open_store
from regard.testing.clock import VirtualClock
from regard.testing.house import VirtualHouse

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
AIRLINE = Path(__file__).parents[2] / "examples" / "airline"


class Faulty:
    """A stage with a bug: it fails on one kind of event."""

    def fold(self, person: Person, entry: Entry) -> Person:
        return person

    def join(self, winner: Person, loser: Person) -> Person:
        return winner

    def react(
        self, person: Person, entry: Entry, program: Program
    ) -> Sequence[Derived | Candidate]:
        if isinstance(entry.body, Event) and entry.body.facts.get("offer") == "a bug":
            raise ZeroDivisionError("planted")
        return ()


@pytest.fixture(params=[":memory:", "regard.db"])
def house(request: pytest.FixtureRequest, tmp_path: Path) -> VirtualHouse:
    program = load(AIRLINE, {})
    whole = build_kernel()
    kernel = Kernel([*whole.stages, Faulty()], whole.arbiter)
    place = request.param if request.param.startswith(":") else str(tmp_path / request.param)
    return VirtualHouse(
        Ledger(open_store(place), kernel, lambda: program), program, VirtualClock(START)
    )


def test_a_failed_input_is_in_no_view_live_or_rebuilt(house: VirtualHouse) -> None:
    bug = {"event": "Offer Viewed", "properties": {"offer": "a bug"}}
    house.take("website", bug | {"anonymous_id": "laptop-1"})
    house.take("website", {"event": "Signed Up", "user_id": "ada", "anonymous_id": "laptop-1"})
    house.take("website", bug | {"user_id": "ada", "traits": {"email": "wrong@example.com"}})
    house.take("website", bug | {"user_id": "nobody-else"})
    house.run_until(START + timedelta(hours=1))
    books = audit(house.ledger.store, house.clock.now())
    assert books.counts["events failed"] == 3
    assert all("planted" in finding for finding in books.findings)
    with house.ledger.store.reading() as reading:
        assert len(reading.people.search("")) == 1
    ledger = house.ledger
    changed = verify(
        ledger.store, ledger.kernel, house.program.identity, lambda _done, _total: None
    )
    assert changed == []
