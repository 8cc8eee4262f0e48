"""Bounces, complaints and bounces in prose, as real mail systems write them."""

from __future__ import annotations

import pytest

from regard.channels.smtp import read_bounce
from regard.channels.smtp.inbound import read_mail
from regard.core.event import Event
from tests.channels.cast import NOW

OURS = "5f2c9a01bb3d7e44"
RETURNED = f"""\
From: Skylark Air <hello@skylark.example>
To: Ada Okafor <ada@example.com>
Subject: Check-in is open
Message-ID: <{OURS}@skylark.example>
"""


def report(kind: str, machine: str, returned: str = RETURNED, form: str = "text/rfc822-headers"):
    """Return a report of three parts: prose, what machines read, what is returned."""
    return f"""\
Return-Path: <>
From: Mail Delivery System <MAILER-DAEMON@mx.example>
To: hello@skylark.example
Message-ID: <report-1@mx.example>
Auto-Submitted: auto-replied
MIME-Version: 1.0
Content-Type: multipart/report; report-type={kind}; boundary="b"

--b
Content-Type: text/plain

Something happened to your message. STOP unsubscribe.

--b
Content-Type: message/{kind}

{machine}
--b
Content-Type: {form}

{returned}
--b--
""".encode()


def status(action: str, code: str, diagnostic: str = "", more: str = "") -> bytes:
    machine = f"Reporting-MTA: dns; mx.example\n\n{more}Final-Recipient: rfc822; ada@example.com\n"
    machine += f"Action: {action}\nStatus: {code}\n"
    machine += f"Diagnostic-Code: smtp; {diagnostic}\n" if diagnostic else ""
    return report("delivery-status", machine)


def complaint(kind: str = "abuse", more: str = "", returned: str = RETURNED) -> bytes:
    machine = f"Feedback-Type: {kind}\nUser-Agent: SomeGenerator/1.0\nVersion: 1\n{more}"
    return report("feedback-report", machine, returned, "message/rfc822")


def events(raw: bytes) -> list[Event]:
    return [d.body for d in read_bounce(raw, channel="email", received_at=NOW)]


@pytest.mark.parametrize(
    ("code", "diagnostic", "is_permanent"),
    [
        ("5.1.1", "550 5.1.1 no such user", True),
        ("5.1.10", "", True),
        ("5.2.1", "", True),
        ("5.4.1", "550 5.4.1 Recipient address rejected: Access denied", True),
        ("5.0.0", "550 5.1.1 User unknown", True),
        ("5.0.0", "552 5.2.2 Mailbox full", False),
        ("5.2.2", "", False),
        ("5.3.4", "", False),
        ("5.6.1", "", False),
        ("5.7.1", "550 5.7.1 blocked by policy", False),
        ("4.4.7", "", False),
        ("", "", False),
    ],
)
def test_only_what_is_about_the_address_is_for_good(code, diagnostic, is_permanent):
    [event] = events(status("failed", code, diagnostic))
    assert event.name == "Email Bounced"
    assert (event.facts["message_id"], event.facts["address"]) == (OURS, "ada@example.com")
    assert event.facts["permanent"] is is_permanent


@pytest.mark.parametrize("action", ["delayed", "relayed", "expanded", "", "exploded"])
def test_what_is_no_end_says_nothing(action):
    assert events(status(action, "4.4.1")) == []


def test_actions_may_be_commented_and_the_address_is_the_one_we_wrote_to():
    more = "Original-Recipient: rfc822;Ada@Example.com\n"
    [event] = events(status("Failed (no such user)", "5.1.1 (bad)", more=more))
    assert event.facts["address"] == "Ada@Example.com"
    assert str(event.identifiers[0]) == "email:ada@example.com"
    assert event.facts["status"] == "5.1.1"


@pytest.mark.parametrize("kind", ["abuse", "fraud", "opt-out", "other", "Abuse"])
def test_a_complaint_names_our_message(kind):
    [event] = events(complaint(kind))
    assert event.name == "Email Marked as Spam"
    assert (event.facts["message_id"], event.facts["address"]) == (OURS, "ada@example.com")


def test_not_spam_is_no_complaint():
    assert events(complaint("not-spam")) == []


def test_a_complaint_may_hide_the_address_and_still_find_the_message():
    hidden = RETURNED.replace("Ada Okafor <ada@example.com>", "[redacted]")
    [event] = events(complaint(returned=hidden))
    assert (event.facts["message_id"], "address" in event.facts) == (OURS, False)
    [event] = events(complaint(more="Original-Rcpt-To: <bruno@example.com>\n", returned=hidden))
    assert event.facts["address"] == "bruno@example.com"


def test_a_complaint_about_nothing_we_know_says_nothing():
    assert events(complaint(returned="Subject: hello\n")) == []


QMAIL = f"""\
Return-Path: <>
From: MAILER-DAEMON@mx.example
To: hello@skylark.example
Message-ID: <q-1@mx.example>
Subject: failure notice

Hi. This is the qmail-send program at mx.example.
I'm afraid I wasn't able to deliver your message to the following addresses.
This is a permanent error; I've given up. Sorry it didn't work out.

<ada@example.com>:
Sorry, no mailbox here by that name. (#5.1.1)

--- Below this line is a copy of the message.

{RETURNED}
Hello Ada
""".encode()

EXIM = f"""\
Return-Path: <>
X-Failed-Recipients: ada@example.com
From: Mail Delivery System <Mailer-Daemon@mx.example>
To: hello@skylark.example
Message-ID: <e-1@mx.example>
Subject: Mail delivery failed: returning message to sender

This message was created automatically by mail delivery software.

A message that you sent could not be delivered to one or more of its
recipients. This is a permanent error. The following address(es) failed:

  ada@example.com
    unknown user

------ This is a copy of the message, including all the headers. ------

{RETURNED}
Hello Ada
""".encode()


@pytest.mark.parametrize("raw", [QMAIL, EXIM], ids=["qmail", "exim"])
def test_a_bounce_in_prose_is_read_by_its_form(raw):
    [event] = events(raw)
    assert (event.name, event.facts["permanent"]) == ("Email Bounced", True)
    assert (event.facts["message_id"], event.facts["address"]) == (OURS, "ada@example.com")


def test_a_person_who_tells_of_a_bounce_bounces_nothing():
    told = QMAIL.replace(b"Return-Path: <>\nFrom: MAILER-DAEMON@mx.example", b"From: a@b.example")
    assert events(told) == []


@pytest.mark.parametrize(
    ("raw", "name"),
    [
        (status("failed", "5.1.1"), "Email Bounced"),
        (complaint(), "Email Marked as Spam"),
        (QMAIL, "Email Bounced"),
    ],
)
def test_the_door_for_mail_knows_reports_too_and_hears_no_words_in_them(raw, name):
    found = read_mail(raw, channel="email", received_at=NOW, envelope_sender="")
    assert [draft.body.name for draft in found] == [name]


def test_a_delay_that_comes_by_the_door_for_mail_is_a_machines():
    [draft] = read_mail(status("delayed", "4.4.1"), channel="email", received_at=NOW)
    assert draft.body.name == "Automatic Reply Received"


def test_the_same_report_twice_is_one_receipt():
    keys = [read_bounce(complaint(), channel="email", received_at=NOW)[0].key for _ in range(2)]
    assert keys[0] == keys[1]
