"""The webhook adapter against a real HTTP endpoint."""

from __future__ import annotations

import asyncio
import json
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone

import pytest
from standardwebhooks import Webhook

from regard.channels.post_room import PostRoom
from regard.channels.webhook import WebhookAdapter, read_inbound, read_receipts
from regard.channels.webhook.adapter import retry_after, sign
from regard.channels.webhook.addresses import is_public
from regard.channels.webhook.settings import parse_settings
from regard.core.clock import SystemClock
from regard.core.errors import Refused
from regard.core.event import Event, MessageOutcome
from regard.core.ids import identity_of
from regard.core.ports import Message
from regard.testing import VirtualClock
from tests.channels.cast import NOW, SECRET, channel, message
from tests.channels.servers import Endpoint

ENVIRON = {"HOOK_SECRET": SECRET}


def settings_of(url: str, **settings: object):
    given = {"url": url, "secret_env": "HOOK_SECRET", "allow_internal": True} | settings
    return parse_settings(channel("webhook", **given), ENVIRON)


def post(rule, asked: Message | None = None, **settings: object) -> tuple[Endpoint, MessageOutcome]:
    async def play() -> tuple[Endpoint, MessageOutcome]:
        endpoint = Endpoint(rule)
        async with endpoint.serve() as url:
            hook = WebhookAdapter(settings_of(url, **settings), VirtualClock(NOW))
            await hook.open()
            outcome = await hook.send(asked or message())
            await hook.close()
        return endpoint, outcome

    return asyncio.run(play())


def test_the_other_side_can_verify_what_it_gets():
    async def play() -> None:
        endpoint = Endpoint(lambda _n: (204, {}, b""))
        async with endpoint.serve() as url:
            hook = WebhookAdapter(settings_of(url), SystemClock())
            outcome = await hook.send(message())
            await hook.close()
        assert outcome.outcome == "sent"
        headers, body = endpoint.requests[0]
        payload = Webhook(SECRET).verify(body, headers)
        assert headers["webhook-id"] == message().message_id
        assert payload["data"]["facts"] == {"booking_number": "SK1"}
        assert payload["data"]["address"] == "ada@example.com"

    asyncio.run(play())


def test_an_aware_moment_of_another_zone_is_signed_as_the_same_moment():
    settings = settings_of("http://127.0.0.1/hook")
    vienna = NOW.astimezone(timezone(timedelta(hours=1)))
    assert sign(settings, "m", vienna, b"{}") == sign(settings, "m", NOW, b"{}")


@pytest.mark.parametrize(
    ("status", "kind", "reason"),
    [
        (200, "sent", ""),
        (202, "sent", ""),
        (302, "refused", "endpoint_refused"),
        (400, "refused", "endpoint_refused"),
        (404, "refused", "endpoint_refused"),
        (410, "refused", "endpoint_gone"),
        (429, "try_again", "provider_busy"),
        (500, "try_again", "provider_busy"),
        (503, "try_again", "provider_busy"),
    ],
)
def test_a_status_becomes_the_outcome_it_stands_for(status, kind, reason):
    answer = (status, {"location": "http://127.0.0.1:1/"}, b"because")
    endpoint, outcome = post(lambda _n: answer)
    assert (outcome.outcome, outcome.reason) == (kind, reason)
    assert outcome.detail == f"HTTP {status} because"
    assert len(endpoint.requests) == 1


@pytest.mark.parametrize(
    ("value", "wait_s"),
    [
        ("120", 120),
        ("0", 1),
        ("99999999999", 86_400),
        ("Mon, 02 Mar 2026 09:05:00 GMT", 300),
        ("soon", None),
        ("", None),
    ],
)
def test_retry_after_is_honoured_within_a_day(value, wait_s):
    found = retry_after(value, NOW)
    assert found == (None if wait_s is None else NOW + timedelta(seconds=wait_s))


def test_a_busy_endpoint_is_asked_again_when_it_says():
    _, outcome = post(lambda _n: (429, {"retry-after": "120"}, b""))
    assert outcome.retry_at == NOW + timedelta(seconds=120)


def test_a_lost_answer_is_tried_again_because_the_id_makes_it_safe():
    _, outcome = post(lambda _n: None, timeout_s=0.1)
    assert (outcome.outcome, outcome.reason) == ("try_again", "no_answer")
    assert outcome.retry_at is not None


