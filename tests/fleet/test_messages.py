"""Messages of several processes: each is handed over by one, and what the others are told."""

from __future__ import annotations

from contextlib import closing
from threading import Thread

import pytest

from regard.core.errors import Unavailable
from regard.core.event import MessageOutcome
from regard.core.rows import Claimed
from tests.fleet.fleet import Fleet, Member, sends_of, until
from tests.fleet.test_steps import USERS, bought
from tests.fleet.wire import Wire
from tests.runtime.shop import NOW
from tests.store.postgres import PostgresServer


def ids(claimed: list[Claimed]) -> list[str]:
    return sorted(one.row.message_id for one in claimed)


def outcomes(fleet: Fleet) -> list[tuple[str, str]]:
    """Return what became of every attempt, in the order of the journal."""
    bodies = [entry.body for entry in fleet.entries()]
    return [(b.outcome, b.reason) for b in bodies if isinstance(b, MessageOutcome)]


def test_two_workers_never_claim_one_message(fleet: Fleet) -> None:
    workers = fleet.workers(2)
    workers[0].append(*[bought(user, number) for user in USERS for number in range(5)])
    fleet.turn()
    claimed: list[Claimed] = []

    def hand_over(member: Member) -> None:
        until(lambda: claimed.extend(member.claim(7)) or len(claimed) >= len(USERS) * 5)

    threads = [Thread(target=hand_over, args=(worker,)) for worker in workers]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len(claimed) == len(USERS) * 5
    assert len(set(ids(claimed))) == len(claimed)
    assert {one.token for one in claimed} == {w.store.crew.hands.token for w in workers}


@pytest.mark.slow
def test_first_peoples_messages_leave_while_five_thousand_inputs_wait(fleet: Fleet) -> None:
    first, second = fleet.workers(2)
    first.append(*[bought(user, 1) for user in USERS])
    fleet.turn()
    first.append(
        *[{"id": f"p{n}", "page": "Lamps", "anonymous_id": f"guest-{n}"} for n in range(5_000)]
    )
    assert len(first.claim(6)) == len(second.claim(6)) == 6
    with second.store.reading() as reading:
        assert reading.tail.waiting(10_000) >= 5_000


def test_message_of_somebody_about_whom_inputs_wait_elsewhere_is_not_claimed(fleet: Fleet) -> None:
    first, second = fleet.workers(2)
    first.append(*[bought(user, 1) for user in USERS])
    fleet.turn()
    first.append(*[{"id": f"no-{u}", "event": "Unsubscribed", "user_id": u} for u in USERS])
    claimed = second.claim()  # it steps what waits in its own shares, and claims only these
    assert 0 < len(claimed) < len(USERS)
    rest = first.claim()  # it has stepped the others now
    assert len(rest) + len(claimed) == len(USERS)
    assert not set(ids(rest)) & set(ids(claimed))


def test_what_a_dead_process_had_in_hand_is_unknown_once_its_lease_has_ended(fleet: Fleet) -> None:
    keeper, dead = fleet.workers(2)
    dead.append(bought("ada", 1))
    fleet.turn()
    (claimed,) = dead.claim()
    assert keeper.ledger.settle_abandoned(NOW) == 0
    fleet.lapse(dead)
    keeper.store.crew.renew()
    assert keeper.ledger.settle_abandoned(NOW) == 1
    keeper.turn()
    assert outcomes(fleet) == [("unknown", "process_died")]
    (again,) = keeper.claim()
    assert again.row.message_id == claimed.row.message_id
    keeper.settle([again])
    fleet.turn()
    assert outcomes(fleet)[1:] == [("sent", "")]


def test_late_outcome_of_a_process_that_was_given_up_is_an_answer(fleet: Fleet) -> None:
    keeper, slow = fleet.workers(2)
    slow.append(bought("ada", 1))
    fleet.turn()
    claimed = slow.claim()
    fleet.lapse(slow)
    keeper.store.crew.renew()
    keeper.ledger.settle_abandoned(NOW)
    slow.store.crew.renew()
    assert not slow.store.crew.holds(claimed[0].token)
    slow.settle(claimed)
    fleet.share_out()
    fleet.turn()
    answers = [e.body for e in fleet.entries() if isinstance(e.body, MessageOutcome)]
    assert [(a.outcome, a.is_answer) for a in answers] == [("unknown", False), ("sent", True)]
    assert fleet.members[0].claim() == []
    fleet.check_books()


def test_claim_whose_commit_was_cut_off_is_given_back(fleet: Fleet, server: PostgresServer) -> None:
    """The server committed, and the connection broke before it said so: nobody has the message."""
    with Wire(server.port).open() as wire, closing(fleet.beyond(wire)) as worker:
        worker.append(bought("ada", 1))
        worker.turn()
        wire.lose_answer(b"COMMIT")
        with pytest.raises(Unavailable):
            worker.claim()
        claimed = worker.claim()
        while not claimed and worker.step():
            claimed = worker.claim()
    worker = fleet.join()
    assert len(claimed) == 1
    assert outcomes(fleet) == [("try_again", "claim_in_doubt")]
    worker.settle(claimed)
    fleet.turn()
    assert sends_of(fleet.entries()) == ["ada-1"]
    fleet.check_books()
