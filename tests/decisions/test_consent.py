"""Consent, objection, addresses and people who are not to be spoken to."""

from __future__ import annotations

from datetime import timedelta

import msgspec
import pytest

from regard.core.graph import Apart
from regard.core.ids import identity_of
from regard.core.person import Consent, Person
from tests.decisions.house import (
    GATE,
    NOON,
    ada,
    candidate,
    claimed,
    decide_one,
    engagement,
    offer,
    program,
    promised,
    refusals,
    said,
    with_promise,
)

MILES = candidate("miles")
LATER = NOON + timedelta(days=2)


def reason(person: Person, wish: str = "miles") -> str:
    return decide_one(person, program(), candidate(wish), at=LATER).reason


def test_two_days_after_unsubscribe_nothing_more_is_sent_by_any_journey() -> None:
    person = ada({"offers|email": said(True), "*|email": said(False, NOON, "Unsubscribed")})
    decided = decide_one(person, program(), MILES, at=NOON + timedelta(days=2))
    assert (decided.verdict, decided.reason) == ("silence", "objected")
    assert refusals(decided) == [("email", "objected"), ("sms", "no_consent")]


def test_an_unsubscribe_between_decision_and_hand_over_withdraws_the_message() -> None:
    decided = decide_one(ada(), program(), MILES)
    person = ada({"offers|*": said(True), "offers|email": said(False)})
    assert GATE.recheck(claimed(person, decided), program(), NOON) == "objected"
    assert GATE.recheck(claimed(ada(), decided), program(), NOON) == ""


@pytest.mark.parametrize(
    ("consents", "expected"),
    [
        ({}, "no_consent"),
        ({"offers|email": said(True)}, "best_value"),
        ({"offers|*": said(True)}, "best_value"),
        ({"*|email": said(True)}, "best_value"),
        ({"offers|*": said(True), "offers|email": said(False)}, "objected"),
        ({"offers|email": said(True), "*|*": said(False)}, "objected"),
        ({"offers|email": said(True, LATER), "*|*": said(False)}, "best_value"),
        ({"offers|email": said(True), "*|*": said(False, LATER)}, "objected"),
        ({"other|email": said(True)}, "no_consent"),
    ],
)
def test_the_latest_word_about_purpose_and_channel_decides(
    consents: dict[str, Consent], expected: str
) -> None:
    rules = program(offer("miles", channels=("email",)))
    assert decide_one(ada(consents), rules, MILES, at=LATER).reason == expected


def test_marketing_without_need_of_consent_still_heeds_an_objection() -> None:
    rules = program(engagement("miles", message_class="marketing", channels=("email",)))
    assert decide_one(ada({}), rules, MILES).reason == "best_value"
    assert decide_one(ada({"*|*": said(False)}), rules, MILES).reason == "objected"


@pytest.mark.parametrize(
    ("consents", "expected"),
    [
        ({"*|*": said(False)}, "email"),
        ({"*|email": said(False, event="Unsubscribed")}, "email"),
        ({"*|email": said(False, event="Consent Withdrawn")}, "sms"),
        ({"travel|email": said(False)}, "sms"),
    ],
)
def test_service_heeds_words_about_itself_but_not_a_marketing_unsubscribe(
    consents: dict[str, Consent], expected: str
) -> None:
    decided = decide_one(ada(consents), program(), candidate())
    assert (decided.verdict, decided.channel) == ("send", expected)


def test_stop_on_the_phone_stops_service_there_too_until_start() -> None:
    rules = program(engagement("check_in", channels=("sms",)))
    stopped = {"*|sms": said(False, event="Unsubscribed")}
    assert decide_one(ada(stopped), rules, candidate()).reason == "objected"
    started = {"*|sms": said(True, LATER)}
    assert decide_one(ada(started), rules, candidate(), at=LATER).verdict == "send"


def test_an_unknown_purpose_needs_consent() -> None:
    rules = program(engagement("check_in", purpose="gone"))
    assert decide_one(ada({}), rules, candidate()).reason == "no_consent"


def test_erased_and_frozen_people_hear_nothing_not_even_promises() -> None:
    for flag, expected in (("is_erased", "erased"), ("is_frozen", "frozen")):
        person = msgspec.structs.replace(with_promise(ada()), **{flag: True})
        decided = decide_one(person, program(), promised())
        assert (decided.verdict, decided.reason) == ("silence", expected)
        assert decided.refusals[0].next_allowed_at is None
        message = decide_one(with_promise(ada()), program(), promised())
        assert GATE.recheck(claimed(person, message), program(), NOON) == expected


def test_a_suppressed_address_sends_by_the_next_channel_whatever_its_case() -> None:
    person = msgspec.structs.replace(
        ada(email="Ada@Example.com"), suppressed={"ada@example.com": "bounced"}
    )
    decided = decide_one(person, program(), candidate())
    assert decided.channel == "sms"
    assert refusals(decided) == [("email", "suppressed")]


def test_nobody_is_reached_without_address_text_or_channel() -> None:
    assert decide_one(ada(email=None, phone=None), program(), candidate()).reason == "unreachable"
    mute = program(engagement("check_in", variants=()))
    assert decide_one(ada(), mute, candidate()).reason == "no_variant"
    gone = program(engagement("check_in", channels=("fax",)))
    assert decide_one(ada(), gone, candidate()).reason == "channel_gone"
    tried = candidate(channels_excluded=("email", "sms"))
    assert decide_one(ada(), program(), tried).reason == "no_channel_left"
    assert decide_one(ada(), program(), candidate("removed")).reason == "engagement_gone"


def test_the_preferred_channel_goes_first_and_a_candidate_may_narrow_them() -> None:
    assert decide_one(ada(preferred_channel="sms"), program(), candidate()).channel == "sms"
    assert decide_one(ada(), program(), candidate(channels=("sms",))).channel == "sms"
    assert decide_one(ada(), program(), candidate(channels=("phone.call",))).reason == (
        "no_channel_left"
    )


@pytest.mark.parametrize(
    ("is_confirmed", "expected"), [(False, "unconfirmed_address"), (True, "best_value")]
)
def test_an_address_that_only_probability_gives_is_not_written_to(
    is_confirmed: bool, expected: str
) -> None:
    mailbox = str(identity_of("email", "ada@example.com"))
    apart = {mailbox: Apart("email", NOON, is_confirmed)}
    person = msgspec.structs.replace(ada(phone=None), apart=apart)
    decided = decide_one(person, program(), MILES)
    assert decided.reason == expected
    waiting = claimed(person, decide_one(ada(), program(), MILES))
    assert GATE.recheck(waiting, program(), NOON) == ("" if is_confirmed else expected)
