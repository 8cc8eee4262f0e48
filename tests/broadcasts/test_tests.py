"""A test goes to the seed list, says that it is one, and breaks nobody's word."""

from __future__ import annotations

import pytest

from regard.core.errors import Refused
from regard.project import load_text
from regard.steering import Acts, InForce
from regard.testing import VirtualClock
from tests.broadcasts.house import FILES, Shop, at_noon, shop


def shown(house: Shop) -> list[str]:
    acts = Acts(house.ledger, InForce(house.program))
    missing = acts.test("summer", house.clock.now())
    house.settle()
    return missing


def test_a_test_is_marked_and_counts_for_nothing() -> None:
    house = Shop(clock=at_noon())
    house.customer("bruno")
    house.customer("ada")
    assert shown(house) == []
    (message,) = house.channels["email"].messages
    assert message.address == "bruno@example.com"
    assert message.subject.startswith("[test] Summer")
    house.broadcast("summer")
    house.run_until(house.clock.now())
    assert house.progress().reached == 0
    assert house.progress().messages == {}


def test_it_may_be_repeated_and_the_seed_still_gets_the_real_one() -> None:
    house = Shop(clock=at_noon(), program=shop(pace_per_s=""))
    house.customer("bruno")
    shown(house)
    house.run_until(house.clock.now().replace(minute=30))
    shown(house)
    house.broadcast("summer")
    house.run_until(house.clock.now())
    subjects = [message.subject[:6] for message in house.channels["email"].messages]
    assert subjects == ["[test]", "[test]", "Summer"]


def test_a_text_without_a_subject_is_marked_in_its_words() -> None:
    house = Shop(clock=at_noon())
    house.customer("bruno", email="", phone="+436641234567")
    shown(house)
    (message,) = house.channels["sms"].messages
    assert message.text.startswith("[test] Your code")


def test_neither_night_nor_eligibility_nor_value_ask_a_seed() -> None:
    clock = VirtualClock()
    clock.set(clock.now().replace(hour=23))
    files = dict(FILES)
    offer = files["engagements/summer/engagement.yaml"].replace("customer: 8", "customer: -8")
    files["engagements/summer/engagement.yaml"] = f"{offer}eligibility: traits.city = 'Wien'\n"
    house = Shop(clock=clock, program=load_text(files, {}))
    house.customer("bruno", email="", phone="+436641234567", city="Linz")
    shown(house)
    assert len(house.channels["sms"].messages) == 1


def test_no_test_breaks_somebodys_word() -> None:
    house = Shop(clock=at_noon())
    house.customer("bruno")
    house.says("bruno", "Consent Withdrawn")
    shown(house)
    assert house.got() == {}


def test_who_is_not_known_is_told() -> None:
    house = Shop(clock=at_noon(), program=shop(seeds="[bruno, 'email:ada@example.com', nobody]"))
    house.customer("ada")
    assert shown(house) == ["bruno", "nobody"]
    assert house.got() == {"ada@example.com": 1}


def test_without_a_seed_list_there_is_no_test() -> None:
    house = Shop(clock=at_noon(), program=shop(seeds=""))
    with pytest.raises(Refused, match="no seed list"):
        shown(house)
