"""Text messages against a server that speaks the provider's dialect, signatures included.

Who signs and checks here is the provider's own package, so both sides are not ours.
"""

from __future__ import annotations

import asyncio
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from twilio.request_validator import RequestValidator

from regard.channels.kinds import Surroundings
from regard.channels.sms import KIND
from regard.channels.sms.inbound import EMPTY
from regard.core.errors import Refused
from regard.core.event import MessageOutcome
from regard.core.settings import Channel
from regard.testing import VirtualClock
from tests.channels.cast import NOW, message
from tests.channels.service import ACCOUNT, TOKEN, TextService, serve

HOME = "https://engage.example"
PHONE = "+436641234567"


def channel(**settings: object) -> Channel:
    given = {
        "account_sid": ACCOUNT,
        "auth_token_env": "SMS_TOKEN",
        "from": "+15005550006",
        **settings,
    }
    return Channel(id="sms", adapter="sms", settings=given, reaches_by="phone", disturbs=True)


def around(clock: VirtualClock | None = None) -> Surroundings:
    environ = {"SMS_TOKEN": TOKEN}
    return Surroundings(environ=environ, clock=clock or VirtualClock(NOW), public_url=HOME)


def text(**changes: object):
    about = {"channel": "sms", "address": PHONE, "text": "Check in now, Ada.\n", "decided_at": NOW}
    return message(**{**about, **changes})


def play(service: TextService, *messages, **settings: object) -> list[MessageOutcome]:
    """Hand over one message after the other and return the outcomes."""

    async def scene() -> list[MessageOutcome]:
        async with serve(service) as url:
            made = {"api_url": url, "allow_internal": True, "timeout_s": 5.0, **settings}
            adapter = KIND.make(channel(**made), around(service.clock))
            outcomes = [await adapter.send(one) for one in messages]
            await adapter.close()
            return outcomes

    return asyncio.run(scene())


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(NOW)


def test_a_text_is_posted_in_the_dialect_of_the_provider(clock):
    service = TextService(clock)
    until = NOW + timedelta(hours=1)
    (outcome,) = play(service, text(useful_until=until))
    assert (outcome.outcome, outcome.provider_id) == ("sent", service.messages[0]["sid"])
    assert outcome.detail == "1 segment, GSM-7"
    assert service.posts() == [
        {
            "To": PHONE,
            "Body": "Check in now, Ada.",
            "From": "+15005550006",
            "StatusCallback": f"{HOME}/v1/receipts/sms?message_id=5f2c9a01bb3d7e44",
            "ValidityPeriod": "3600",
        }
    ]


def test_a_messaging_service_chooses_the_sender(clock):
    service = TextService(clock)
    settings = {"messaging_service_sid": "MG1", "from": ""}
    given = channel(**settings)
    given.settings.pop("from")
    play_with = dict(given.settings)

    async def scene() -> None:
        async with serve(service) as url:
            made = play_with | {"api_url": url, "allow_internal": True}
            one = Channel(id="sms", adapter="sms", settings=made, reaches_by="phone", disturbs=True)
            adapter = KIND.make(one, around(clock))
            await adapter.send(text())
            await adapter.close()

    asyncio.run(scene())
    [form] = service.posts()
    assert form["MessagingServiceSid"] == "MG1"
    assert "From" not in form


@pytest.mark.parametrize("script", ["lost", "garbage"])
def test_an_answer_that_was_lost_is_found_at_the_provider(clock, script):
    service = TextService(clock, [script])
    (outcome,) = play(service, text())
    assert (outcome.outcome, outcome.provider_id) == ("sent", service.messages[0]["sid"])
    assert len(service.messages) == 1


def test_what_is_not_found_is_unknown_and_asked_for_before_it_is_sent_again(clock):
    service = TextService(clock, ["dropped"])
    first, second = play(service, text(), text(attempt=2))
    assert (first.outcome, first.reason) == ("unknown", "answer_lost")
    assert second.outcome == "sent"
    assert [one.method for one in service.asked] == ["POST", "GET", "GET", "POST"]
    assert len(service.messages) == 1


def test_a_process_that_died_after_the_hand_over_doubles_nothing(clock):
    service = TextService(clock)
    play(service, text())
    (again,) = play(service, text(attempt=2))
    assert (again.outcome, again.provider_id) == ("sent", service.messages[0]["sid"])
    assert len(service.messages) == 1


def test_the_same_words_said_before_are_another_message(clock):
    service = TextService(clock)
    play(service, text(message_id="yesterday"))
    clock.advance(timedelta(days=1))
    play(service, text(decided_at=clock.now(), attempt=2))
    assert len(service.messages) == 2


def test_who_cannot_be_asked_is_not_sent_to(clock):
    service = TextService(clock, list_status=500)
    (outcome,) = play(service, text(attempt=2))
    assert (outcome.outcome, outcome.reason) == ("unknown", "cannot_ask")
    assert service.messages == []


@pytest.mark.parametrize(
    ("answer", "kind", "reason"),
    [
        (21211, "refused", "address_invalid"),
        (21614, "refused", "not_mobile"),
        (21610, "refused", "recipient_stopped"),
        (21606, "refused", "policy_sender"),
        (21617, "refused", "content_too_large"),
        (29999, "refused", "provider_refused"),
        (404, "refused", "provider_refused"),
        (401, "try_again", "login_refused"),
        (429, "try_again", "provider_busy"),
        (503, "try_again", "provider_busy"),
        (500, "unknown", "answer_lost"),
    ],
)
def test_answers_mean_outcomes(clock, answer, kind, reason):
    (outcome,) = play(TextService(clock, [answer]), text())
    assert (outcome.outcome, outcome.reason) == (kind, reason)
    if answer in (429, 503):
        assert outcome.retry_at == NOW + timedelta(seconds=7)


