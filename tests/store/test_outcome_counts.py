"""How many promises came to which status, by time, and how later news corrects it."""

from __future__ import annotations

from datetime import timedelta

from regard.core.event import Identifier
from regard.core.storage import Store
from tests.store.cast import (
    ADA,
    BRUNO,
    START,
    identity,
    moment,
    node,
    person,
    project,
    promise,
    read,
    save_graph,
    save_people,
)

SPAN = timedelta(minutes=5)
HOUR = timedelta(hours=1)


def change(
    store: Store, status: str, minutes: float, promise_id: str = "1", **more: object
) -> None:
    fact = promise(promise_id, status, **more)
    project(store, promises=((identity(ADA), moment(minutes), fact),))


def counts(
    store: Store, since: float = -60, span: timedelta | None = SPAN
) -> dict[tuple[str, float], int]:
    """Return counts by status and the minute at which their stretch begins."""
    with read(store) as reading:
        found = reading.runs.outcomes(moment(since), span)
    return {(c.status, (c.since - START) / timedelta(minutes=1)): c.count for c in found}


def test_an_open_promise_counts_for_nothing(store: Store) -> None:
    change(store, "expected", 1)
    assert counts(store) == {}


def test_an_outcome_counts_in_its_five_minutes(store: Store) -> None:
    change(store, "kept", 7)
    change(store, "kept", 9, "2")
    change(store, "void", 10, "3")
    assert counts(store) == {("kept", 5): 2, ("void", 10): 1}


def test_a_miss_counts_at_once_and_its_repair_where_the_miss_was(store: Store) -> None:
    change(store, "missed", 1)
    assert counts(store) == {("missed", 0): 1}
    change(store, "missed", 7, is_offered=True, repair_step=1)
    change(store, "repaired", 12)
    assert counts(store) == {("repaired", 0): 1}


def test_a_late_log_corrects_the_count_where_it_was(store: Store) -> None:
    change(store, "missed", 1)
    change(store, "kept", 50)
    assert counts(store) == {("kept", 0): 1}


def test_what_is_taken_back_counts_where_that_was_noticed(store: Store) -> None:
    change(store, "kept", 1)
    change(store, "missed", 61)
    assert counts(store) == {("missed", 60): 1}
    change(store, "repaired", 70)
    change(store, "doubled", 80)
    assert counts(store) == {("doubled", 80): 1}


def test_stretches_begin_at_the_epoch_or_are_one(store: Store) -> None:
    for number, minutes in enumerate((-50, 1, 59, 61)):
        change(store, "kept", minutes, str(number))
    assert counts(store, span=HOUR) == {("kept", -60): 1, ("kept", 0): 2, ("kept", 60): 1}
    assert counts(store, since=-10, span=None) == {("kept", -10): 3}


def test_a_count_begins_with_whole_five_minutes(store: Store) -> None:
    change(store, "kept", 1)
    assert counts(store, since=4.9, span=None) == {("kept", 4.9): 1}
    assert counts(store, since=5, span=None) == {}


def test_definitions_are_counted_apart(store: Store) -> None:
    change(store, "kept", 1)
    change(store, "late", 1, "2", definition="refund")
    with read(store) as reading:
        found = reading.runs.outcomes(START)
    assert [(c.definition, c.status, c.count) for c in found] == [
        ("check_in_reminder", "kept", 1),
        ("refund", "late", 1),
    ]


def test_batching_changes_nothing(store: Store) -> None:
    steps = ("expected", "missed", "repaired", "doubled")
    facts = [(identity(ADA), moment(n), promise("1", status)) for n, status in enumerate(steps)]
    for fact in facts:
        project(store, promises=(fact,))
    before = store.digest()
    store.forget_views()
    project(store, promises=tuple(facts))
    after = store.digest()
    assert (after["outcomes"], after["promises"]) == (before["outcomes"], before["promises"])


def test_a_department_is_no_person_known(store: Store) -> None:
    save_graph(store, nodes=(node(BRUNO, "p_b"), node(Identifier("department", "gate"), "p_d")))
    save_people(store, person("p_b", "Bruno"), person("p_d", "Gate staff"))
    with read(store) as reading:
        assert reading.count_persons() == 1
