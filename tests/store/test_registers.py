"""Timers, promises, the outbox, cases, tallies, and what is kept beside the journal."""

from __future__ import annotations

import pytest
from msgspec.structs import replace

from regard.core.rows import MessageState, SourceRow, Tally, Timer
from regard.core.storage import Store
from regard.store.limits import REJECTED_MAX
from tests.store.cast import (
    ADA,
    BRUNO,
    LAPTOP,
    START,
    case,
    claim,
    content,
    decided,
    identity,
    login,
    message,
    moment,
    node,
    outcome,
    person,
    project,
    promise,
    queue,
    read,
    rejected,
    save_graph,
    save_people,
)

HERE = (identity(ADA), START)


def due(store: Store, minutes: float, limit: int = 10) -> tuple[list[str], object]:
    with store.writing() as writing:
        timers, next_at = writing.registers.due(moment(minutes), limit)
    return [timer.ref for timer in timers], next_at


def queued(store: Store, minutes: float, limit: int = 10) -> tuple[list[str], object]:
    with store.writing() as writing:
        rows, next_at = writing.registers.queued(moment(minutes), limit)
    return [row.message_id for row in rows], next_at


def test_timers_are_due_earliest_first_and_as_they_were_set(store: Store) -> None:
    set_timers = (("run:1", 5, 1), ("run:2", 3, 4), ("run:3", 9, 2), ("run:4", 3, 3))
    project(store, timers=tuple((ref, *HERE, moment(m), n) for ref, m, n in set_timers))
    assert due(store, 2) == ([], moment(3))
    assert due(store, 3) == (["run:4", "run:2"], moment(5))
    assert due(store, 3, limit=1) == (["run:4"], moment(3))
    assert due(store, 99) == (["run:4", "run:2", "run:1", "run:3"], None)
    with store.writing() as writing:
        timer = writing.registers.due(moment(3), 1)[0][0]
    assert timer == Timer(ref="run:4", identity=HERE[0], at=START, due_at=moment(3), number=3)
    with read(store) as reading:
        assert reading.tail.due(moment(3), 1) == [timer]
        assert reading.tail.due(moment(2), 9) == []


def test_timer_is_replaced_and_cleared(store: Store) -> None:
    project(store, timers=(("run:1", *HERE, moment(5), 1), ("run:2", *HERE, moment(5), 2)))
    moved = ("run:1", identity(BRUNO), moment(1), moment(7), 3)
    project(store, timers=(moved, ("run:2", *HERE, None, 4)))
    assert due(store, 6) == ([], moment(7))
    with store.writing() as writing:
        timer = writing.registers.due(moment(7), 1)[0][0]
    assert (timer.identity, timer.at) == (identity(BRUNO), moment(1))
    project(store, timers=(("run:1", *HERE, None, 5), ("run:9", *HERE, None, 6)))
    assert due(store, 99) == ([], None)


def test_last_word_about_a_timer_in_a_batch_wins(store: Store) -> None:
    changes = (moment(5), None, moment(8), moment(6))
    project(store, timers=tuple(("run:1", *HERE, change, n) for n, change in enumerate(changes)))
    project(store, timers=(("run:2", *HERE, moment(1), 8), ("run:2", *HERE, None, 9)))
    assert due(store, 99) == (["run:1"], None)
    assert due(store, 0) == ([], moment(6))


def test_promise_is_kept_at_its_latest_change(store: Store) -> None:
    save_graph(store, nodes=(node(ADA, "p_a"), node(BRUNO, "p_b")))
    project(store, promises=((*HERE, promise("1")), (*HERE, promise("2", due=30))))
    later = promise("1", "kept", due=90, kept_by="email")
    project(store, promises=((identity(BRUNO), moment(5), later),))
    with read(store) as reading:
        rows = reading.registers.promises()
        assert [row.change.promise_id for row in rows] == ["2", "1"]
        assert (rows[1].change, rows[1].changed_at) == (later, moment(5))
        assert rows[1].person_id == "p_a", "a promise stays with whom it was made to"


def test_promises_are_listed_by_status_and_definition(store: Store) -> None:
    other = {"definition": "refund"}
    changes = (promise("1"), promise("2", "missed", due=5), promise("3", due=1, **other))
    project(store, promises=tuple((*HERE, change) for change in changes))
    with read(store) as reading:
        promises = reading.registers.promises
        found = [
            promises(),
            promises("expected"),
            promises("", "refund"),
            promises("missed", "refund"),
        ]
        ids = [[row.change.promise_id for row in rows] for rows in found]
        assert ids == [["3", "2", "1"], ["3", "1"], ["3"], []]
        assert [row.change.promise_id for row in promises("expected", limit=1)] == ["3"]


