"""Browsers that said yes: any order and any split of what they said give the same ones."""

from __future__ import annotations

from dataclasses import replace as replace_channel
from datetime import timedelta
from random import Random

import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec.structs import replace

from regard.core.codec import encode_person
from regard.core.event import Identifier, MessageOutcome
from regard.core.facts import Entry
from regard.core.person import Person
from regard.core.reaching import SELF, SUBSCRIPTION, address_on, devices_of, is_suppressed
from regard.core.settings import Channel
from regard.profiles import Profiles
from regard.profiles.claims import SUBSCRIPTIONS_MAX
from tests.profiles.people import START, entry, event, fold


def said(offset: int, browser: int, second: int, *, is_on: bool, is_proven: bool = True) -> Entry:
    facts: dict[str, object] = {"address": f"push_{browser}"}
    if is_on:
        facts |= {"endpoint": f"https://push.example/{browser}", "p256dh": "B", "auth": "A"}
        facts |= {"is_proven": True} if is_proven else {}
    name = "Push Subscribed" if is_on else "Push Unsubscribed"
    return event(offset, name, at=START + timedelta(seconds=second), facts=facts)


def channel(kind: str) -> Channel:
    return Channel(id="x", adapter="push", settings={}, reaches_by=kind, disturbs=False)


PUSH = channel(SUBSCRIPTION)
words = st.lists(
    st.tuples(st.integers(0, 30), st.integers(0, 40), st.booleans(), st.booleans()), max_size=60
)


@given(words, st.randoms(use_true_random=False))
def test_any_order_and_any_split_leave_the_same_browsers(parts: list, random: Random) -> None:
    entries = [
        said(n, b, second, is_on=on, is_proven=proven)
        for n, (b, second, on, proven) in enumerate(parts, 1)
    ]
    whole = encode_person(fold(entries))
    shuffled = random.sample(entries, len(entries))
    cut = random.randint(0, len(shuffled))
    left, right = fold(shuffled[:cut]), fold(shuffled[cut:])
    assert encode_person(fold(shuffled)) == whole
    assert encode_person(Profiles().join(left, right)) == whole
    assert len(devices_of(fold(entries), PUSH)) <= SUBSCRIPTIONS_MAX


def test_the_newest_are_kept_and_come_first() -> None:
    person = fold([said(n, n, n, is_on=True) for n in range(1, SUBSCRIPTIONS_MAX + 6)])
    kept = [device["address"] for device in devices_of(person, PUSH)]
    assert kept == [f"push_{n}" for n in range(SUBSCRIPTIONS_MAX + 5, 5, -1)]
    assert address_on(person, PUSH) == kept[0]


def test_a_dead_browser_is_left_out_and_the_last_one_leaves_nobody_to_reach() -> None:
    person = fold([said(1, 1, 1, is_on=True), said(2, 2, 2, is_on=True)])
    outcome = MessageOutcome(message_id="m", channel="x", outcome="sent", gone=("push_2",))
    person = fold([entry(3, outcome)], person)
    assert [device["address"] for device in devices_of(person, PUSH)] == ["push_1"]
    assert not is_suppressed(person, PUSH, "push_2")
    person = fold([entry(4, replace(outcome, gone=("push_1",)))], person)
    assert is_suppressed(person, PUSH, "push_2")
    assert address_on(person, PUSH) == ""


def test_a_proof_holds_until_the_browser_says_no() -> None:
    steps = [
        (said(1, 1, 1, is_on=True, is_proven=False), []),
        (said(2, 1, 2, is_on=True), ["push_1"]),
        (said(3, 1, 3, is_on=True, is_proven=False), ["push_1"]),
        (said(4, 1, 4, is_on=False), []),
        (said(5, 1, 5, is_on=True, is_proven=False), []),
    ]
    person = Person(id="ada")
    for word, reached in steps:
        person = fold([word], person)
        assert [device["address"] for device in devices_of(person, PUSH)] == reached


def test_what_is_not_proven_counts_while_nobody_is_known() -> None:
    open_to = replace_channel(PUSH, unproven_kinds=frozenset({"anonymous_id"}))
    browser = {"identifiers": (Identifier("anonymous_id", "a"),)}
    facts = {"address": "push_1", "endpoint": "https://push.example/1", "p256dh": "B", "auth": "A"}
    entries = [event(1, "Push Subscribed", facts=facts, **browser)]
    assert len(devices_of(fold(entries), open_to)) == 1
    known = [*entries, event(2, identifiers=(Identifier("order_number", "7"),))]
    for order in (known, list(reversed(known))):
        assert devices_of(fold(order), open_to) == ()
    left, right = fold(known[:1]), fold(known[1:])
    assert devices_of(Profiles().join(left, right), open_to) == ()


@pytest.mark.parametrize(
    "facts", [{}, {"address": 3}, {"address": "a" * 300}, {"address": "push_1", "endpoint": 7}]
)
def test_what_is_no_subscription_reaches_nobody(facts: dict) -> None:
    person = fold([event(1, "Push Subscribed", facts=facts)])
    assert devices_of(person, PUSH) == ()


def test_a_trait_of_that_name_is_no_subscription() -> None:
    device = {"endpoint": "https://evil.example", "p256dh": "B", "auth": "A", "address": "push_9"}
    person = fold([event(1, "page", traits={"regard.push.push_9": device})])
    assert devices_of(person, PUSH) == ()


def test_a_feed_is_where_the_person_is_and_no_department_has_one() -> None:
    assert address_on(Person(id="p_ada"), channel(SELF)) == "p_ada"
    assert address_on(Person(id="p_desk", is_department=True), channel(SELF)) == ""
