"""Finding and reading people: forwards, search, evidence, and timelines on shared devices."""

from __future__ import annotations

import pytest

from regard.core.event import Identifier
from regard.core.storage import Store
from tests.store.cast import (
    ADA,
    ADA_EMAIL,
    BRUNO,
    CHEN,
    LAPTOP,
    PHONE,
    append,
    cluster,
    edge,
    entry,
    identity,
    login,
    node,
    person,
    promise,
    read,
    save_graph,
    save_people,
)

SHARED = "seen_with_two"


def borrowed_laptop(store: Store) -> None:
    """Ada and Bruno use one laptop; Bruno logs in after Ada, and Ada once more."""
    nodes = (
        node(ADA, "p_a"),
        node(ADA_EMAIL, "p_a", minutes=1),
        node(BRUNO, "p_b", minutes=20),
        node(LAPTOP, "p_l", shared=SHARED),
    )
    edges = (
        edge(BRUNO, LAPTOP, minutes=20, offset=4),
        edge(ADA, LAPTOP, minutes=10, offset=2),
        edge(ADA, ADA_EMAIL, minutes=1),
    )
    save_graph(
        store,
        nodes=nodes,
        edges=edges,
        clusters=tuple(cluster(person_id) for person_id in ("p_a", "p_b", "p_l")),
        logins=(login(LAPTOP, ADA, 10), login(LAPTOP, BRUNO, 20), login(LAPTOP, ADA, 30)),
    )


def test_identifier_finds_its_person(store: Store) -> None:
    save_graph(store, nodes=(node(ADA, "p_a"),), clusters=(cluster("p_a"),))
    with read(store) as reading:
        assert reading.people.find(ADA) == "p_a"
        assert reading.people.find(BRUNO) is None


def test_merged_person_is_read_through_its_winner(store: Store) -> None:
    save_people(store, person("p_a", "Ada"))
    nodes = (node(ADA, "p_a"), node(LAPTOP, "p_b"))
    save_graph(store, nodes=nodes, merged={"p_b": "p_a"}, clusters=(cluster("p_a"),))
    append(store, entry(1, ADA), entry(2, LAPTOP))
    with read(store) as reading:
        people = reading.people
        assert people.read("p_b") == people.read("p_a") == person("p_a", "Ada")
        assert people.read("p_x") is None
        assert people.identifiers("p_b") == people.identifiers("p_a")
        assert [e.offset for e in people.timeline("p_b")] == [2, 1]


def cast_of_people(store: Store) -> None:
    names = {"p_a": "Ada 100%", "p_b": "Bruno_B", "p_c": "ÖZGÜR Straße", "p_d": "Dalia\\Dario"}
    for number, (person_id, name) in enumerate(names.items()):
        save_people(store, person(person_id, name, minutes=number))
    save_people(store, person("p_e", "Nobody yet"))
    nodes = (node(ADA_EMAIL, "p_a"), node(PHONE, "p_b"), node(BRUNO, "p_b", minutes=1))
    save_graph(store, nodes=nodes, clusters=(cluster("p_a"), cluster("p_b")))


@pytest.mark.parametrize(
    ("text", "found"),
    [
        ("", ["p_d", "p_c", "p_b", "p_a", "p_e"]),
        ("   ", ["p_d", "p_c", "p_b", "p_a", "p_e"]),
        ("ada", ["p_a"]),
        (" ADA 1 ", ["p_a"]),
        ("%", ["p_a"]),
        ("_", ["p_b"]),
        ("\\", ["p_d"]),
        ("özgür STRASSE", ["p_c"]),
        ("EXAMPLE.com", ["p_a"]),
        ("6641234", ["p_b"]),
        ("BRUNO", ["p_b"]),
        ("a", ["p_d", "p_c", "p_a"]),
        ("p_c", ["p_c"]),
        ("p_", []),
        ("' OR 1=1 --", []),
    ],
)
def test_search_finds_parts_of_labels_and_identifiers(
    store: Store, text: str, found: list[str]
) -> None:
    cast_of_people(store)
    with read(store) as reading:
        assert [row.person_id for row in reading.people.search(text)] == found


def test_search_tells_who_was_found(store: Store) -> None:
    cast_of_people(store)
    with read(store) as reading:
        (row,) = reading.people.search("bruno")
        assert (row.label, row.identifiers, row.last_channel) == (
            "Bruno_B",
            (PHONE, BRUNO),
            "web.desktop",
        )
        assert row.last_seen_at == person("p_b", minutes=1).last_seen_at
        assert [r.person_id for r in reading.people.search("", limit=2)] == ["p_d", "p_c"]
        assert reading.people.search("nobody")[0].last_seen_at is None


def test_persons_are_counted_as_they_come_and_merge(store: Store) -> None:
    with read(store) as reading:
        assert reading.count_persons() == 0
    save_people(store, person("p_a", "Ada"), person("p_b", "Bruno"))
    with read(store) as reading:
        assert reading.count_persons() == 2
    with store.writing() as writing:
        writing.states.save([person("p_a", "Ada")], ["p_b"])
    with read(store) as reading:
        assert reading.count_persons() == 1


