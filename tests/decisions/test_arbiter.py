"""Value, rivals, silence, and offers that are not for this person or not any more."""

from __future__ import annotations

from datetime import datetime, timedelta
from typing import Any

import msgspec
import pytest

from regard.core.facts import Decided
from regard.core.scope import Scope
from tests.decisions.house import (
    GATE,
    NOON,
    Plain,
    ada,
    candidate,
    claimed,
    decide,
    decide_one,
    engagement,
    entry,
    event,
    fold,
    offer,
    program,
    promised,
    with_promise,
    with_run,
)


def verdicts(decisions: list[Decided]) -> list[tuple[str, str, str]]:
    return [(d.candidate.engagement, d.verdict, d.reason) for d in decisions]


def test_of_several_offers_only_the_best_is_made() -> None:
    rules = program(offer("miles"), offer("lounge", value_customer=9), offer("hotel", propensity=0))
    wishes = [candidate(name, ref=name) for name in ("miles", "lounge", "hotel")]
    decisions = decide(ada(), rules, *wishes)
    assert verdicts(decisions) == [
        ("lounge", "send", "best_value"),
        ("miles", "silence", "outvalued"),
        ("hotel", "silence", "silence_worth_more"),
    ]
    assert decisions[0].rivals == ("hotel", "miles")
    assert decisions[0].score == pytest.approx(0.5 * (9 + 2))
    assert decide(ada(), rules, *reversed(wishes)) == decisions


def test_equal_offers_are_told_apart_the_same_way_every_time() -> None:
    rules = program(offer("b"), offer("a"))
    first = decide(ada(), rules, candidate("a", ref="1"), candidate("b", ref="2"))
    second = decide(ada(), rules, candidate("b", ref="2"), candidate("a", ref="1"))
    assert first == second
    assert verdicts(first)[0] == ("a", "send", "best_value")


def test_what_is_owed_neither_competes_nor_waits_for_silence() -> None:
    rules = program(
        engagement("check_in", propensity=0), offer("digest", propensity=0), offer("miles")
    )
    person = with_promise(ada())
    wishes = (candidate("check_in"), promised("digest"), candidate("miles", ref="r"))
    decisions = decide(person, rules, *wishes)
    assert [d.verdict for d in decisions] == ["send"] * 3
    assert {d.candidate.engagement: d.rivals for d in decisions} == {
        "miles": (),
        "check_in": (),
        "digest": (),
    }
    assert all(d.factors["propensity"] >= 0 for d in decisions)


def test_a_tired_person_is_left_in_peace_but_served() -> None:
    rules = program(engagement("check_in"), offer("miles"), fatigue_per_touch=1.0)
    calls = [event("Call Made", NOON - timedelta(days=day)) for day in range(1, 9)]
    person = fold(ada(), *(entry(c, c.at, n) for n, c in enumerate(calls, 10)))
    tired = decide_one(person, rules, candidate("miles"))
    assert (tired.verdict, tired.reason) == ("silence", "silence_worth_more")
    assert tired.factors["fatigue"] == 6.0, "the touches of exactly a week ago and before are gone"
    assert decide_one(person, rules, candidate("check_in")).verdict == "send"


def test_an_offer_worth_as_much_as_silence_is_not_made() -> None:
    for company, verdict in ((1, "silence"), (1.1, "send")):
        rules = program(offer("miles", value_customer=0, value_company=company))
        assert decide_one(ada(), rules, candidate("miles")).verdict == verdict


def test_nothing_is_offered_that_harms_the_customer() -> None:
    rules = program(offer("miles", value_customer=-0.1, value_company=100))
    assert decide_one(ada(), rules, candidate("miles")).reason == "no_customer_value"


def test_a_channel_on_which_the_person_is_right_now_weighs_more() -> None:
    person = msgspec.structs.replace(ada(), last_channel="email", last_seen_at=NOON)
    for minutes, context in ((10, 1.2), (11, 1.0)):
        decided = decide_one(
            person, program(), candidate("miles"), at=NOON + timedelta(minutes=minutes)
        )
        assert decided.factors["context"] == context


