"""Together or not at all, one writer, one moment a reader: what every store promises."""

from __future__ import annotations

from contextlib import ExitStack
from threading import Thread

import pytest

from regard.core.errors import Broken, Fenced, Refused
from regard.core.graph import GraphChange
from regard.core.storage import Projection, Store, Writing
from regard.store import open_store
from tests.store.cast import (
    ADA,
    ADA_EMAIL,
    BRUNO,
    LAPTOP,
    START,
    append,
    case,
    claim,
    cluster,
    content,
    decided,
    edge,
    entry,
    identity,
    key,
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
from tests.store.conftest import Opener
from tests.store.everything import everything


class Crash(Exception):
    """Something went wrong between the first and the last write."""


def write_everything(writing: Writing, offset: int) -> None:
    """Change every table in one transaction."""
    writing.journal.append([entry(offset, ADA, LAPTOP)], [key(offset)])
    writing.graph.save(
        GraphChange(
            nodes=(node(ADA, "p_b", minutes=-1), node(LAPTOP, "p_b", shared="shared_by_use")),
            edges=(edge(ADA, LAPTOP),),
            clusters=(cluster("p_b"), cluster("p_c")),
            merged={"p_a": "p_b", "p_d": "p_b"},
            stale=frozenset({"p_b"}),
            gone=frozenset({"p_e"}),
            logins=(login(LAPTOP, ADA, offset),),
        )
    )
    writing.states.save([person("p_b", f"Ada {offset}", minutes=offset)], ["p_d"])
    writing.states.advance("loop", writing.states.cursor("loop"), offset)
    placed = (identity(ADA), moment(offset))
    writing.registers.project(
        Projection(
            timers=(("run:1", *placed, moment(5), offset), ("run:2", *placed, None, offset)),
            promises=((*placed, promise("1", "kept")), (*placed, promise(f"{offset}"))),
            messages=((offset, *placed, START, decided(f"m{offset}")),),
            outcomes=((START, outcome("m1")),),
            receipts=((START, "m2", "delivered"),),
            cases=((*placed, case(f"c{offset}")),),
            tallies=(("2026-03-02", "event", "Product Viewed", 1),),
        )
    )
    writing.registers.claim(["m3"], writing.token, START)
    writing.registers.keep([content("m1")], [rejected(offset)], {"website": (1, 2, 3)}, START)


def write_and_crash(store: Store) -> None:
    with store.writing() as writing:
        write_everything(writing, 2)
        raise Crash


def lived_in(store: Store) -> None:
    """Put something in every table that the next change can replace, move or remove."""
    append(store, entry(1, ADA), keys=1)
    people = [("p_a", ADA), ("p_d", BRUNO), ("p_e", ADA_EMAIL)]
    save_graph(
        store,
        nodes=tuple(node(identifier, person_id) for person_id, identifier in people),
        clusters=tuple(cluster(person_id) for person_id, _ in people),
        merged={"p_f": "p_a"},
        stale=frozenset({"p_a", "p_d"}),
    )
    save_people(store, person("p_a", "Ada"), person("p_d", "Dalia"))
    queue(store, "m1", "m2", "m3")
    placed = (identity(ADA), START)
    timers = (("run:1", *placed, moment(1), 1), ("run:2", *placed, moment(2), 1))
    project(
        store, timers=timers, promises=((*placed, promise("1")),), cases=((*placed, case("1")),)
    )
    with store.writing() as writing:
        writing.registers.keep(
            [content("m1", "Before.")], [rejected(0)], {"website": (1, 0, 0)}, START
        )


def test_exception_takes_everything_back(store: Store) -> None:
    lived_in(store)
    before = everything(store)
    with pytest.raises(Crash):
        write_and_crash(store)
    assert everything(store) == before
    with store.writing() as writing:
        write_everything(writing, 2)
    assert everything(store) != before


def test_committed_data_survive_the_process(open_again: Opener) -> None:
    store = open_again()
    lived_in(store)
    with store.writing() as writing:
        write_everything(writing, 2)
    before = everything(store)
    store.close()
    assert everything(open_again()) == before


def test_second_opening_fences_the_first(open_again: Opener) -> None:
    first = open_again()
    append(first, entry(1))
    second = open_again()
    with pytest.raises(Fenced), first.writing():
        pytest.fail("a fenced process must not even begin")
    with pytest.raises(Fenced):
        first.forget_views()
    append(second, entry(2))
    with read(first) as reading:
        assert reading.tail.last() == 2


def test_tokens_grow_with_every_opening(open_again: Opener) -> None:
    tokens = []
    for _ in range(3):
        with open_again().writing() as writing:
            tokens.append(writing.token)
    assert tokens == sorted(set(tokens))


def test_claims_of_a_dead_process_are_found(open_again: Opener) -> None:
    store = open_again()
    queue(store, "m1", "m2")
    old = claim(store, "m1")
    store = open_again()
    with store.writing() as writing:
        assert writing.token > old
    with read(store) as reading:
        rows = [row.message_id for row, _ in reading.registers.messages(state="claimed")]
    assert rows == ["m1"]
    assert message(store, "m1").attempt == 1


def test_reader_stays_at_its_moment(store: Store) -> None:
    append(store, entry(1))
    save_people(store, person("p_a", "Ada"))
    with read(store) as reading:
        append(store, entry(2))
        save_people(store, person("p_a", "Ada Lovelace"), person("p_b"))
        assert reading.tail.last() == 1
        assert [row.label for row in reading.people.search("")] == ["Ada"]
        with read(store) as later:
            assert later.tail.last() == 2
    with read(store) as reading:
        assert reading.tail.last() == 2


def test_readers_of_different_moments_leave_in_any_order(store: Store) -> None:
    with ExitStack() as longer:
        with ExitStack() as shorter:
            shorter.enter_context(store.reading())
            append(store, entry(1))
            second = longer.enter_context(store.reading())
            append(store, entry(2))
        append(store, entry(3))
        assert second.tail.last() == 1
    append(store, entry(4))
    with read(store) as reading:
        assert reading.tail.last() == 4


def test_writing_twice_in_one_thread_is_told(store: Store) -> None:
    with store.writing(), pytest.raises(Broken), store.writing():
        pytest.fail("would wait for itself for ever")
    append(store, entry(1))


def test_threads_read_and_write_in_turn(store: Store) -> None:
    def write(first: int) -> None:
        for _ in range(10):
            with store.writing() as writing:
                last = writing.journal.last()
                writing.journal.append([entry(last + 1)], ())
            with read(store) as reading:
                assert reading.tail.last() > last

    threads = [Thread(target=write, args=(n,)) for n in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    with read(store) as reading:
        assert reading.tail.last() == 40


def test_closed_store_is_told(store: Store) -> None:
    store.close()
    with pytest.raises(Broken), store.writing():
        pass
    with pytest.raises(Broken), store.reading():
        pass


def test_forgetting_views_keeps_the_journal_and_what_lies_beside_it(store: Store) -> None:
    empty = store.digest()
    lived_in(store)
    with read(store) as reading:
        assert reading.registers.messages()
        kept = (reading.tail.last(), reading.registers.sources())
    store.forget_views()
    assert store.digest() == empty
    with read(store) as reading:
        assert (reading.tail.last(), reading.registers.sources()) == kept
        assert reading.registers.messages() == []
    with store.writing() as writing:
        assert writing.journal.known([key(1)]) == {key(1): 1}
        assert writing.states.cursor("loop") == 0
    queue(store, "m1")
    with read(store) as reading:
        assert reading.registers.messages()[0][1] == content("m1", "Before.")


def test_digest_tells_views_apart(store: Store) -> None:
    before = store.digest()
    save_people(store, person("p_a", "Ada"))
    after = store.digest()
    assert [name for name in before if before[name] != after[name]] == ["persons"]


def test_open_store_knows_memory_and_refuses_addresses() -> None:
    store = open_store(":memory:")
    append(store, entry(1))
    with pytest.raises(Refused):
        open_store("mysql://example.com/regard")
