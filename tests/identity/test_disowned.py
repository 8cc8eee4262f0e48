"""Of which address or number somebody said that it is not theirs: nobody is reached there."""

from __future__ import annotations

import pytest

from regard.core.event import Event, IdentityVerb
from tests.identity.draws import undo_of
from tests.identity.house import KINDS, Registry, event, said


def clerk(minute: float, address: str) -> Event:
    return event(minute, f"u:chen e:{address}", traits={"email": address, "seat": "4A"})


def seen(house: Registry) -> dict[str, object]:
    return {name: claim.value for name, claim in house.person("u:chen").claims.items()}


@pytest.mark.parametrize("verb", ["split", "never"])
def test_who_disowns_an_address_is_reached_at_the_one_before(verb: IdentityVerb) -> None:
    house = Registry(KINDS)
    house.see(clerk(0, "chen@x.at"), clerk(1, "dalia@x.at"))
    before = house.person("u:chen")
    assert seen(house)["email"] == "dalia@x.at"
    word = said(30, verb, "email:dalia@x.at", "user_id:chen")
    house.see(word)
    assert seen(house) == {"user_id": "chen", "email": "chen@x.at", "seat": "4A"}
    # The clerk's system says it again with each sync; the word counts for that as well.
    house.see(clerk(31, "dalia@x.at"))
    assert seen(house)["email"] == "chen@x.at"
    assert house.changed_by_rebuild() == []
    house.see(undo_of(word, 40))
    assert seen(house)["email"] == "dalia@x.at"
    assert house.changed_by_rebuild() == []
    assert before.disowned == house.person("u:chen").disowned == ()


def test_who_leaves_takes_along_no_address_of_those_who_stay() -> None:
    house = Registry(KINDS)
    house.see(clerk(0, "chen@x.at"), event(1, "e:chen@x.at", "Wrote"))
    house.see(said(30, "split", "user_id:chen", "email:chen@x.at"))
    assert "email" not in seen(house)
    assert seen(house)["seat"] == "4A"
    assert house.lives("e:chen@x.at") == ["Wrote"]
    assert house.changed_by_rebuild() == []


def test_what_is_said_of_devices_takes_no_address_from_anybody() -> None:
    house = Registry(KINDS)
    house.see(event(0, "a:a1", "Looked"), event(1, "u:chen e:chen@x.at a:a1", traits={"seat": 1}))
    house.see(said(30, "split", "anonymous_id:a1", "user_id:chen"))
    assert house.person("u:chen").disowned == ()
    assert seen(house)["email"] == "chen@x.at"


def test_of_two_addresses_in_one_event_the_other_one_counts() -> None:
    house = Registry(KINDS)
    house.see(event(0, "u:chen e:chen@x.at e:dalia@x.at", traits={"email": "Dalia@x.at"}))
    house.see(said(30, "split", "email:dalia@x.at", "user_id:chen"))
    assert seen(house)["email"] == "chen@x.at"


def test_who_never_did_anything_themselves_is_known_once_they_are_split_off() -> None:
    house = Registry(KINDS)
    house.see(clerk(0, "dalia@x.at"), said(30, "split", "email:dalia@x.at", "user_id:chen"))
    with house.store.reading() as reading:
        known = reading.people.read(house.id("e:dalia@x.at"))
        assert known is not None
        assert known.claims == {}
        assert reading.people.read("p_nobody") is None