def test_promises_that_changed_last_come_first_when_asked(store: Store) -> None:
    refund = {"definition": "refund"}
    made = [promise("1", due=9), promise("2", due=8, **refund), promise("3", due=7)]
    for minutes, change in zip((3, 1, 2), made, strict=True):
        project(store, promises=((identity(ADA), moment(minutes), change),))
    missed = promise("2", "missed", due=8, **refund)
    project(store, promises=((identity(ADA), moment(5), missed),))
    with read(store) as reading:
        promises = reading.registers.promises
        found = [
            promises(newest_first=True),
            promises(newest_first=True, limit=1),
            promises("expected", newest_first=True),
            promises("", "refund", newest_first=True),
        ]
        ids = [[row.change.promise_id for row in rows] for rows in found]
        assert ids == [["2", "1", "3"], ["2"], ["1", "3"], ["2"]]


def test_decided_message_is_queued(store: Store) -> None:
    save_graph(store, nodes=(node(ADA, "p_a"),))
    save_people(store, person("p_a", "Ada"))
    decision = decided("m1")
    project(store, messages=((1, identity(ADA), START, moment(2), decision),))
    with store.writing() as writing:
        rows, next_at = writing.registers.queued(moment(2), 10)
    (row,) = rows
    assert next_at is None
    assert (row.person_id, row.label, row.identity, row.at) == ("p_a", "Ada", identity(ADA), START)
    assert (row.state, row.attempt, row.reason) == ("queued", 0, "")
    assert row.decided_at == row.state_at == row.not_before == moment(2)
    assert (row.engagement, row.channel, row.address) == ("check_in", "email", "ada@example.com")
    assert (row.message_class, row.purpose, row.decision) == ("service", "travel", decision)
    assert message(store, "m1") == row


def test_message_is_queued_once(store: Store) -> None:
    queue(store, "m1")
    claim(store, "m1")
    queue(store, "m1")
    assert queued(store, 9) == ([], None)


def test_queued_messages_come_oldest_first_and_as_they_were_decided(store: Store) -> None:
    queue(store, "m2", "m1", minutes=3)
    queue(store, "m3", minutes=1)
    assert queued(store, 0) == ([], moment(1))
    assert queued(store, 1) == (["m3"], moment(3))
    assert queued(store, 3, limit=2) == (["m3", "m2"], moment(3))
    assert queued(store, 3) == (["m3", "m2", "m1"], None)


def test_claimed_message_is_claimed_once(store: Store) -> None:
    queue(store, "m1", "m2")
    claim(store, "m1", "m_unknown", minutes=1)
    claim(store, "m1", minutes=2)
    row = message(store, "m1")
    assert (row.state, row.attempt, row.state_at) == ("claimed", 1, moment(1))
    assert queued(store, 9) == (["m2"], None)


def test_outcome_settles_a_message(store: Store) -> None:
    queue(store, "m1")
    claim(store, "m1")
    project(store, outcomes=((moment(3), outcome("m1", "refused", attempt=1, reason="address")),))
    row = message(store, "m1")
    assert (row.state, row.attempt, row.reason) == ("refused", 1, "address")
    assert (row.state_at, row.not_before) == (moment(3), moment(3))
    project(store, outcomes=((moment(3), outcome("m_unknown")),))


def test_message_to_be_tried_again_waits_for_its_moment(store: Store) -> None:
    queue(store, "m1")
    claim(store, "m1")
    again = outcome("m1", "try_again", retry_at=moment(9), reason="provider_down")
    project(store, outcomes=((moment(2), again),))
    assert queued(store, 8) == ([], moment(9))
    assert queued(store, 9) == (["m1"], None)
    claim(store, "m1")
    assert message(store, "m1").attempt == 2
    assert queued(store, 99) == ([], None)


def test_outcome_without_claim_takes_a_message_off_the_queue(store: Store) -> None:
    queue(store, "m1")
    project(store, outcomes=((moment(2), outcome("m1", "withdrawn", reason="no_consent")),))
    assert queued(store, 99) == ([], None)


