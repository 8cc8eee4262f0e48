"""Journey runs, where they stand, and the counts of what passed the steps."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta

import pytest

from regard.core.facts import PromiseChanged, RunChanged
from regard.core.rows import RunRow
from regard.core.storage import Store
from regard.store.passages import magnitude_of
from tests.store.cast import (
    ADA,
    BRUNO,
    START,
    identity,
    moment,
    node,
    project,
    promise,
    read,
    run,
    save_graph,
)

WELCOME, REMINDER = "journey:welcome", "promise:check_in_reminder"


def moves(store: Store, *changes: RunChanged, minutes: float = 0) -> None:
    """Project changes of Ada's runs in one batch."""
    at = moment(minutes)
    project(store, runs=tuple((identity(ADA), at, at, change) for change in changes))


def kept(store: Store, *changes: PromiseChanged, minutes: float = 0) -> None:
    project(store, promises=tuple((identity(ADA), moment(minutes), c) for c in changes))


def counted(store: Store, what: str, flow: str = WELCOME) -> dict[tuple[str, str], int]:
    with read(store) as reading:
        return {(p.step, p.key): p.count for p in reading.runs.passages(flow) if p.what == what}


def waits(store: Store) -> list[tuple[str, int, int]]:
    with read(store) as reading:
        found = [p for p in reading.runs.passages() if p.what == "waited"]
    return [(p.step, p.count, p.seconds) for p in found]


def standing(store: Store, step: str = "") -> list[str]:
    with read(store) as reading:
        return [row.run_id for row in reading.runs.standing("welcome", step)]


def test_a_run_is_kept_at_its_latest_change(store: Store) -> None:
    save_graph(store, nodes=(node(ADA, "p_a"), node(BRUNO, "p_b")))
    moves(store, run("1", "pause", "hello", "pause"))
    later = run("1", "look", "look", status="offering")
    project(store, runs=((identity(BRUNO), moment(5), moment(5), later),))
    with read(store) as reading:
        row = reading.runs.run("1")
        assert reading.runs.run("2") is None
    assert row is not None
    assert (row.change, row.since, row.changed_at) == (later, moment(5), moment(5))
    placed = (row.identity, row.at, row.person_id)
    assert placed == (identity(ADA), START, "p_a"), "a run stays with whom it started for"


def test_a_run_that_does_not_move_has_stood_there_since_it_came(store: Store) -> None:
    moves(store, run("1", "pause", "pause", wake_at=moment(60)))
    moves(store, run("1", "pause", wake_at=moment(30)), minutes=10)
    with read(store) as reading:
        row = reading.runs.run("1")
    assert row is not None
    assert (row.since, row.changed_at) == (START, moment(10))
    assert counted(store, "to") == {("", "pause"): 1}


def test_who_stands_at_a_step_is_listed_the_longest_standing_first(store: Store) -> None:
    moves(store, run("3", "pause", "pause"), minutes=1)
    moves(store, run("1", "pause", "pause"), run("4", "look", "look"), minutes=2)
    moves(store, run("2", "pause", "pause"), run("5", "pause", "pause", journey="other"))
    moves(store, run("9", "pause", "pause", status="finished"))
    assert standing(store, "pause") == ["2", "3", "1"]
    assert standing(store) == ["4", "2", "3", "1"]
    moves(store, run("3", "pause", status="exited"), minutes=3)
    assert standing(store, "pause") == ["2", "1"]


