"""A broadcast goes to each person once, at its pace, whatever happens on the way."""

from __future__ import annotations

from datetime import timedelta

import pytest

from regard.core.errors import Refused
from regard.runtime.rebuild import verify
from regard.testing import VirtualClock
from tests.broadcasts.house import HOUR, SECOND, Shop, at_noon, people, shop


def run(house: Shop, time: timedelta = HOUR) -> None:
    house.run_until(house.clock.now() + time)


def test_each_recipient_gets_it_once() -> None:
    house = Shop(clock=at_noon())
    names = people(house, 30)
    house.customer("linz", city="Linz")
    house.broadcast("summer")
    run(house)
    assert house.got() == {f"{name}@example.com": 1 for name in names}
    assert house.row().change.status == "finished"
    assert house.progress().reached == 30
    assert house.progress().messages == {"sent": 30}
    message = house.channels["email"].messages[0]
    assert message.subject.endswith("20 per cent")
    assert "SUN" in message.text


def test_it_keeps_its_pace() -> None:
    house = Shop(clock=at_noon())
    people(house, 30)
    house.broadcast("summer")
    run(house, SECOND)
    assert len(house.channels["email"].messages) in (9, 10)
    run(house, SECOND)
    assert len(house.channels["email"].messages) in (19, 20)


def test_who_did_not_consent_is_silent_with_the_reason() -> None:
    house = Shop(clock=at_noon())
    house.customer("ada")
    house.customer("bruno", consents=False)
    house.customer("chen", email="")
    house.broadcast("summer")
    run(house)
    assert house.progress().silences == {"no_consent": 1, "unreachable": 1}
    assert house.got() == {"ada@example.com": 1}


def test_paused_it_reaches_nobody_and_resumed_only_the_others() -> None:
    house = Shop(clock=at_noon())
    names = people(house, 30)
    house.broadcast("summer")
    run(house, SECOND)
    house.broadcast("summer", "pause")
    before = house.got()
    run(house)
    assert house.got() == before
    house.broadcast("summer", "resume")
    run(house)
    assert house.got() == {f"{name}@example.com": 1 for name in names}


def test_what_is_queued_waits_while_it_is_paused() -> None:
    house = Shop(clock=at_noon())
    people(house, 5)
    house.answer("email", "try_again")
    house.broadcast("summer")
    run(house, SECOND)
    house.broadcast("summer", "pause")
    tried = len(house.channels["email"].messages)
    house.answer("email", "sent")
    run(house)
    assert len(house.channels["email"].messages) == tried
    house.broadcast("summer", "resume")
    run(house)
    assert house.progress().messages == {"sent": 5}


def test_cancelled_it_withdraws_what_has_not_gone() -> None:
    house = Shop(clock=at_noon())
    people(house, 5)
    house.answer("email", "try_again")
    house.broadcast("summer")
    run(house, SECOND)
    house.broadcast("summer", "cancel")
    house.answer("email", "sent")
    run(house)
    assert house.progress().messages == {"withdrawn": 5}
    assert house.progress().failures == {"broadcast_cancelled": 5}


def test_a_killed_process_goes_on_where_it_stood() -> None:
    house = Shop(clock=at_noon())
    names = people(house, 30)
    house.broadcast("summer")
    run(house, SECOND)
    store = house.ledger.store.reopen()  # type: ignore[attr-defined]
    other = Shop(store, house.clock)
    run(other)
    got = house.got() + other.got()
    assert got == {f"{name}@example.com": 1 for name in names}


def test_it_goes_once_even_when_started_twice() -> None:
    house = Shop(clock=at_noon())
    people(house, 3)
    house.broadcast("summer")
    with pytest.raises(Refused, match="was started"):
        house.broadcast("summer")


def test_a_walk_that_begins_anew_reaches_nobody_twice() -> None:
    house = Shop(clock=at_noon())
    names = people(house, 12)
    house.broadcast("summer")
    run(house, SECOND)
    rules = house.program.identity
    changed = verify(house.ledger.store, house.ledger.kernel, rules, lambda *_: None)
    assert changed == []
    run(house)
    assert house.got() == {f"{name}@example.com": 1 for name in names}


def test_people_who_share_a_mailbox_get_one_message() -> None:
    house = Shop(clock=at_noon())
    house.customer("ada", email="family@example.com")
    house.customer("bruno", email="family@example.com")
    house.customer("chen")
    house.broadcast("summer")
    run(house)
    assert house.got() == {"family@example.com": 1, "chen@example.com": 1}
    assert house.progress().failures == {"same_address": 1}


def test_who_shares_a_mailbox_gets_it_when_the_first_does_not() -> None:
    house = Shop(clock=at_noon())
    house.customer("ada", email="family@example.com")
    house.customer("bruno", email="family@example.com")
    house.answer("email", "try_again")
    house.broadcast("summer")
    run(house, SECOND)
    house.says(first_asked(house), "Consent Withdrawn")
    house.answer("email", "sent")
    run(house)
    assert house.progress().messages == {"sent": 1, "withdrawn": 1}
    assert house.progress().failures == {"objected": 1}


def first_asked(house: Shop) -> str:
    """Return who was to get the message that was tried first."""
    return house.channels["email"].messages[0].subject.split()[1].rstrip(":").lower()


def test_two_who_turn_out_to_be_one_get_one_message() -> None:
    house = Shop(clock=at_noon(), program=shop(pace_per_s="1"))
    for laptop in "abcdefgh":
        item = {"id": laptop, "anonymous_id": laptop, "identify": {"city": "Graz"}}
        house.take("website", item)
    house.customer("ada")
    house.broadcast("summer")
    run(house, 4 * SECOND)
    for laptop in "abcdefgh":
        item = {"id": f"{laptop}2", "anonymous_id": laptop, "user_id": "ada"}
        house.take("website", {**item, "identify": {"city": "Graz"}})
    run(house)
    assert house.got() == {"ada@example.com": 1}


def test_what_is_held_past_the_end_dies_with_its_reason() -> None:
    clock = VirtualClock()
    clock.set(clock.now().replace(hour=21))
    house = Shop(clock=clock, program=shop(expires="4 hours"))
    house.customer("ada", email="", phone="+436641234567")
    house.customer("bruno")
    house.broadcast("summer")
    run(house, 24 * HOUR)
    assert house.got() == {"bruno@example.com": 1}
    assert house.progress().silences == {"quiet_hours": 1}


def test_nobody_is_reached_after_the_end() -> None:
    house = Shop(clock=at_noon(), program=shop(expires="2 seconds", pace_per_s="1"))
    people(house, 9)
    house.broadcast("summer")
    run(house)
    assert len(house.channels["email"].messages) in (1, 2)
    assert house.row().change.reason == "expired"


def test_a_receipt_does_not_wait_behind_a_broadcast() -> None:
    house = Shop(clock=at_noon(), program=shop(pace_per_s=""))
    names = people(house, 40)
    house.answer("email", "try_again")
    house.broadcast("summer")
    house.clock.advance(HOUR)
    tried = len(house.channels["email"].messages)
    house.answer("email", "sent")
    house.order(names[20], "lamp-1")
    said = [message.engagement for message in house.channels["email"].messages[tried:]]
    assert said == ["receipt", *["summer"] * 40]


def test_who_gets_it_follows_todays_facts() -> None:
    house = Shop(clock=at_noon(), program=shop(pace_per_s="1"))
    names = people(house, 6)
    house.broadcast("summer")
    for name in names:
        house.says(name, "Consent Withdrawn")
    run(house)
    assert len(house.channels["email"].messages) <= 1
    assert house.progress().silences.get("objected", 0) >= 5
