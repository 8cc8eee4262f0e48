"""A connection that breaks in the middle: what was begun is done once, and holds up nobody."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import closing

import pytest

from regard.core.errors import Unavailable
from tests.fleet.fleet import Fleet, Member, sends_of
from tests.fleet.test_steps import USERS, bought
from tests.fleet.wire import Wire
from tests.store.postgres import PostgresServer

TOKENS = sorted(f"{user}-1" for user in USERS)


@pytest.fixture
def wire(server: PostgresServer) -> Iterator[Wire]:
    with Wire(server.port).open() as wire:
        yield wire


@pytest.fixture
def worker(fleet: Fleet, wire: Wire) -> Iterator[Member]:
    """The only worker; it has something to step."""
    with closing(fleet.beyond(wire)) as worker:
        fleet.join(works=False).append(*[bought(user, 1) for user in USERS])
        yield worker


def test_step_whose_commit_was_not_heard_of_is_not_done_twice(
    fleet: Fleet, worker: Member, wire: Wire
) -> None:
    worker.ledger.capacity.read(worker.store)  # its read session commits, too
    worker.ledger.policies.read(worker.store)
    wire.lose_answer(b"COMMIT")
    with pytest.raises(Unavailable):
        worker.step()
    assert sends_of(fleet.entries()) == TOKENS
    worker.turn()
    assert sends_of(fleet.entries()) == TOKENS
    worker.close()
    fleet.check_books()


def test_step_that_was_cut_off_before_it_wrote_is_done_again(
    fleet: Fleet, worker: Member, wire: Wire
) -> None:
    worker.between(wire.cut)
    with pytest.raises(Unavailable):
        worker.step()
    assert sends_of(fleet.entries()) == []
    wire.mend()
    worker.turn()
    assert sends_of(fleet.entries()) == TOKENS
    worker.close()
    fleet.check_books()


def test_step_that_was_cut_off_is_done_by_another(fleet: Fleet, worker: Member, wire: Wire) -> None:
    worker.between(wire.cut)
    with pytest.raises(Unavailable):
        worker.step()
    fleet.lapse(worker)
    other = fleet.join()
    other.turn()
    assert sends_of(fleet.entries()) == TOKENS
    wire.mend()
    assert worker.step() == 0
    worker.close()
    fleet.check_books()


def test_append_whose_commit_was_not_heard_of_is_known_when_it_comes_again(
    fleet: Fleet, worker: Member, wire: Wire
) -> None:
    worker.turn()
    wire.lose_answer(b"COMMIT")
    with pytest.raises(Unavailable):
        worker.append(bought("dalia", 1))
    worker.append(bought("dalia", 1))
    worker.turn()
    assert sends_of(fleet.entries()) == sorted([*TOKENS, "dalia-1"])
    worker.close()
    fleet.check_books()


@pytest.mark.slow
def test_who_stands_still_with_the_lock_in_hand_loses_it(fleet: Fleet, worker: Member) -> None:
    """Three seconds, and the server ends the transaction: the leases of others hold for longer."""
    with pytest.raises(Unavailable), worker.store.writing() as writing:  # noqa: PT012
        fleet.members[0].append(bought("dalia", 1))
        writing.journal.last()
    worker.turn()
    assert sends_of(fleet.entries()) == sorted([*TOKENS, "dalia-1"])