@pytest.mark.parametrize("receipt", ["delivered", "bounced"])
def test_receipt_and_outcome_may_come_in_either_order(store: Store, receipt: MessageState) -> None:
    queue(store, "m1", "m2")
    claim(store, "m1", "m2")
    project(store, outcomes=((moment(2), outcome("m1")),))
    project(store, receipts=((moment(3), "m1", receipt),))
    project(store, receipts=((moment(3), "m2", receipt),))
    project(store, outcomes=((moment(4), outcome("m2")),))
    for message_id in ("m1", "m2"):
        row = message(store, message_id)
        assert (row.state, row.state_at, row.attempt) == (receipt, moment(3), 1)


def test_delivered_message_is_not_tried_again_after_a_lost_answer(store: Store) -> None:
    queue(store, "m1", "m2")
    claim(store, "m1", "m2")
    lost = {"what": "unknown", "retry_at": moment(5)}
    project(store, outcomes=((moment(2), outcome("m1", **lost)),))
    project(store, receipts=((moment(3), "m1", "delivered"), (moment(3), "m2", "delivered")))
    project(store, outcomes=((moment(4), outcome("m2", **lost)),))
    assert queued(store, 99) == ([], None)
    assert [message(store, m).state for m in ("m1", "m2")] == ["delivered", "delivered"]


@pytest.mark.parametrize("ended", ["refused", "withdrawn"])
def test_receipt_does_not_revive_what_has_ended(store: Store, ended: str) -> None:
    queue(store, "m1")
    project(store, outcomes=((moment(2), outcome("m1", ended)),))
    project(store, receipts=((moment(3), "m1", "delivered"), (moment(3), "m_x", "delivered")))
    assert message(store, "m1").state == ended


def test_bounce_is_the_last_word(store: Store) -> None:
    queue(store, "m1")
    for state in ("delivered", "bounced", "delivered"):
        project(store, receipts=((moment(3), "m1", state),))
    assert message(store, "m1").state == "bounced"


def test_messages_are_listed_newest_first_with_what_they_said(store: Store) -> None:
    queue(store, "m1", minutes=1)
    queue(store, "m2", "m3", minutes=2)
    claim(store, "m3")
    with store.writing() as writing:
        writing.registers.keep([content("m1", "Draft."), content("m1")], (), {}, START)
    with read(store) as reading:
        messages = reading.registers.messages
        assert [row.message_id for row, _ in messages()] == ["m3", "m2", "m1"]
        assert [row.message_id for row, _ in messages(limit=1)] == ["m3"]
        assert [row.message_id for row, _ in messages(state="queued")] == ["m2", "m1"]
        assert messages(message_id="m1")[0][1] == content("m1")
        assert messages(message_id="m2")[0][1] is None
        assert messages(message_id="m3", state="queued") == messages(message_id="m9") == []


def test_cases_are_opened_once_and_listed_as_they_are_due(store: Store) -> None:
    save_graph(store, nodes=(node(ADA, "p_a"),))
    save_people(store, person("p_a", "Ada"))
    project(store, cases=((*HERE, case("1")), (identity(ADA), moment(5), case("2"))))
    project(store, cases=((identity(ADA), moment(9), case("1")),))
    with read(store) as reading:
        rows = reading.registers.cases()
        assert [row.case_id for row in rows] == ["1", "2"], "at one due date the oldest first"
        assert (rows[0].person_id, rows[0].label, rows[0].opened_at) == ("p_a", "Ada", START)
        assert (rows[0].department, rows[0].due_at) == ("call_centre", moment(240))
        assert (rows[0].title, rows[0].ref, rows[0].reason) == (
            case("1").title,
            "promise:1",
            "missed",
        )
        assert [row.case_id for row in reading.registers.cases(limit=1)] == ["1"]
    early, never = (replace(case(n), due_at=at) for n, at in (("3", moment(60)), ("4", None)))
    project(store, cases=((*HERE, never), (*HERE, early)))
    with read(store) as reading:
        assert [row.case_id for row in reading.registers.cases()] == ["3", "1", "2", "4"]