def test_searched_label_follows_the_person(store: Store) -> None:
    save_people(store, person("p_a", "Ada"))
    save_people(store, person("p_a", "Augusta"))
    with read(store) as reading:
        assert [row.label for row in reading.people.search("aug")] == ["Augusta"]
        assert reading.people.search("ada") == []


def test_identifiers_come_with_their_evidence(store: Store) -> None:
    borrowed_laptop(store)
    with read(store) as reading:
        rows, evidence = reading.people.identifiers("p_a")
        assert [(row.identifier, row.is_shared) for row in rows] == [
            (ADA, False),
            (ADA_EMAIL, False),
            (LAPTOP, True),
        ]
        assert {evidence[0].left, evidence[0].right} == {ADA, ADA_EMAIL}
        assert {evidence[1].left, evidence[1].right} == {ADA, LAPTOP}
        assert (evidence[1].offset, evidence[1].rule, evidence[1].source) == (
            2,
            "same_event",
            "website",
        )
        assert len(evidence) == 2
        assert reading.people.identifiers("p_x") == ([], [])


def test_shared_device_itself_shows_who_was_seen_on_it(store: Store) -> None:
    borrowed_laptop(store)
    with read(store) as reading:
        rows, evidence = reading.people.identifiers("p_l")
        assert [row.identifier for row in rows] == [LAPTOP]
        assert len(evidence) == 2


def test_timeline_is_newest_first_in_pages(store: Store) -> None:
    nodes = (node(ADA, "p_a"), node(ADA_EMAIL, "p_a"), node(BRUNO, "p_b"))
    save_graph(store, nodes=nodes, clusters=(cluster("p_a"), cluster("p_b")))
    who = [ADA, ADA_EMAIL, BRUNO, ADA, ADA, BRUNO, ADA_EMAIL]
    append(store, *[entry(offset, identifier) for offset, identifier in enumerate(who, 1)])
    with read(store) as reading:
        timeline = reading.people.timeline
        assert [e.offset for e in timeline("p_a")] == [7, 5, 4, 2, 1]
        pages = [timeline("p_a", limit=2), timeline("p_a", 5, 2), timeline("p_a", 2, 2)]
        assert [[e.offset for e in page] for page in pages] == [[7, 5], [4, 2], [1]]
        assert timeline("p_a", before=1) == timeline("p_x") == []


def test_timeline_of_a_borrowed_laptop_tells_its_holders_apart(store: Store) -> None:
    borrowed_laptop(store)
    moments = {1: 5, 2: 10, 3: 15, 4: 20, 5: 25, 6: 30, 7: 35}
    append(store, *[entry(o, LAPTOP, minutes=m) for o, m in moments.items()], entry(8, ADA))
    with read(store) as reading:
        timeline = reading.people.timeline
        assert [e.offset for e in timeline("p_a")] == [8, 7, 6, 3, 2, 1]
        assert [e.offset for e in timeline("p_b")] == [5, 4]
        assert timeline("p_l") == [], "what happened on the laptop happened to its holders"
        pages = [timeline("p_a", limit=2), timeline("p_a", 7, 2), timeline("p_a", 3, 2)]
        assert [[e.offset for e in page] for page in pages] == [[8, 7], [6, 3], [2, 1]]


def test_timeline_reads_on_past_what_others_did(store: Store) -> None:
    borrowed_laptop(store)
    mine = entry(1, LAPTOP, minutes=12)
    others = [entry(offset, LAPTOP, minutes=22) for offset in range(2, 30)]
    append(store, mine, *others)
    with read(store) as reading:
        assert reading.people.timeline("p_a", limit=3) == [mine]


def test_shared_identifier_without_logins_keeps_its_entries(store: Store) -> None:
    save_graph(store, nodes=(node(PHONE, "p_f", shared=SHARED),), clusters=(cluster("p_f"),))
    append(store, entry(1, PHONE))
    with read(store) as reading:
        assert [e.offset for e in reading.people.timeline("p_f")] == [1]
        assert [person_id for _, person_id, _ in reading.tail.after(0)] == ["p_f"]


def test_tail_names_the_person_behind_each_entry(store: Store) -> None:
    borrowed_laptop(store)
    save_people(store, person("p_a", "Ada"), person("p_b", "Bruno"))
    append(
        store,
        entry(1, ADA),
        entry(2, LAPTOP, minutes=5),
        entry(3, LAPTOP, minutes=25),
        entry(4, CHEN),
        entry(5, LAPTOP, minutes=25, body=promise("1"), cause=3, part=1),
    )
    with read(store) as reading:
        named = [(e.offset, person_id, label) for e, person_id, label in reading.tail.after(0)]
    assert named == [
        (1, "p_a", "Ada"),
        (2, "p_a", "Ada"),
        (3, "p_b", "Bruno"),
        (4, "", ""),
        (5, "p_b", "Bruno"),
    ]


def test_identifiers_with_equal_values_of_other_kinds_are_not_mixed_up(store: Store) -> None:
    twin = Identifier("loyalty_number", "ada")
    save_graph(store, nodes=(node(ADA, "p_a"), node(twin, "p_b")))
    assert identity(ADA) != identity(twin)
    with read(store) as reading:
        assert (reading.people.find(ADA), reading.people.find(twin)) == ("p_a", "p_b")
