"""What a writer remembers between transactions is what its store says, whatever happened."""

from __future__ import annotations

import pytest

from regard.core.storage import Store
from regard.store.drawers import remembering
from regard.store.drawers.remembering import Remembered
from tests.store.cast import (
    ADA,
    ADA_EMAIL,
    BRUNO,
    LAPTOP,
    append,
    cluster,
    edge,
    entry,
    identity,
    node,
    person,
    save_graph,
    save_people,
)


class Stopped(Exception):
    """Something went wrong in the middle of a transaction."""


def test_inputs_wait_in_order_until_they_were_read(store: Store) -> None:
    append(store, entry(1), entry(2, cause=1, part=1), entry(3))
    append(store, entry(4))
    with store.writing() as writing:
        assert [e.offset for e in writing.journal.inputs(0, 2)] == [1, 3]
        assert [e.offset for e in writing.journal.inputs(3, 9)] == [4]
        assert list(writing.journal.inputs(4, 9)) == []
        assert [e.offset for e in writing.journal.inputs(0, 9)] == [1, 3, 4]


def test_loop_far_behind_misses_no_input(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(remembering, "INPUTS_MAX", 3)
    append(store, *(entry(n) for n in range(1, 8)))
    with store.writing() as writing:
        found, after = [], 0
        while page := writing.journal.inputs(after, 2):
            found += [e.offset for e in page]
            after = page[-1].offset
    assert found == [1, 2, 3, 4, 5, 6, 7]


def test_what_was_rolled_back_is_forgotten(store: Store) -> None:
    append(store, entry(1))
    save_graph(store, nodes=(node(ADA, "p_a"),), clusters=(cluster("p_a"),))
    save_people(store, person("p_a", "Ada"))
    with pytest.raises(Stopped):
        _write_and_stop(store)
    append(store, entry(2, BRUNO))
    with store.writing() as writing:
        assert [e.identity for e in writing.journal.inputs(1, 9)] == [identity(BRUNO)]
        assert writing.states.load(["p_a"]) == {"p_a": person("p_a", "Ada")}


def _write_and_stop(store: Store) -> None:
    with store.writing() as writing:
        writing.journal.append([entry(2)], ())
        writing.states.save([person("p_a", "Somebody")], ())
        raise Stopped


def test_merge_relabels_identifiers_that_it_does_not_name(store: Store) -> None:
    nodes = (node(ADA, "p_a"), node(LAPTOP, "p_b"), node(ADA_EMAIL, "p_b"))
    save_graph(store, nodes=nodes, clusters=(cluster("p_a"), cluster("p_b")))
    everybody = [identity(ADA), identity(LAPTOP), identity(ADA_EMAIL)]
    with store.writing() as writing:
        assert len(writing.graph.nodes(everybody)) == 3
    save_graph(store, merged={"p_b": "p_a"}, clusters=(cluster("p_a", node_count=3),))
    with store.writing() as writing:
        found = writing.graph.nodes(everybody).values()
    assert {n.person_id for n in found} == {"p_a"}


def test_earlier_evidence_replaces_what_is_remembered(store: Store) -> None:
    pair = edge(ADA, LAPTOP).pair
    for minutes in (9, 5):
        save_graph(store, edges=(edge(ADA, LAPTOP, minutes=minutes),))
        with store.writing() as writing:
            assert list(writing.graph.edges(pairs=[pair])) == [edge(ADA, LAPTOP, minutes=minutes)]


def test_person_is_listed_by_the_newest_name(store: Store) -> None:
    for name in ("Ada", "Ada", "Ada Okafor"):
        save_people(store, person("p_a", name, minutes=1))
    with store.reading() as reading:
        assert [row.label for row in reading.people.search("okafor")] == ["Ada Okafor"]


def test_forgotten_views_are_not_remembered(store: Store) -> None:
    save_graph(store, nodes=(node(ADA, "p_a"),), clusters=(cluster("p_a"),))
    save_people(store, person("p_a", "Ada"))
    store.forget_views()
    with store.writing() as writing:
        assert writing.states.load(["p_a"]) == {}
        assert writing.graph.nodes([identity(ADA)]) == {}


def test_values_used_lately_outlive_the_others() -> None:
    kept: Remembered[int, str] = Remembered(4)
    for number in range(2):
        kept.put(number, "old")
    for number in range(2, 6):
        assert kept.get(0) == "old"
        kept.put(number, "new")
    assert kept.get(1) is None