def test_a_case_is_as_its_last_word_says(store: Store) -> None:
    project(store, cases=tuple((*HERE, case(n)) for n in "123"))
    project(
        store,
        case_moves=(
            (moment(1), "1", "taken", "Bea", ""),
            (moment(2), "2", "done", "Bea", "Called"),
            (moment(3), "1", "done", "Carl", "Called twice"),
            (moment(3), "unknown", "done", "Carl", ""),
        ),
    )
    with read(store) as reading:
        registers = reading.registers
        assert [row.case_id for row in registers.cases()] == ["3"]
        assert [row.case_id for row in registers.cases(is_done=True)] == ["1", "2"]
        assert [row.case_id for row in registers.cases(limit=1, is_done=True)] == ["1"]
        (one,) = registers.cases("1")
        assert (one.state, one.moved_at, one.by, one.note) == (
            *("done", moment(3), "Carl"),
            "Called twice",
        )
        assert (registers.cases("3"), registers.cases("unknown")) == (registers.cases(), [])
    project(store, case_moves=((moment(5), "2", "open", "", "Nobody answered"),))
    with read(store) as reading:
        assert [row.case_id for row in reading.registers.cases()] == ["2", "3"]
        assert reading.registers.cases()[0].note == "Nobody answered"


def test_tallies_count_up_by_day(store: Store) -> None:
    silence = ("2026-03-02", "silence", "quiet_hours")
    project(store, tallies=((*silence, 2), ("2026-03-01", "event", "Order", 1)))
    project(store, tallies=((*silence, 3), (*silence, 1)))
    with read(store) as reading:
        total = Tally(day=silence[0], name=silence[1], key=silence[2], count=6)
        assert reading.registers.tallies("2026-03-02") == [total]
        assert reading.registers.tallies(names=[total.name]) == [total]
        assert reading.registers.tallies(names=["nothing"]) == []
        assert [t.day for t in reading.registers.tallies()] == ["2026-03-01", "2026-03-02"]


def test_sources_are_counted_and_their_rejects_kept(store: Store) -> None:
    with store.writing() as writing:
        keep = writing.registers.keep
        keep((), [rejected(1), rejected(2, "app")], {"website": (3, 1, 1), "app": (0, 0, 1)}, START)
        keep((), [rejected(3)], {"website": (1, 0, 1)}, moment(1))
    with read(store) as reading:
        counts, items = reading.registers.sources()
        website = {"accepted_count": 4, "duplicate_count": 1, "rejected_count": 2}
        assert counts[1] == SourceRow(source="website", **website, last_at=moment(1))
        assert counts[0].source == "app"
        assert [(item.number, item.item) for item in items] == [
            (3, "item 3"),
            (2, "item 2"),
            (1, "item 1"),
        ]
        assert [item.number for item in reading.registers.sources("website")[1]] == [3, 1]
        assert [item.number for item in reading.registers.sources(limit=1)[1]] == [3]


def test_only_the_newest_rejects_are_kept(store: Store) -> None:
    with store.writing() as writing:
        writing.registers.keep((), [rejected(n) for n in range(REJECTED_MAX - 1)], {}, START)
        writing.registers.keep((), [rejected(n) for n in range(3)], {"website": (0, 0, 3)}, START)
    with read(store) as reading:
        _, items = reading.registers.sources(limit=REJECTED_MAX * 2)
    assert (len(items), items[0].number, items[-1].number) == (REJECTED_MAX, REJECTED_MAX + 2, 3)


def test_borrowed_laptop_gives_its_messages_to_who_held_it(store: Store) -> None:
    nodes = (node(ADA, "p_a"), node(BRUNO, "p_b"), node(LAPTOP, "p_l", shared="by_use"))
    logins = (login(LAPTOP, ADA, 10), login(LAPTOP, BRUNO, 20))
    save_graph(store, nodes=nodes, logins=logins)
    save_people(store, person("p_a", "Ada"), person("p_b", "Bruno"))
    for message_id, minutes in {"m1": 5, "m2": 15, "m3": 25}.items():
        queue(store, message_id, minutes=minutes, holder=LAPTOP)
    held = (identity(LAPTOP), moment(15))
    project(store, promises=((*held, promise("1")),), cases=((*held, case("1")),))
    with store.writing() as writing:
        rows, _ = writing.registers.queued(moment(99), 10)
    assert [(row.message_id, row.person_id) for row in rows] == [
        ("m1", "p_a"),
        ("m2", "p_a"),
        ("m3", "p_b"),
    ]
    with read(store) as reading:
        registers = reading.registers
        assert [row.label for row, _ in registers.messages()] == ["Bruno", "Ada", "Ada"]
        assert registers.promises()[0].person_id == registers.cases()[0].person_id == "p_a"