@pytest.mark.parametrize("step", ["", "pause"])
def test_runs_are_read_page_by_page(store: Store, step: str) -> None:
    for number in range(5):
        moves(store, run(f"{number}", "pause", "pause"), minutes=number // 2)
    seen: list[RunRow] = []
    with read(store) as reading:
        while page := reading.runs.standing(
            "welcome", step, after=seen[-1] if seen else None, limit=2
        ):
            seen += page
    assert [row.run_id for row in seen] == ["0", "1", "2", "3", "4"]


def test_runs_that_changed_last_come_first(store: Store) -> None:
    moves(store, run("1"), run("2"))
    moves(store, run("1", status="finished"), minutes=5)
    moves(store, run("3", journey="other"))
    with read(store) as reading:
        assert [row.run_id for row in reading.runs.latest("welcome")] == ["1", "2"]
        assert [row.run_id for row in reading.runs.latest("welcome", 1)] == ["1"]


def test_every_step_of_a_way_is_counted_the_ones_it_did_not_stop_at_too(store: Store) -> None:
    moves(store, run("1", "pause", "hello", "fork", "pause"), run("2", "hello", "hello"))
    moves(store, run("2", "pause", "fork", "pause"), minutes=1)
    to = {("", "hello"): 2, ("hello", "fork"): 2, ("fork", "pause"): 2}
    assert counted(store, "to") == to
    assert counted(store, "started") == {("", "2026-03-02"): 2}
    assert waits(store) == [("hello", 1, 60)]


def test_one_batch_counts_what_many_would(store: Store) -> None:
    first, second = run("1", "hello", "hello"), run("1", "pause", "pause")
    moves(store, first, second, run("1", "pause", status="exited", reason="erased"))
    assert counted(store, "to") == {("", "hello"): 1, ("hello", "pause"): 1}
    assert counted(store, "ended") == {("pause", "exited:erased"): 1}
    assert waits(store) == [("hello", 1, 0), ("pause", 1, 0)]
    assert standing(store) == []


def test_who_ended_says_where_and_why(store: Store) -> None:
    moves(store, run("1", "pause", "pause"), run("2", "pause", "pause"))
    moves(store, run("1", "done", "done", status="finished", reason="exit"), minutes=2)
    moves(store, run("2", "pause", status="exited", reason="event:Account Closed"), minutes=4)
    ended = {("done", "finished:exit"): 1, ("pause", "exited:event:Account Closed"): 1}
    assert counted(store, "ended") == ended
    assert waits(store) == [("pause", 1, 120), ("pause", 1, 240)]


def test_who_came_less_who_went_stands_there(store: Store) -> None:
    moves(store, *(run(f"{n}", "hello", "hello") for n in range(9)))
    moves(store, *(run(f"{n}", "pause", "fork", "pause") for n in range(6)))
    moves(store, *(run(f"{n}", "pause", "fork", "pause") for n in range(3)))
    moves(store, *(run(f"{n}", "pause", status="exited") for n in (0, 4)))
    balance: Counter[str] = Counter()
    for (step, key), count in counted(store, "to").items():
        balance[key] += count
        balance[step] -= count
    for (step, _), count in counted(store, "ended").items():
        balance[step] -= count
    del balance[""]
    now = Counter(step for step in ("hello", "pause") for _ in standing(store, step))
    assert +balance == now == Counter(hello=3, pause=4)


def test_a_promise_passes_its_steps_to_its_outcome(store: Store) -> None:
    kept(store, promise("1"), promise("2"))
    kept(store, promise("1", is_offered=True), minutes=5)
    kept(store, promise("1", "kept"), promise("2", "void"), minutes=6)
    to = {("", "expected"): 2, ("expected", "offered"): 1, ("offered", "kept"): 1}
    assert counted(store, "to", REMINDER) == to | {("expected", "void"): 1}
    assert counted(store, "started", REMINDER) == {("", "2026-03-02"): 2}


def test_repairs_that_do_not_wait_are_counted_as_passed(store: Store) -> None:
    kept(store, promise("1", is_offered=True))
    kept(store, promise("1", "missed", is_offered=True, repair_step=1, wake_at=moment(5)))
    kept(store, promise("1", "missed", repair_step=2, wake_at=moment(9)))
    kept(store, promise("1", "broken", repair_step=3))
    assert counted(store, "to", REMINDER) == {
        ("", "offered"): 1,
        ("offered", "missed"): 1,
        ("missed", "repair_1"): 1,
        ("repair_1", "repair_2"): 1,
        ("repair_2", "repair_3"): 1,
        ("repair_3", "broken"): 1,
    }


def test_a_miss_with_nothing_to_repair_is_broken_at_once(store: Store) -> None:
    kept(store, promise("1"), promise("1", "missed"), promise("1", "broken"))
    to = {("", "expected"): 1, ("expected", "missed"): 1, ("missed", "broken"): 1}
    assert counted(store, "to", REMINDER) == to


def test_a_kept_promise_that_bounced_is_repaired_where_it_had_come_to(store: Store) -> None:
    kept(store, promise("1", "repaired", repair_step=1))
    kept(store, promise("1", "missed", repair_step=2, is_offered=True, wake_at=moment(5)))
    to = {("", "repaired"): 1, ("repaired", "missed"): 1, ("missed", "repair_2"): 1}
    assert counted(store, "to", REMINDER) == to


def test_waits_are_grouped_by_magnitude_no_more_than_a_quarter_apart() -> None:
    for seconds in (0, 1, 3, 7, 59, 3_600, 86_400, 259_200, 31_536_000):
        least = int(magnitude_of(seconds))
        assert least <= seconds
        assert seconds - least <= least / 4
    assert magnitude_of(int(timedelta(days=3).total_seconds())) == "229376"