def test_a_text_that_is_too_long_never_leaves(clock):
    service = TextService(clock)
    (outcome,) = play(service, text(text="a" * 1601))
    assert (outcome.outcome, outcome.reason) == ("refused", "content_too_large")
    assert service.asked == []


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"account_sid": None}, "account_sid: is required"),
        ({"auth_token_env": "NO"}, "names NO, which is not set"),
        ({"messaging_service_sid": "MG1"}, "exclude each other"),
        ({"api_url": "http://10.0.0.1"}, "must be https"),
        ({"api_url": "gopher"}, "is not an HTTP address"),
        ({"pigeon": 1}, "is not a setting of sms"),
    ],
)
def test_wrong_settings_are_told(settings, complaint):
    given = {k: v for k, v in channel(**settings).settings.items() if v is not None}
    one = Channel(id="sms", adapter="sms", settings=given, reaches_by="phone", disturbs=True)
    with pytest.raises(Refused, match=complaint):
        KIND.make(one, around())


def signed(path: str, form: dict[str, str], token: str = TOKEN) -> tuple[bytes, dict[str, str]]:
    """Return body and headers as the provider's own package signs them."""
    signature = RequestValidator(token).compute_signature(HOME + path, form)
    return urlencode(form).encode(), {"X-Twilio-Signature": signature, ":path": path}


def callback(status: str, **form: str):
    path = "/v1/receipts/sms?message_id=m1"
    about = {"MessageSid": "SM1", "MessageStatus": status, "To": PHONE, **form}
    read = KIND.receipts(channel(), around())
    return read(*signed(path, about), NOW)


def test_a_delivery_is_a_receipt_of_our_message():
    (draft,) = callback("delivered")
    event = draft.body
    assert (event.name, event.source, event.channel) == ("Message Delivered", "receipts.sms", "sms")
    assert event.facts == {"message_id": "m1", "address": PHONE, "provider_id": "SM1"}
    assert callback("delivered")[0].key == draft.key


@pytest.mark.parametrize("status", ["queued", "accepted", "sending", "sent", "canceled", ""])
def test_what_is_on_its_way_says_nothing_yet(status):
    assert callback(status) == ()


@pytest.mark.parametrize(
    ("status", "code", "reason", "permanent"),
    [
        ("undelivered", "30003", "handset_unreachable", False),
        ("undelivered", "30005", "address_unknown", True),
        ("undelivered", "30006", "not_mobile", False),
        ("failed", "21610", "recipient_stopped", False),
        ("failed", "30007", "content_refused", False),
        ("failed", "", "provider_refused", False),
        ("failed", "12345678901234567890", "provider_refused", False),
    ],
)
def test_a_failure_is_a_bounce_with_its_reason(status, code, reason, permanent):
    (draft,) = callback(status, ErrorCode=code)
    facts = draft.body.facts
    assert draft.body.name == "Message Bounced"
    assert (facts["reason"], facts["permanent"]) == (reason, permanent)


def test_signatures_are_those_of_the_provider_and_no_others():
    read = KIND.receipts(channel(), around())
    path = "/v1/receipts/sms?message_id=m1"
    form = {
        "MessageSid": "SM1",
        "MessageStatus": "delivered",
        "To": PHONE,
        "Söße": "ü &=+%",
        "A": "",
    }
    body, headers = signed(path, form)
    assert len(read(body, headers, NOW)) == 1
    for other_body, other in (
        (body + b"&x=1", headers),
        (body, headers | {":path": path.replace("m1", "m2")}),
        (body, headers | {"X-Twilio-Signature": ""}),
        signed(path, form, "another token"),
        (b"\xff\xfe", headers),
        (b"", headers),
        (b"[" * 100, headers),
    ):
        with pytest.raises(Refused) as refused:
            read(other_body, other, NOW)
        assert refused.value.code in ("signature", "receipt")


def heard(body: str, **form: str):
    about = {"MessageSid": "SM9", "From": PHONE, "To": "+15005550006", "Body": body, **form}
    read = KIND.inbound(channel(stop_words="Schluss"), around())
    return read(*signed("/v1/inbound/sms", about), NOW)


@pytest.mark.parametrize(
    ("body", "name"),
    [
        ("STOP", "Unsubscribed"),
        (" stop. ", "Unsubscribed"),
        ("Stopp!", "Unsubscribed"),
        ("ARRÊT", "Unsubscribed"),
        ("schluss", "Unsubscribed"),
        ("Start", "Resubscribed"),
    ],
)
def test_a_keyword_is_a_message_and_a_word_of_consent(body, name):
    said = heard(body)
    names = [draft.body.name for draft in said.drafts]
    assert names == ["Message Received", name]
    assert said.drafts[1].body.facts["purpose"] == "*"
    assert said.drafts[1].body.trust == 0
    assert (said.once, said.silence) == ("*|sms", EMPTY)
    assert "<Message>" in said.answer


@pytest.mark.parametrize(
    "body", ["Please stop by the gate", "yes", "", "stopwatch", "don't stop", "I start at 9"]
)
def test_what_only_contains_a_keyword_is_a_message(body):
    said = heard(body)
    assert [draft.body.name for draft in said.drafts] == ["Message Received"]
    assert said.drafts[0].body.facts["text"] == body
    assert said.answer == EMPTY


def test_help_is_answered_and_changes_nothing():
    said = heard("HELP")
    assert [draft.body.name for draft in said.drafts] == ["Message Received"]
    assert "Reply STOP" in said.answer


def test_a_keyword_that_the_provider_answered_is_not_answered_twice():
    said = heard("STOP", OptOutType="STOP")
    assert said.answer == EMPTY
    assert len(said.drafts) == 2
