"""The graph: identifiers, evidence, clusters, merges and their forwards."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest
from msgspec.structs import replace

from regard.core.errors import Broken
from regard.core.event import Identifier, IdentityAct
from regard.core.graph import Node, Ruling
from regard.core.storage import Store
from regard.store import MemoryStore
from tests.store.cast import (
    ADA,
    ADA_EMAIL,
    BRUNO,
    CHEN,
    LAPTOP,
    START,
    cluster,
    edge,
    identity,
    login,
    moment,
    node,
    person,
    read,
    save_graph,
    save_people,
)


def test_nodes_are_found_by_identity(store: Store) -> None:
    ada, laptop = node(ADA, "p_a"), node(LAPTOP, "p_a", minutes=3, offset=7, shared="by_use")
    save_graph(store, nodes=(ada, laptop))
    with store.writing() as writing:
        wanted = [identity(ADA), identity(LAPTOP), identity(CHEN), identity(ADA)]
        assert writing.graph.nodes(wanted) == {ada.identity: ada, laptop.identity: laptop}
        assert writing.graph.nodes([]) == {}


def test_identities_of_every_size_are_kept(store: Store) -> None:
    numbers = (-(2**63), -1, 1, 2**63 - 1)
    nodes = tuple(
        Node(
            identity=n, identifier=Identifier("k", str(n)), person_id="p", first_at=START, offset=1
        )
        for n in numbers
    )
    save_graph(store, nodes=nodes)
    with store.writing() as writing:
        assert sorted(writing.graph.nodes(numbers)) == list(numbers)


@pytest.mark.parametrize(
    "odd", ['a"b', "a\\b", "\x01\t\n", "Zoë 🐇", "[1,2]", "null", "\u2028", "'--"]
)
def test_what_an_identifier_says_is_kept_to_the_letter(store: Store, odd: str) -> None:
    one, other = node(Identifier("user_id", odd), f"p_{odd}"), node(ADA, "p_a", shared=odd)
    said = replace(edge(one.identifier, ADA), rule=odd, source=odd)
    save_graph(store, nodes=(one, other), edges=(said,))
    with pytest.raises(KeyboardInterrupt), store.writing():
        raise KeyboardInterrupt  # what is taken back makes the writer forget all it remembers
    with store.writing() as writing:
        assert writing.graph.nodes([one.identity, other.identity]) == {
            one.identity: one,
            other.identity: other,
        }
        assert writing.graph.edges(pairs=[said.pair]) == [said]


@pytest.mark.parametrize(
    "at",
    [
        datetime(1, 1, 1, tzinfo=UTC),
        datetime(1969, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
        datetime(2026, 1, 1, 1, 1, 59, 999_600, tzinfo=UTC),
        datetime(9999, 12, 31, 23, 59, 59, 999_999, tzinfo=UTC),
    ],
)
def test_moments_are_kept_to_the_microsecond(store: Store, at: datetime) -> None:
    said = replace(edge(ADA, LAPTOP), at=at)
    ada = replace(node(ADA, "p_a"), first_at=at)
    save_graph(store, nodes=(ada,), edges=(said,))
    with read(store) as reading:
        assert reading.identities.graph.nodes([ada.identity]) == {ada.identity: ada}
        assert reading.identities.graph.edges(identities=[ada.identity]) == [said]
    twin = MemoryStore()
    save_graph(twin, nodes=(ada,), edges=(said,))
    assert store.digest() == twin.digest()


def test_node_is_relabelled_but_keeps_its_first_offset(store: Store) -> None:
    save_graph(
        store, nodes=(node(ADA, "p_a", offset=1),), clusters=(cluster("p_a"), cluster("p_b"))
    )
    moved = node(ADA, "p_b", minutes=-5, offset=9, shared="by_use")
    save_graph(store, nodes=(moved,))
    with store.writing() as writing:
        kept = node(ADA, "p_b", minutes=-5, offset=1, shared="by_use")
        assert writing.graph.nodes([identity(ADA)]) == {identity(ADA): kept}
        assert writing.graph.clusters(["p_a"])["p_a"][1] == []
        assert writing.graph.clusters(["p_b"])["p_b"][1] == [kept]


def test_two_identifiers_under_one_hash_are_broken(store: Store) -> None:
    ada = node(ADA, "p_a")
    save_graph(store, nodes=(ada,))
    double = Node(
        identity=ada.identity, identifier=BRUNO, person_id="p_b", first_at=START, offset=2
    )
    with pytest.raises(Broken):
        save_graph(store, nodes=(node(CHEN, "p_c"), double), stale=frozenset({"p_a"}))
    with store.writing() as writing:
        assert writing.graph.nodes([ada.identity, identity(CHEN)]) == {ada.identity: ada}
        assert not writing.states.pending().stale


def test_edges_are_found_from_both_ends_and_by_pair(store: Store) -> None:
    links = [edge(ADA, LAPTOP), edge(ADA, ADA_EMAIL, minutes=1), edge(BRUNO, LAPTOP, minutes=2)]
    save_graph(store, edges=tuple(links))
    with store.writing() as writing:
        edges = writing.graph.edges
        ordered = sorted(links, key=lambda e: e.pair)
        assert edges([identity(ADA), identity(LAPTOP)]) == ordered
        assert edges([identity(BRUNO)]) == [links[2]]
        assert edges(pairs=[links[1].pair, (1, 2)]) == [links[1]]
        assert edges([identity(BRUNO)], [links[2].pair]) == [links[2]]
        assert edges() == []


def test_edge_is_replaced_by_earlier_evidence(store: Store) -> None:
    save_graph(store, edges=(edge(ADA, LAPTOP, minutes=5, offset=5),))
    earlier = edge(ADA, LAPTOP, minutes=1, offset=6)
    save_graph(store, edges=(earlier,))
    with store.writing() as writing:
        assert writing.graph.edges([identity(LAPTOP)]) == [earlier]


def test_clusters_come_with_members_by_first_sight(store: Store) -> None:
    members = (node(ADA, "p_a", minutes=2), node(LAPTOP, "p_a", minutes=1))
    whole = cluster("p_a", node_count=2)
    save_graph(store, nodes=(*members, node(BRUNO, "p_b")), clusters=(whole, cluster("p_b")))
    with store.writing() as writing:
        found = writing.graph.clusters(["p_a", "p_x"])
        assert found == {"p_a": (whole, [members[1], members[0]])}
        assert writing.graph.clusters(["p_a"], with_members=False) == {"p_a": (whole, [])}


def test_identities_of_a_person_are_those_with_the_label(store: Store) -> None:
    save_graph(store, nodes=(node(ADA, "p_a"), node(LAPTOP, "p_a"), node(BRUNO, "p_b")))
    save_graph(store, nodes=(node(LAPTOP, "p_b"),), merged={"p_x": "p_a"})
    with store.writing() as writing:
        assert list(writing.graph.identities_of("p_a")) == [identity(ADA)]
        assert set(writing.graph.identities_of("p_b")) == {identity(BRUNO), identity(LAPTOP)}
        assert list(writing.graph.identities_of("p_y")) == []


def test_rulings_are_found_by_whom_they_name_seen_before_or_behind_them(store: Store) -> None:
    early = Ruling(act=never("a1", ADA, BRUNO), at=moment(1), offset=5)
    save_graph(store, nodes=(node(ADA, "p_a", offset=3),), rulings=(early,))
    save_graph(store, nodes=(node(BRUNO, "p_b", offset=7), node(ADA, "p_b", offset=9)))
    later = Ruling(act=never("a2", BRUNO, CHEN), at=moment(2), offset=10)
    save_graph(store, rulings=(later, early))
    with store.writing() as writing:
        found = {one: writing.graph.rulings([identity(one)]) for one in (ADA, BRUNO, CHEN, LAPTOP)}
        assert found == {ADA: [early], BRUNO: [early, later], CHEN: [later], LAPTOP: []}
        assert writing.graph.rulings([identity(ADA), identity(CHEN)]) == [early, later]


def never(act_id: str, one: Identifier, other: Identifier) -> IdentityAct:
    return IdentityAct(act_id=act_id, act="never", left=(one,), right=(other,))


def test_cluster_keeps_its_exclusive_identities(store: Store) -> None:
    known = cluster("p_a")
    save_graph(store, clusters=(known,))
    later = type(known)(
        person_id="p_a", anchor=(1, 5, "x"), exclusive={"user_id": identity(ADA)}, is_plain=False
    )
    save_graph(store, clusters=(later,))
    with store.writing() as writing:
        assert writing.graph.clusters(["p_a"])["p_a"][0] == later


def test_logins_come_by_device_and_time_each_once(store: Store) -> None:
    second, first = login(LAPTOP, ADA, 5), login(LAPTOP, BRUNO, 1)
    other = login(CHEN, BRUNO, 3)
    save_graph(store, logins=(second, first, other, second))
    save_graph(store, logins=(first,))
    with store.writing() as writing:
        assert writing.graph.logins([identity(LAPTOP)]) == [first, second]
        both = writing.graph.logins([identity(CHEN), identity(LAPTOP)])
        assert both == sorted([first, second, other], key=lambda found: (found.device, found.at))


def test_merge_relabels_every_identifier_of_the_loser(store: Store) -> None:
    nodes = (node(ADA, "p_a"), node(LAPTOP, "p_b"), node(ADA_EMAIL, "p_b", minutes=1))
    save_graph(store, nodes=nodes, clusters=(cluster("p_a"), cluster("p_b")))
    save_graph(store, merged={"p_b": "p_a"}, clusters=(cluster("p_a", node_count=3),))
    with store.writing() as writing:
        assert set(writing.graph.clusters(["p_a", "p_b"])) == {"p_a"}
        members = writing.graph.clusters(["p_a"])["p_a"][1]
        assert {n.identifier for n in members} == {ADA, LAPTOP, ADA_EMAIL}
        assert {n.person_id for n in members} == {"p_a"}
        assert writing.states.pending().losers == {"p_a": ("p_b",)}


def test_merge_relabels_what_the_same_change_saved(store: Store) -> None:
    save_graph(store, nodes=(node(ADA, "p_b"),), merged={"p_b": "p_a"}, clusters=(cluster("p_a"),))
    with read(store) as reading:
        assert reading.people.find(ADA) == "p_a"


def test_forwards_follow_a_chain_of_merges(store: Store) -> None:
    save_people(store, person("p_c", "Ada"))
    save_graph(store, merged={"p_a": "p_b"}, clusters=(cluster("p_b"),))
    save_graph(store, merged={"p_b": "p_c"}, clusters=(cluster("p_c"),))
    with read(store) as reading:
        assert reading.people.read("p_a") == reading.people.read("p_b") == person("p_c", "Ada")
    with store.writing() as writing:
        assert writing.states.pending().losers == {"p_c": ("p_a", "p_b")}


def test_forwards_follow_a_chain_inside_one_change(store: Store) -> None:
    save_people(store, person("p_c", "Ada"))
    nodes = (node(ADA, "p_a"), node(LAPTOP, "p_b"))
    merged = {"p_a": "p_b", "p_b": "p_c"}
    save_graph(store, nodes=nodes, merged=merged, clusters=(cluster("p_c"),))
    with read(store) as reading:
        assert reading.people.find(ADA) == reading.people.find(LAPTOP) == "p_c"
        assert reading.people.read("p_a") == person("p_c", "Ada")


def test_absorbed_stays_absorbed_when_the_winner_is_merged(store: Store) -> None:
    save_graph(store, merged={"p_a": "p_b"}, clusters=(cluster("p_b"),))
    save_people(store, person("p_b"), gone=("p_a",))
    save_graph(store, merged={"p_b": "p_c"}, clusters=(cluster("p_c"),))
    with store.writing() as writing:
        assert writing.states.pending().losers == {"p_c": ("p_b",)}


def test_nobodys_state_goes_with_an_id_that_leads_elsewhere_than_it_was_merged(
    store: Store,
) -> None:
    clusters = (cluster("p_b"), cluster("p_c"))
    save_graph(store, merged={"p_a": "p_b"}, forwards={"p_a": "p_c"}, clusters=clusters)
    with store.writing() as writing:
        pending = writing.states.pending()
        assert (pending.losers, pending.stale) == ({}, {"p_a", "p_b"})
        assert writing.graph.winner("p_a") == "p_c"


def test_who_waits_to_be_absorbed_is_folded_again_when_the_winner_is_no_more(
    store: Store,
) -> None:
    save_graph(store, merged={"p_a": "p_b"}, clusters=(cluster("p_b"),))
    save_graph(store, forwards={"p_b": "p_c"}, gone=frozenset(["p_b"]), clusters=(cluster("p_c"),))
    with store.writing() as writing:
        pending = writing.states.pending()
        assert (pending.losers, pending.stale) == ({}, {"p_a", "p_b"})
        assert writing.graph.winner("p_a") == "p_c"


def test_a_merge_goes_on_waiting_when_the_id_leads_to_its_winner(store: Store) -> None:
    save_graph(store, merged={"p_a": "p_b"}, forwards={"p_a": "p_b"}, clusters=(cluster("p_b"),))
    with store.writing() as writing:
        pending = writing.states.pending()
        assert (pending.losers, pending.stale) == ({"p_b": ("p_a",)}, frozenset())


def test_person_that_lives_again_forwards_nowhere(store: Store) -> None:
    save_people(store, person("p_a", "Ada"), person("p_b", "Bruno"))
    save_graph(store, merged={"p_b": "p_a"}, clusters=(cluster("p_a"),))
    save_graph(store, nodes=(node(BRUNO, "p_b"),), clusters=(cluster("p_b"),))
    with read(store) as reading:
        assert reading.people.read("p_b") == person("p_b", "Bruno")
    with store.writing() as writing:
        assert writing.states.pending().losers == {}


def test_former_followers_stay_where_they_are(store: Store) -> None:
    save_people(store, person("p_c", "Chen"), person("p_d", "Dalia"))
    save_graph(store, merged={"p_a": "p_b"}, clusters=(cluster("p_b"),))
    save_graph(store, merged={"p_b": "p_c"}, clusters=(cluster("p_c"),))
    save_graph(store, clusters=(cluster("p_b"),))
    save_graph(store, merged={"p_b": "p_d"}, clusters=(cluster("p_d"),))
    with read(store) as reading:
        assert reading.people.read("p_a") == person("p_c", "Chen")
        assert reading.people.read("p_b") == person("p_d", "Dalia")


def test_person_merged_again_elsewhere_waits_for_its_new_winner(store: Store) -> None:
    save_graph(store, merged={"p_b": "p_a"}, clusters=(cluster("p_a"),))
    save_people(store, gone=("p_b",))
    save_graph(store, clusters=(cluster("p_b"),))
    save_graph(store, merged={"p_b": "p_c"}, clusters=(cluster("p_c"),))
    with store.writing() as writing:
        assert writing.states.pending().losers == {"p_c": ("p_b",)}


def test_gone_clusters_are_dropped_and_stale_persons_remembered(store: Store) -> None:
    save_graph(store, clusters=(cluster("p_a"), cluster("p_b")))
    save_graph(store, gone=frozenset({"p_a"}), stale=frozenset({"p_b", "p_c"}))
    save_graph(store, stale=frozenset({"p_b"}))
    with store.writing() as writing:
        assert set(writing.graph.clusters(["p_a", "p_b"])) == {"p_b"}
        assert writing.states.pending().stale == {"p_b", "p_c"}


def test_first_sights_sort_by_moment_not_by_text(store: Store) -> None:
    nodes = (node(ADA, "p_a", minutes=100), node(LAPTOP, "p_a", minutes=-1e6))
    save_graph(store, nodes=nodes, clusters=(cluster("p_a"),))
    with store.writing() as writing:
        members = writing.graph.clusters(["p_a"])["p_a"][1]
    assert [n.first_at for n in members] == [moment(-1e6), moment(100)]
