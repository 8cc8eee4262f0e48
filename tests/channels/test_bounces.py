"""Bounce mails are read into receipts; everything else in that mailbox says nothing."""

from __future__ import annotations

import pytest

from regard.channels.smtp import read_bounce
from regard.channels.smtp.receipts import BOUNCE_BYTES_MAX
from regard.core.errors import Refused
from regard.core.event import Event, Identifier
from tests.channels.cast import NOW

BOUNCE = b"""\
From: MAILER-DAEMON@mx.example
To: hello@skylark.example
Message-ID: <bounce-1@mx.example>
Subject: Undelivered Mail
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

I could not deliver your message.
--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example

Final-Recipient: rfc822; Ada@Example.com
Action: ACTION
Status: STATUS
Diagnostic-Code: smtp; 550 5.1.1 no such user

--b
Content-Type: text/rfc822-headers

From: hello@skylark.example
Message-ID: <5f2c9a01bb3d7e44@skylark.example>

--b--
"""


def read(action: bytes, status: bytes):
    raw = BOUNCE.replace(b"ACTION", action).replace(b"STATUS", status)
    return read_bounce(raw, channel="email", received_at=NOW)


@pytest.mark.parametrize(("status", "is_permanent"), [(b"5.1.1", True), (b"4.4.7", False)])
def test_a_bounce_names_message_address_and_whether_it_is_for_good(status, is_permanent):
    (draft,) = read(b"failed", status)
    event = draft.body
    assert isinstance(event, Event)
    assert event.name == "Email Bounced"
    assert event.identifiers == (Identifier("email", "ada@example.com"),)
    assert event.facts["message_id"] == "5f2c9a01bb3d7e44"
    assert event.facts["permanent"] is is_permanent


def test_a_report_of_success_is_a_delivery():
    (draft,) = read(b"delivered", b"2.1.5")
    assert draft.body.name == "Email Delivered"


def test_a_delay_says_nothing_about_the_end():
    assert read(b"delayed", b"4.4.1") == ()


def test_the_same_bounce_twice_is_one_receipt():
    assert read(b"failed", b"5.1.1")[0].key == read(b"failed", b"5.1.1")[0].key


@pytest.mark.parametrize(
    "raw", [b"", b"Subject: Out of office\n\nUnsubscribe me? No, I am on holiday.", b"\xff\x00"]
)
def test_the_holiday_auto_reply_is_no_receipt(raw):
    assert read_bounce(raw, channel="email", received_at=NOW) == ()


def test_a_bounce_as_large_as_a_film_is_refused():
    with pytest.raises(Refused):
        read_bounce(b"x" * (BOUNCE_BYTES_MAX + 1), channel="email", received_at=NOW)
