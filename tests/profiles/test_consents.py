"""The consent ledger: the latest word wins, the stricter of two, always with proof."""

from __future__ import annotations

import pytest

from tests.profiles.people import START, event, fold

OFFERS = {"purpose": "offers"}


def test_grant_keeps_its_proof() -> None:
    wording = {"wording": "Send me offers", "wording_version": 3, **OFFERS}
    consent = fold([event(1, "Consent Granted", facts=wording)]).consents["offers|*"]
    assert consent.is_granted
    assert consent.source == "website"
    assert consent.proof == {
        "message_id": "m1",
        "event": "Consent Granted",
        "channel": "web.desktop",
        "wording": "Send me offers",
        "wording_version": "3",
    }


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_latest_word_wins_in_any_order(order: tuple[int, int]) -> None:
    words = [
        event(1, "Consent Withdrawn", facts=OFFERS),
        event(2, "Consent Granted", facts=OFFERS),
    ]
    assert fold([words[i] for i in order]).consents["offers|*"].is_granted


@pytest.mark.parametrize("order", [(0, 1), (1, 0)])
def test_at_the_same_moment_the_withdrawal_wins(order: tuple[int, int]) -> None:
    words = [
        event(1, "Consent Withdrawn", at=START, facts=OFFERS),
        event(2, "Consent Granted", at=START, facts=OFFERS),
    ]
    assert not fold([words[i] for i in order]).consents["offers|*"].is_granted


def test_unsubscribe_without_a_word_more_ends_every_purpose_by_mail() -> None:
    person = fold([event(1, "Unsubscribed")])
    assert set(person.consents) == {"*|email"}
    assert not person.consents["*|email"].is_granted


def test_stop_by_text_message_ends_that_channel() -> None:
    person = fold([event(1, "Unsubscribed", facts={"channel": "sms", "purpose": "offers"})])
    assert set(person.consents) == {"offers|sms"}


def test_grant_without_a_purpose_grants_nothing() -> None:
    assert not fold([event(1, "Consent Granted", facts={"channel": "email"})]).consents


@pytest.mark.parametrize("purpose", [None, 7, "", "x" * 999])
def test_withdrawal_that_is_not_understood_is_taken_in_its_widest_sense(purpose: object) -> None:
    person = fold([event(1, "Consent Withdrawn", facts={"purpose": purpose})])
    assert not person.consents["*|*"].is_granted


def test_global_privacy_control_withdraws_sale_and_sharing() -> None:
    assert not fold([event(1, context={"gpc": True})]).consents["sale_share|*"].is_granted
    assert not fold([event(1, context={"gpc": False})]).consents


def test_banner_state_closes_everywhere_and_opens_only_its_own_channel() -> None:
    states = {"categoryPreferences": {"offers": True, "ads": False, "odd": "yes"}}
    person = fold([event(1, context={"consent": states})])
    assert person.consents["offers|web.desktop"].is_granted
    assert not person.consents["ads|*"].is_granted
    assert set(person.consents) == {"offers|web.desktop", "ads|*"}


def test_page_view_after_the_unsubscribe_does_not_undo_it() -> None:
    states = {"consent": {"categoryPreferences": {"offers": True}}}
    person = fold([event(1, "Unsubscribed", facts=OFFERS), event(2, context=states)])
    assert not person.consents["offers|email"].is_granted
    assert "offers|*" not in person.consents


@pytest.mark.parametrize("consent", [[], "x", {"categoryPreferences": ["offers"]}, None])
def test_odd_consent_context_says_nothing(consent: object) -> None:
    assert not fold([event(1, context={"consent": consent})]).consents
