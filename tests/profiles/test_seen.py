"""What was seen when, by whom, on which channel; and which addresses are spent."""

from __future__ import annotations

import pytest

from regard.core.event import MessageOutcome, TimerDue
from regard.core.facts import Entry, LimitReached
from regard.core.person import Person, Touch
from regard.profiles import Profiles, limits
from tests.profiles.people import START, entry, event, fold


def test_counts_first_last_and_the_last_facts() -> None:
    visits = [event(1, facts={"path": "/"}), event(5, facts={"path": "/a"}), event(3)]
    seen = fold(visits).seen["page"]
    assert seen.count == 3
    assert (seen.first_at, seen.last_at) == (visits[0].at, visits[1].at)
    assert seen.facts == {"path": "/a"}
    assert seen.recent_us == tuple(sorted(seen.recent_us, reverse=True))


def test_large_facts_stay_in_the_journal_only() -> None:
    person = fold([event(1, facts={"html": "x" * limits.FACTS_BYTES_MAX})])
    assert person.seen["page"].facts == {}
    assert person.limits == ("facts_size",)


def test_last_channel_is_that_of_the_latest_touch() -> None:
    person = fold([event(5, channel="app.phone"), event(2, channel="web.desktop")])
    assert person.last_channel == "app.phone"
    assert person.last_seen_at == event(5).at
    assert person.first_seen_at == event(2).at


def test_receipt_of_a_provider_is_no_visit() -> None:
    person = fold([event(1, channel="app.phone"), event(9, "Email Delivered", channel="email")])
    assert person.last_channel == "app.phone"
    assert person.seen["Email Delivered"].count == 1


def test_permanent_bounce_and_complaint_suppress_the_address() -> None:
    bounced = event(1, "Email Bounced", facts={"address": "Ada@Example.com", "permanent": True})
    assert fold([bounced]).suppressed == {"ada@example.com": "bounced"}
    complained = event(2, "Email Marked as Spam", facts={"address": "ada@example.com"})
    assert fold([complained, bounced]).suppressed == {"ada@example.com": "complained"}


@pytest.mark.parametrize("facts", [{}, {"permanent": False, "address": "a@example.com"}])
def test_passing_bounce_suppresses_nothing(facts: dict) -> None:
    assert not fold([event(1, "Email Bounced", facts=facts)]).suppressed


def touched() -> Person:
    touch = Touch(
        engagement="check_in",
        channel="email",
        message_class="service",
        purpose="travel",
        ref="p1",
        address="ada@example.com",
        at=START,
        state="claimed",
        state_at=START,
        stamp=1,
    )
    return Person(id="ada", touches={"m1": touch})


@pytest.mark.parametrize(
    ("outcome", "reason", "suppressed"),
    [
        ("refused", "address_unknown", {"ada@example.com": "address_unknown"}),
        ("refused", "content_refused", {}),
        ("try_again", "address_busy", {}),
    ],
)
def test_address_refused_for_good_is_suppressed(
    outcome: str, reason: str, suppressed: dict
) -> None:
    body = MessageOutcome(message_id="m1", channel="email", outcome=outcome, reason=reason)
    assert fold([entry(2, body)], touched()).suppressed == suppressed


def test_bounce_that_names_only_its_message_suppresses_the_address() -> None:
    bounced = event(2, "Email Bounced", facts={"message_id": "m1", "permanent": True})
    assert fold([bounced], touched()).suppressed == {"ada@example.com": "bounced"}


def test_outcome_of_an_unknown_message_suppresses_nothing() -> None:
    body = MessageOutcome(message_id="m9", channel="email", outcome="refused", reason="address_x")
    assert not fold([entry(2, body)]).suppressed


def test_derived_fact_leaves_the_person_as_it_is() -> None:
    person = fold([event(1)])
    fact = Entry(
        offset=2,
        identity=1,
        at=START,
        received_at=START,
        body=LimitReached(limit="x", detail="y"),
        cause=1,
        part=1,
    )
    assert Profiles().fold(person, fact) is person


def test_stamp_is_that_of_the_last_input() -> None:
    last = entry(4, TimerDue(ref="run:1", due_at=START))
    assert fold([event(1), last, event(2)]).stamp == last.stamp
