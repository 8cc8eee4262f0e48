"""Today and Promises over the real stores, filled by the projection that the loop uses."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import datetime, timedelta
from pathlib import Path

import pytest
from starlette.applications import Starlette

from regard.assembly import build_kernel
from regard.console import routes
from regard.core.facts import Entry, PromiseChanged, PromiseStatus
from regard.core.person import Claim, Person
from regard.core.storage import Store
from regard.runtime.projection import Projector
from regard.store import open_store
from regard.testing.clock import VirtualClock
from tests.console.airline import airline
from tests.console.cast import NOW, ago
from tests.console.conftest import sign_in
from tests.console.serve import SECRET
from tests.console.shelf import Shelf
from tests.console.visitor import Visitor

KEPT, BROKEN = 12, 9


@pytest.fixture(params=("sqlite", "memory"))
def store(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[Store]:
    memory = request.param == "memory"
    store = open_store(":memory:" if memory else str(tmp_path / "regard.db"))
    yield store
    store.close()


@pytest.fixture
def visitor(store: Store) -> Iterator[Visitor]:
    """A signed-in browser at a console over `store`."""
    program, clock = airline(), VirtualClock(NOW)
    known = routes(
        *(store, lambda: program, clock, Shelf(), SECRET, lambda: (True, {"loop": "well"})),
        kernel=build_kernel(),
    )
    with Visitor(Starlette(routes=known)) as visitor:
        sign_in(visitor, SECRET)
        yield visitor


def change(number: int, status: PromiseStatus, due_at: datetime) -> PromiseChanged:
    return PromiseChanged(
        promise_id=f"p{number}",
        definition="check_in_reminder",
        status=status,
        about=f"SK{number}",
        made_at=due_at - timedelta(hours=2),
        act_at=due_at,
        due_at=due_at,
        reason="made" if status == "expected" else "not_sent:unreachable",
    )


def live(store: Store, moments: list[tuple[datetime, PromiseChanged]]) -> None:
    """Let facts happen: journal, project and keep two persons, as the loop does."""
    projector = Projector()
    name = Claim("Ada Lovelace", NOW, "website", 0, 1)
    with store.writing() as writing:
        first = writing.journal.last() + 1
        entries = [
            Entry(offset=first + n, identity=1, at=at, received_at=at, body=body)
            for n, (at, body) in enumerate(moments)
        ]
        for entry in entries:
            projector.add(entry)
        writing.journal.append(entries, [])
        writing.registers.project(projector.done())
        writing.states.save([Person(id="p_a", claims={"name": name}), Person(id="p_b")], [])


def past() -> list[tuple[datetime, PromiseChanged]]:
    """Many kept long after being due last, a few broken early but noticed just now."""
    facts: list[tuple[datetime, PromiseChanged]] = []
    for number in range(KEPT):
        due_at = ago(days=number % 5, hours=1)
        facts += [(ago(days=6), change(number, "expected", due_at))]
        facts += [(due_at, change(number, "kept", due_at))]
    for number in range(100, 100 + BROKEN):
        due_at = ago(days=3)
        at = ago(minutes=200 - number)
        facts += [(due_at, change(number, "missed", due_at))]
        facts += [(at, change(number, "broken", due_at))]
    return facts


def test_today_fills_levels_and_never_calls_a_missed_objective_whole(
    store: Store, visitor: Visitor
) -> None:
    live(store, past())
    view = visitor.get("/?format=json").json()
    level = next(x for x in view["levels"] if x["definition"] == "check_in_reminder")
    assert (level["ended_count"], level["spent_count"]) == (KEPT + BROKEN, BROKEN)
    assert level["share"] == pytest.approx(KEPT / (KEPT + BROKEN))
    assert level["state"] == "spent"
    assert [day["counts"].get("kept", 0) for day in level["days"][-5:]] == [2, 2, 2, 3, 3]
    assert view["is_whole"] is False
    assert view["headline"] == f"{level['title']} is below its objective"
    assert view["persons_count"] == 2
    page = visitor.get("/").text
    assert "Engagement is whole" not in page
    assert "2 people known" in page
    assert "57.14 %" in visitor.get("/promises").text


def test_today_is_whole_when_every_objective_is_met(store: Store, visitor: Visitor) -> None:
    assert "Nobody has been here yet" in visitor.get("/").text
    live(store, [(ago(hours=2), change(1, "expected", NOW))])
    assert visitor.get("/?format=json").json()["headline"] == "No promise has fallen due yet"
    live(store, [(ago(hours=1), change(1, "kept", NOW))])
    view = visitor.get("/?format=json").json()
    assert (view["headline"], view["is_whole"]) == ("Engagement is whole", True)


def test_what_broke_last_is_told_first(store: Store, visitor: Visitor) -> None:
    live(store, past())
    troubles = visitor.get("/?format=json").json()["troubles"]
    assert [item["about"] for item in troubles] == [f"SK{108 - n}" for n in range(6)]
    rows = visitor.get("/promises?status=broken&format=json").json()["rows"]
    assert [row["about"] for row in rows] == [f"SK{108 - n}" for n in range(BROKEN)]