@pytest.mark.parametrize(
    ("rule", "expected"),
    [
        ("eligibility", "not_eligible"),
        ("applicability", "not_applicable"),
        ("suitability", "not_suitable"),
    ],
)
def test_the_three_conditions_see_the_person_and_the_facts(rule: str, expected: str) -> None:
    def is_gold(scope: Scope) -> bool:
        return scope.person.trait("tier") == "gold" and scope.facts["seat"] == "1A"

    rules = program(engagement("check_in", **{rule: Plain(is_gold)}))
    for traits, seat, verdict in (({"tier": "gold"}, "1A", "send"), ({}, "1A", "silence")):
        decided = decide_one(ada(**traits), rules, candidate(facts={"seat": seat}))
        assert (decided.verdict, decided.reason) == (
            verdict,
            "owed" if verdict == "send" else expected,
        )


def departure(scope: Scope) -> Any:
    return scope.facts.get("departure_at")


@pytest.mark.parametrize(
    ("rules", "wish"),
    [
        ({"useful_until": Plain(departure)}, {"facts": {"departure_at": "2026-03-02T12:00:00Z"}}),
        ({"useful_for": timedelta(hours=3)}, {"made_at": NOON - timedelta(hours=3)}),
        ({}, {"useful_until": NOON}),
    ],
)
def test_sent_hours_after_its_moment(rules: dict[str, Any], wish: dict[str, Any]) -> None:
    """After an outage, what is past its use stays unsent: at the gate and at the hand-over."""
    folder = program(engagement("check_in", **rules))
    early = NOON - timedelta(microseconds=1)
    message = decide_one(ada(), folder, candidate(**wish), at=early)
    assert message.verdict == "send"
    assert GATE.recheck(claimed(ada(), message), folder, early) == ""
    assert GATE.recheck(claimed(ada(), message), folder, NOON) == "past_use"
    assert decide_one(ada(), folder, candidate(**wish)).reason == "past_use"


def test_an_end_that_is_no_moment_is_no_end() -> None:
    rules = program(engagement("check_in", useful_until=Plain(lambda _: "soon")))
    assert decide_one(ada(), rules, candidate()).verdict == "send"


@pytest.mark.parametrize("status", ["kept", "void", "repaired", "broken", ""])
def test_a_promise_that_ended_says_nothing_more(status: str) -> None:
    message = decide_one(with_promise(ada()), program(), promised())
    person = with_promise(ada(), status) if status else ada()
    assert decide_one(person, program(), promised()).reason == "promise_ended"
    assert GATE.recheck(claimed(person, message), program(), NOON) == "promise_ended"


def test_a_journey_that_the_person_left_says_nothing_more() -> None:
    for status, reason in (("exited", "run_ended"), ("finished", "owed"), ("offering", "owed")):
        person = with_run(ada(), status)
        assert decide_one(person, program(), candidate()).reason == reason
    message = decide_one(ada(), program(), candidate())
    left = claimed(with_run(ada(), "exited"), message)
    assert GATE.recheck(left, program(), NOON) == "run_ended"


def test_a_message_whose_engagement_or_channel_is_gone_is_withdrawn() -> None:
    message = claimed(ada(), decide_one(ada(), program(), candidate()))
    assert GATE.recheck(message, program(offer("miles")), NOON) == "engagement_gone"
    assert GATE.recheck(message, program(channels={}), NOON) == "channel_gone"


def test_an_address_suppressed_since_is_not_used() -> None:
    message = decide_one(ada(), program(), candidate())
    person = msgspec.structs.replace(ada(), suppressed={"ada@example.com": "complained"})
    assert GATE.recheck(claimed(person, message), program(), NOON) == "suppressed"


def test_why_did_she_not_get_it_is_in_the_decision() -> None:
    decided = decide_one(ada({}, phone=None), program(), candidate("miles"))
    assert decided.verdict == "silence"
    assert (decided.message_class, decided.purpose) == ("marketing", "offers")
    assert [r.channel for r in decided.refusals] == ["email", "sms"]


def test_the_same_question_gets_the_same_answer_and_another_moment_another_id() -> None:
    def ask(at: datetime, offset: int) -> Decided:
        return decide_one(ada(), program(), candidate(), at=at, offset=offset)

    assert ask(NOON, 1) == ask(NOON, 1)
    assert ask(NOON, 1).decision_id != ask(NOON, 2).decision_id
    assert ask(NOON, 1).address == "ada@example.com"
