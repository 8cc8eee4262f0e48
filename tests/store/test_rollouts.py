"""Rollouts, versions, and the order of the outbox: what every store must answer."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from regard.core.event import MessageOutcome, ProgramPublished, RolloutChanged
from regard.core.facts import Candidate, Decided
from regard.core.person import Person
from regard.core.storage import Projection, Store
from regard.store.lanes import picked
from tests.store.cast import START, moment

RUNNING = RolloutChanged(
    rollout_id="summer",
    rollout="broadcast",
    subject="offer",
    status="running",
    started_at=START,
)


def decided(
    name: str, *, ref: str = "", marketing: bool = True, address: str = "", test: bool = False
) -> Decided:
    """Return a decision to send; with `ref` by that broadcast."""
    return Decided(
        decision_id=name,
        candidate=Candidate(
            engagement="offer",
            origin="broadcast" if ref else "journey",
            ref=ref or "run",
            made_at=START,
            is_test=test,
        ),
        verdict="send",
        reason="best_value",
        message_class="marketing" if marketing else "service",
        purpose="news",
        channel="email",
        address=address or f"{name}@example.com",
    )


def project(store: Store, **changes: Any) -> None:
    with store.writing() as writing:
        writing.registers.project(Projection(**changes))


def queue(store: Store, *messages: Decided, minutes: float = 0) -> None:
    rows = tuple((n, 7, START, moment(minutes), message) for n, message in enumerate(messages, 1))
    project(store, messages=rows)


def queued(store: Store, limit: int = 9, turn: int = 1) -> list[str]:
    with store.writing() as writing:
        rows, _ = writing.registers.queued(moment(60), limit, turn)
    return [row.message_id for row in rows]


def change(store: Store, status: Any, minutes: float = 1) -> None:
    project(store, rollouts=((moment(minutes), replace(RUNNING, status=status)),))


def test_running_rollouts_are_found_and_the_latest_change_stands(store: Store) -> None:
    later = replace(RUNNING, rollout_id="autumn", started_at=moment(5))
    project(store, rollouts=((moment(0), RUNNING), (moment(5), later)))
    with store.writing() as writing:
        assert writing.rollouts.running() == [RUNNING, later]
        assert writing.rollouts.find(["summer", "none"]) == {"summer": RUNNING}
    change(store, "paused")
    with store.writing() as writing:
        assert writing.rollouts.running() == [later]
    with store.reading() as reading:
        assert [row.change.rollout_id for row in reading.rollouts.latest()] == ["autumn", "summer"]
        (row,) = reading.rollouts.latest("summer")
        assert (row.change.status, row.changed_at) == ("paused", moment(1))
        assert reading.rollouts.latest("none") == []
        assert len(reading.rollouts.latest(limit=1)) == 1


def test_a_walk_goes_through_all_persons_in_order(store: Store) -> None:
    names = [f"p_{letter}" for letter in "dacb"]
    with store.writing() as writing:
        writing.states.save([Person(id=name, stamp=1) for name in names], ())
        first = writing.rollouts.walk("", 2)
        rest = writing.rollouts.walk(first[-1], 9)
    assert [*first, *rest] == sorted(names)
    with store.reading() as reading:
        assert reading.rollouts.walk("p_b", 1) == ["p_c"]
        assert reading.rollouts.walk("p_d", 1) == []


def test_service_goes_before_marketing_and_marketing_before_broadcasts(store: Store) -> None:
    change(store, "running")
    queue(store, *(decided(f"b{n}", ref="summer") for n in range(4)))
    queue(store, decided("journey"), minutes=1)
    queue(store, decided("receipt", marketing=False), minutes=2)
    assert queued(store)[:3] == ["receipt", "journey", "b0"]
    assert len(queued(store)) == 6


def test_every_fourth_turn_of_a_single_place_is_left_to_those_behind(store: Store) -> None:
    queue(store, *(decided(f"s{n}", marketing=False) for n in range(3)))
    queue(store, decided("journey"))
    assert [queued(store, 1, turn) for turn in (1, 2, 3, 4)] == [["s0"]] * 3 + [["journey"]]


@given(st.lists(st.integers(0, 50), min_size=3, max_size=3), st.integers(0, 40), st.integers(1, 99))
def test_no_place_is_left_empty_and_nobody_starves(
    counts: list[int], limit: int, turn: int
) -> None:
    lanes = [[f"{lane}-{n}" for n in range(count)] for lane, count in enumerate(counts)]
    going = picked(lanes, limit, turn)
    assert sum(map(len, going)) == min(limit, sum(counts))
    assert all(lane[: len(some)] == some for lane, some in zip(lanes, going, strict=True))
    if limit >= 16:
        assert all(bool(some) for some, lane in zip(going, lanes, strict=True) if lane)


def test_what_a_paused_broadcast_queued_waits_and_what_it_queues_too(store: Store) -> None:
    change(store, "running")
    queue(store, decided("b1", ref="summer"), decided("journey"))
    change(store, "paused")
    queue(store, decided("b2", ref="summer"))
    assert queued(store) == ["journey"]
    change(store, "running")
    assert queued(store) == ["journey", "b1", "b2"]
    change(store, "cancelled")
    assert queued(store) == ["b1", "b2", "journey"]


def test_a_test_is_no_part_of_its_broadcast(store: Store) -> None:
    change(store, "paused")
    queue(store, decided("t", ref="summer", test=True))
    assert queued(store) == ["t"]
    with store.reading() as reading:
        assert reading.rollouts.progress(reading.rollouts.latest()[0]).messages == {}


def said(store: Store, message_id: str) -> tuple[str, datetime] | None:
    with store.writing() as writing:
        return writing.rollouts.said("summer", "email", "home@example.com", message_id)


def settle(store: Store, message_id: str, outcome: Any, **facts: Any) -> None:
    told = MessageOutcome(message_id=message_id, channel="email", outcome=outcome, **facts)
    project(store, outcomes=((moment(3), told),))


def test_an_address_is_taken_by_the_first_that_may_have_gone_there(store: Store) -> None:
    change(store, "running")
    home = "home@example.com"
    queue(store, *(decided(name, ref="summer", address=home) for name in "ab"))
    assert said(store, "a") is None
    assert said(store, "b") == ("queued", moment(0))
    with store.writing() as writing:
        writing.registers.claim(["a"], 1, moment(2))
    assert said(store, "b") == ("claimed", moment(0))
    assert said(store, "a") is None
    settle(store, "a", "try_again", retry_at=moment(9), attempt=1)
    assert said(store, "b") == ("queued", moment(9))
    settle(store, "a", "refused", reason="no_mailbox", attempt=2)
    assert said(store, "b") is None


def test_what_went_to_an_address_is_told_before_what_is_under_way(store: Store) -> None:
    change(store, "running")
    home = "home@example.com"
    queue(store, *(decided(name, ref="summer", address=home) for name in "abc"))
    settle(store, "b", "sent")
    assert said(store, "c") == said(store, "a") == ("sent", moment(3))


def test_progress_counts_what_became_of_the_people(store: Store) -> None:
    change(store, "running")
    queue(store, *(decided(name, ref="summer") for name in "abc"))
    settle(store, "a", "sent")
    settle(store, "b", "withdrawn", reason="same_address")
    name, day = "rollout:summer", START.date().isoformat()
    later = (START + timedelta(days=1)).date().isoformat()
    tallies = [(day, name, "reached", 4), (later, name, "reached", 1), (day, name, "held", 1)]
    tallies += [(day, name, "silence:no_consent", 2), (day, "rollout:other", "reached", 9)]
    project(store, tallies=tuple(tallies))
    with store.reading() as reading:
        found = reading.rollouts.progress(reading.rollouts.latest()[0])
    assert (found.reached, found.held, found.silences) == (5, 1, {"no_consent": 2})
    assert found.messages == {"queued": 1, "sent": 1, "withdrawn": 1}
    assert found.failures == {"same_address": 1}


def test_versions_and_folders_are_kept_and_folders_survive_a_rebuild(store: Store) -> None:
    first = ProgramPublished(hash="a", name="Skylark")
    second = ProgramPublished(hash="b", name="Skylark", previous="a")
    project(store, versions=((3, moment(0), first), (9, moment(1), second)))
    with store.writing() as writing:
        writing.rollouts.keep_program("a", b"one")
        writing.rollouts.keep_program("a", b"one again")
    with store.reading() as reading:
        assert [row.published for row in reading.rollouts.versions()] == [second, first]
        assert reading.rollouts.versions(1)[0].offset == 9
        assert reading.rollouts.program("a") == b"one again"
        assert reading.rollouts.program("b") is None
    store.forget_views()
    with store.reading() as reading:
        assert reading.rollouts.versions() == []
        assert reading.rollouts.latest() == []
        assert reading.rollouts.program("a") == b"one again"
