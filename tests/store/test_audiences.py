"""The register of members: who is in which audience, always as the persons are saved."""

from __future__ import annotations

from regard.core.rows import MemberRow
from regard.core.storage import Store
from tests.store.cast import moment, person, read, save_people


def ids(store: Store, audience: str, after: str = "", limit: int = 9) -> list[str]:
    with read(store) as reading:
        return [row.person_id for row in reading.audiences.members(audience, after, limit)]


def test_members_come_in_the_order_of_their_ids_page_by_page(store: Store) -> None:
    people = [person(p, audiences={"vip": 3 - n}) for n, p in enumerate(("p_c", "p_a", "p_b"))]
    save_people(store, *people, person("p_d", audiences={"lapsing": 1}), person("p_e"))
    assert ids(store, "vip") == ["p_a", "p_b", "p_c"]
    assert ids(store, "vip", limit=2) == ["p_a", "p_b"]
    assert ids(store, "vip", "p_b") == ["p_c"]
    assert ids(store, "nobody") == []
    with read(store) as reading:
        assert dict(reading.audiences.counts()) == {"lapsing": 1, "vip": 3}


def test_those_who_entered_last_come_first_when_asked(store: Store) -> None:
    save_people(store, person("p_a", "Ada", audiences={"vip": 1}))
    save_people(store, person("p_b", "Bo", audiences={"vip": 5}), person("p_c"))
    with read(store) as reading:
        assert reading.audiences.latest("vip") == [
            MemberRow(person_id="p_b", label="Bo", since=moment(5)),
            MemberRow(person_id="p_a", label="Ada", since=moment(1)),
        ]
        assert [row.label for row in reading.audiences.latest("vip", 1)] == ["Bo"]


def test_who_left_or_is_gone_is_no_member(store: Store) -> None:
    save_people(store, *(person(p, audiences={"vip": 1, "lapsing": 2}) for p in ("p_a", "p_b")))
    save_people(store, person("p_a", audiences={"vip": -6, "lapsing": 2}))
    assert ids(store, "vip") == ["p_b"]
    assert ids(store, "lapsing") == ["p_a", "p_b"]
    save_people(store, person("p_a"), gone=("p_b",))
    with read(store) as reading:
        assert dict(reading.audiences.counts()) == {}


def test_the_register_is_a_view_that_is_forgotten_and_comes_back(store: Store) -> None:
    save_people(store, person("p_a", audiences={"vip": 1}))
    before = store.digest()["audience_members"]
    store.forget_views()
    assert ids(store, "vip") == []
    save_people(store, person("p_a", audiences={"vip": 1}))
    assert store.digest()["audience_members"] == before


def test_a_failed_transaction_moves_nobody(store: Store) -> None:
    save_people(store, person("p_a", audiences={"vip": 1}))
    try:
        with store.writing() as writing:
            writing.states.save([person("p_a"), person("p_b", audiences={"vip": 1})], ())
            raise InterruptedError
    except InterruptedError:
        pass
    assert ids(store, "vip") == ["p_a"]