def test_nobody_listening_is_try_again():
    async def play() -> None:
        async with Endpoint(lambda _n: None).serve() as url:
            pass
        hook = WebhookAdapter(settings_of(url), VirtualClock(NOW))
        outcome = await hook.send(message())
        await hook.close()
        assert (outcome.outcome, outcome.reason) == ("try_again", "connection_failed")

    asyncio.run(play())


def test_an_endless_answer_is_cut():
    _, outcome = post(lambda _n: (200, {}, b"x" * 1_000_000))
    assert outcome.outcome == "sent"
    assert len(outcome.detail) == 500


def test_a_name_that_leads_inside_is_not_posted_to():
    async def play() -> None:
        settings = parse_settings(
            channel("webhook", url="https://other.example", secret_env="HOOK_SECRET"),
            ENVIRON,
        )
        inside = replace(settings, url=settings.url.copy_with(host="localhost"))
        hook = WebhookAdapter(inside, VirtualClock(NOW))
        outcome = await hook.send(message())
        await hook.close()
        assert (outcome.outcome, outcome.reason) == ("refused", "policy_internal_address")

    asyncio.run(play())


@pytest.mark.parametrize(
    "address",
    [
        *("127.0.0.1", "10.1.2.3", "192.168.0.1", "169.254.169.254", "100.64.0.1", "0.0.0.0"),
        *("::1", "fe80::1%eth0", "fc00::1", "::ffff:127.0.0.1", "224.0.0.1", "2002:7f00:1::"),
    ],
)
def test_internal_addresses_are_known(address):
    assert not is_public(address)


@pytest.mark.parametrize("address", ["93.184.215.14", "2606:4700::1111", "::ffff:8.8.8.8"])
def test_public_addresses_are_known(address):
    assert is_public(address)


def receipt_request(now: datetime, **changes: object) -> tuple[bytes, dict[str, str]]:
    data = {"message_id": "5f2c", "address": "ada@example.com", "permanent": True}
    notice = {"type": "message.bounced", "timestamp": now.isoformat(), "data": data} | changes
    body = json.dumps(notice).encode()
    return body, sign(settings_of("http://127.0.0.1/hook"), "r1", now, body)


def read(body: bytes, headers: dict[str, str], now: datetime):
    settings = settings_of("http://127.0.0.1/hook")
    return read_receipts(
        body, headers, settings=settings, channel="email", address_kind="email", received_at=now
    )


def test_a_receipt_is_an_event_of_whom_the_message_went_to():
    now = datetime.now(UTC)
    body, headers = receipt_request(now)
    (draft,) = read(body, headers, now)
    event = draft.body
    assert isinstance(event, Event)
    assert (event.name, event.facts["message_id"]) == ("Email Bounced", "5f2c")
    assert event.facts["permanent"] is True
    assert draft.identity == identity_of("email", "ada@example.com")


def test_the_same_notice_twice_is_one_receipt():
    now = datetime.now(UTC)
    body, headers = receipt_request(now)
    assert read(body, headers, now)[0].key == read(body, headers, now)[0].key


def test_a_receipt_with_a_wrong_signature_is_refused():
    now = datetime.now(UTC)
    body, headers = receipt_request(now)
    with pytest.raises(Refused) as refused:
        read(body.replace(b"5f2c", b"0000"), headers, now)
    assert refused.value.code == "signature"


@pytest.mark.parametrize("changes", [{"data": {}}, {"timestamp": "2026-03-02T09:00:00"}])
def test_a_signed_body_that_is_no_receipt_is_refused(changes):
    now = datetime.now(UTC)
    body, headers = receipt_request(now, **changes)
    with pytest.raises(Refused) as refused:
        read(body, headers, now)
    assert refused.value.code == "receipt"


def test_a_type_that_says_nothing_to_us_gives_nothing():
    now = datetime.now(UTC)
    body, headers = receipt_request(now, type="invoice.paid")
    assert read(body, headers, now) == ()


def call(answer: bytes, status: int = 200) -> tuple[Endpoint, MessageOutcome]:
    """Ask an endpoint that answers so, as a journey does."""
    asked = message(
        message_id="call_1", engagement="lounge/ask", address="SKY-1", is_call=True, text="{}"
    )
    return post(lambda _n: (status, {}, answer), asked=asked)


