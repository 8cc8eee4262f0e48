"""Any order in which two workers and two intakes may come to act leaves the same as one process.

The two workers are two processes, or two loops of one that divides its people and takes them back.
Merges, splits and shared devices come while steps about the same people are under way. The twin is
one process over a store in memory, told the same in the order of the fleet's journal.
"""

from __future__ import annotations

from contextlib import closing
from itertools import count
from typing import Any

import pytest
from hypothesis import HealthCheck, Phase, given, settings
from hypothesis import strategies as st

from regard.assembly import build_ledger
from regard.core.facts import Entry
from regard.core.ports import Draft
from regard.store import MemoryStore
from tests.fleet.fleet import Fleet, Member, journal_of, orders_of, people_of, sends_of
from tests.runtime.shop import NOW, Shop
from tests.store.postgres import PostgresServer

pytestmark = pytest.mark.slow

USERS = ("ada", "bruno", "chen")
DEVICES = ("phone", "laptop")
MOMENTS = ("before", "first in the middle of a step", "second in the middle of a step", "stepped")

deeds = st.lists(
    st.tuples(
        st.sampled_from(("order", "login", "page", "word")),
        st.sampled_from(USERS),
        st.sampled_from(DEVICES),
        st.integers(0, 1),
        st.sampled_from(MOMENTS),
    ),
    min_size=4,
    max_size=14,
)


def item(number: int, kind: str, user: str, device: str) -> dict[str, Any]:
    """Return what a source sends."""
    known = {"user_id": user, "traits": {"email": f"{user}@example.com"}}
    if kind == "order":
        token = f"order-{number}"
        return {"id": token, "event": "Order Placed", "properties": {"token": token}} | known
    if kind == "login":
        return {"id": f"login-{number}", "identify": {}, "anonymous_id": device, **known}
    if kind == "word":  # two users who share an address: evidence that does not make them one
        return {"id": f"word-{number}", "identify": {"email": "home@example.com"}, "user_id": user}
    return {"id": f"page-{number}", "page": "Lamps", "anonymous_id": device}


def lived(
    fleet: Fleet, told: list[tuple[str, str, str, int, str]], *, are_one_process: bool
) -> None:
    """Let two workers and two intakes live through it."""
    workers = _loops_of_one(fleet) if are_one_process else fleet.workers(2)
    intakes = [fleet.join(works=False) for _ in range(2)]
    numbers = count()
    for kind, user, device, intake, moment in told:
        sent = item(next(numbers), kind, user, device)
        at_work = workers[moment.startswith("second")]
        if "middle" in moment:
            at_work.append({"id": f"seen-{sent['id']}", "page": "Bulbs", "anonymous_id": device})
            at_work.between(lambda sent=sent, intake=intake: intakes[intake].append(sent))
            workers[0].step()
            workers[1].step()
            at_work.ledger.program()  # nothing of its own waited: it comes now
        else:
            intakes[intake].append(sent)
        fleet.check_queue()
        if moment == "stepped":
            fleet.turn()
            if are_one_process:
                fleet.members.remove(workers[1])
                workers[1].close()
                workers[1] = fleet.beside(workers[0])
    fleet.turn()


def _loops_of_one(fleet: Fleet) -> list[Member]:
    first = fleet.join()
    return [first, fleet.beside(first)]


def twin_of(entries: list[Entry], shop: Shop) -> MemoryStore:
    """Return what one process makes of the inputs of a journal."""
    store = MemoryStore()
    ledger = build_ledger(store, lambda: shop.program)
    for entry in entries:
        if entry.cause == 0 and not type(entry.body).__name__.startswith("PersonRevised"):
            key = b"%d" % entry.offset
            draft = Draft(
                key=key,
                identity=entry.identity,
                at=entry.at,
                received_at=entry.received_at,
                body=entry.body,
            )
            ledger.append([draft], NOW)
            while ledger.advance():
                pass
    return store


@settings(
    max_examples=12,
    deadline=None,
    phases=(Phase.explicit, Phase.reuse, Phase.generate),
    suppress_health_check=[HealthCheck.function_scoped_fixture, HealthCheck.too_slow],
    derandomize=True,
)
@given(told=deeds)
@pytest.mark.parametrize("are_one_process", [False, True], ids=["two processes", "two loops"])
def test_any_interleaving_leaves_what_one_process_leaves(
    server: PostgresServer,
    shop: Shop,
    told: list[tuple[str, str, str, int, str]],
    are_one_process: bool,
) -> None:
    location = server.database()
    try:
        with Fleet(location, shop) as fleet:
            lived(fleet, told, are_one_process=are_one_process)
            entries, people = fleet.entries(), people_of(fleet.members[0].store)
            fleet.check_books()
        with closing(twin_of(entries, shop)) as twin:
            assert people == people_of(twin)
            assert sends_of(entries) == sends_of(journal_of(twin)) == sorted(orders_of(entries))
    finally:
        server.give_back(location)
