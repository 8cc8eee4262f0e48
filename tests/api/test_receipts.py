"""Receipts and bounces by HTTP: who may tell them, and whom they are about."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime

import pytest
from standardwebhooks import Webhook

from regard.core.settings import Channel
from tests.api.conftest import TOKEN
from tests.channels.test_bounces import BOUNCE

SECRET = "whsec_" + "c2VjcmV0IG9mIHRoZSBzbXMgcHJvdmlkZXI="
BEARER = {"authorization": f"Bearer {TOKEN}"}
MAIL = BOUNCE.replace(b"ACTION", b"failed").replace(b"STATUS", b"5.1.1")


@pytest.fixture
def environ() -> dict[str, str]:
    return {"SMS_SECRET": SECRET}


@pytest.fixture
def programs(programs):
    settings = {"url": "https://sms.example/send", "secret_env": "SMS_SECRET"}
    sms = Channel(id="sms", adapter="webhook", settings=settings, reaches_by="phone", disturbs=True)
    email = Channel(
        id="email", adapter="post_room", settings={}, reaches_by="email", disturbs=False
    )
    return [replace(programs[0], channels={"sms": sms, "email": email})]


def signed(secret: str = SECRET, **changes: object) -> dict[str, object]:
    """Return body and headers of a receipt for Bruno, signed now."""
    now = datetime.now(UTC)
    data = {"message_id": "m-unknown", "address": "0664 1234567"}
    notice = {"type": "message.bounced", "timestamp": now.isoformat(), "data": data} | changes
    body = json.dumps(notice)
    headers = {
        "webhook-id": "r-1",
        "webhook-timestamp": str(int(now.timestamp())),
        "webhook-signature": Webhook(secret).sign("r-1", now, body),
    }
    return {"content": body, "headers": headers}


def test_a_signed_receipt_is_an_event_of_whom_the_address_belongs_to(client, running):
    for _ in range(2):
        assert client.post("/v1/receipts/sms", **signed()).status_code == 200
    [event] = running.events()
    assert (event.name, event.source, event.channel) == ("Email Bounced", "receipts.sms", "sms")
    assert [str(one) for one in event.identifiers] == ["phone:+436641234567"]


@pytest.mark.parametrize(
    ("path", "request_of", "status", "code"),
    [
        ("/v1/receipts/sms", lambda: signed("whsec_b3RoZXI="), 401, "signature"),
        ("/v1/receipts/sms", lambda: {"content": b"{}"}, 401, "signature"),
        ("/v1/receipts/sms", lambda: {"content": b"{}", "headers": BEARER}, 401, "signature"),
        ("/v1/receipts/sms", lambda: signed(data={}), 400, "receipt"),
        ("/v1/receipts/email", signed, 404, "not_found"),
        ("/v1/receipts/..%2fsms", signed, 404, None),
        ("/v1/receipts/sms", lambda: {"content": b"x" * 1_000_001}, 413, "too_large"),
        ("/v1/bounces/email", lambda: {"content": MAIL}, 401, "unknown_token"),
        ("/v1/bounces/email?token=" + TOKEN, lambda: {"content": MAIL}, 401, "unknown_token"),
        ("/v1/bounces/sms", lambda: {"content": MAIL, "headers": BEARER}, 404, "not_found"),
    ],
)
def test_others_are_refused_and_leave_nothing(client, running, path, request_of, status, code):
    reply = client.post(path, **request_of())
    assert reply.status_code == status
    assert code is None or reply.json()["code"] == code
    assert running.events() == []
    assert "access-control-allow-origin" not in reply.headers


def test_a_bounce_mail_is_an_event_and_an_out_of_office_is_not(client, running):
    for mail in (MAIL, MAIL, b"Subject: Out of office\n\nBack in May."):
        assert client.post("/v1/bounces/email", content=mail, headers=BEARER).is_success
    [event] = running.events()
    assert (event.name, event.facts["message_id"]) == ("Email Bounced", "5f2c9a01bb3d7e44")
    assert [str(one) for one in event.identifiers] == ["email:ada@example.com"]


@pytest.mark.parametrize(
    "mail",
    [
        b"Content-Type: multipart/report; boundary=b\n\n--b\nContent-Type: message/rfc822\n\n",
        b"Content-Type: multipart/report; boundary=b0\n\n"
        + b"".join(
            b"--b%d\nContent-Type: multipart/mixed; boundary=b%d\n\n" % (n, n + 1)
            for n in range(500)
        ),
        MAIL.replace(b"Ada@Example.com", b"\xff\x00\xe2\x80\xae"),
        MAIL[:400],
    ],
)
def test_a_mail_that_is_broken_on_purpose_breaks_nothing(client, running, mail):
    reply = client.post("/v1/bounces/email", content=mail, headers=BEARER)
    assert (reply.status_code, reply.json().get("code", "receipt")) in (
        (200, "receipt"),
        (400, "receipt"),
    )
    assert running.events() == []