def hear(now: datetime, secret: str = SECRET, **changes: object):
    data = {"address": "+436641234567", "text": "Is B7 far?", "facts": {"room": "lounge"}}
    notice = {"type": "message.received", "timestamp": now.isoformat(), "data": data} | changes
    body = json.dumps(notice).encode()
    headers = sign(settings_of("http://127.0.0.1/hook"), "c1", now, body)
    hook = replace(channel("webhook"), id="chat.web", reaches_by="phone")
    settings = replace(settings_of("http://127.0.0.1/hook"), signer=Webhook(secret))
    return read_inbound(body, headers, settings=settings, channel=hook, received_at=now)


def test_what_a_customer_says_elsewhere_is_heard():
    now = datetime.now(UTC)
    [draft] = hear(now).drafts
    event = draft.body
    assert (event.name, event.channel, event.trust) == ("Message Received", "chat.web", 0)
    assert event.facts == {"text": "Is B7 far?", "room": "lounge"}
    assert str(event.identifiers[0]) == "phone:+436641234567"
    assert hear(now, type="message.typing").drafts == ()


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"secret": "whsec_b3RoZXI="}, "signature"),
        ({"timestamp": "2026-03-02T09:00:00"}, "receipt"),
        ({"data": {}}, "receipt"),
    ],
)
def test_what_is_not_signed_or_says_nothing_is_refused(changes, code):
    with pytest.raises(Refused) as refused:
        hear(datetime.now(UTC), **changes)
    assert refused.value.code == code


def test_a_call_says_what_is_asked_about_whom_and_nothing_more():
    endpoint, outcome = call(b'{"free": 2}')
    headers, body = endpoint.requests[0]
    assert headers["webhook-id"] == "call_1"
    assert json.loads(body)["type"] == "journey.call"
    assert json.loads(body)["data"] == {
        "call_id": "call_1",
        "journey": "lounge",
        "step": "ask",
        "person_id": "p_ada",
        "address": "SKY-1",
        "facts": {"booking_number": "SK1"},
        "attempt": 1,
    }
    assert (outcome.outcome, outcome.reason, outcome.answer) == ("sent", "", {"free": 2})


@pytest.mark.parametrize("body", [b"", b"  \n"])
def test_an_empty_answer_to_a_call_is_one(body):
    _, outcome = call(body, 204 if not body else 200)
    assert (outcome.outcome, outcome.reason, outcome.answer) == ("sent", "", {})


@pytest.mark.parametrize(
    "body",
    [
        *(b"ok", b"[1]", b"7", b"null", b'{"a": 1', b"\xff", b'{"a": 1e999}', b"<html></html>"),
        b'{"a": "' + b"x" * 16_384 + b'"}',
        b'{"a":' * 9 + b"1" + b"}" * 9,
        b'{"a":' * 5_000 + b"1" + b"}" * 5_000,
    ],
)
def test_an_answer_that_is_no_object_of_bounded_size_is_not_used(body):
    _, outcome = call(body)
    assert (outcome.outcome, outcome.reason) == ("sent", "answer_unreadable")
    assert outcome.answer == {}
    assert len(outcome.detail) <= 500


def test_an_answer_of_the_deepest_kind_is_used():
    _, outcome = call(b'{"a":' * 8 + b"1" + b"}" * 8)
    assert outcome.reason == ""


def test_a_call_that_is_refused_has_no_answer():
    _, outcome = call(b'{"free": 2}', 404)
    assert (outcome.outcome, outcome.answer) == ("refused", {})


def test_what_is_answered_to_a_message_is_not_journaled_as_an_answer():
    _, outcome = post(lambda _n: (200, {}, b'{"id": 7}'))
    assert outcome.answer == {}
    assert "is_call" not in json.loads(post(lambda _n: (200, {}, b""))[0].requests[0][1])["data"]


def test_nobody_answers_in_the_post_room():
    async def play() -> MessageOutcome:
        return await PostRoom().send(message(is_call=True))

    outcome = asyncio.run(play())
    assert (outcome.outcome, outcome.reason) == ("sent", "unanswered")
