"""Mails are composed by hand; here the standard library reads them back."""

from __future__ import annotations

from email import message_from_bytes, policy
from email.message import EmailMessage
from email.utils import parsedate_to_datetime

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regard.channels.smtp.mime import build
from regard.channels.smtp.settings import parse_settings
from regard.core.errors import Refused
from regard.core.ports import Message
from tests.channels.cast import NOW, channel, message

SETTINGS = parse_settings(channel("smtp", host="localhost", tls="none"), {})


def read_back(sent: Message) -> EmailMessage:
    content = build(sent, SETTINGS, NOW).content
    assert max(len(line) for line in content.split(b"\r\n")) <= 998
    assert b"\n" not in content.replace(b"\r\n", b"")
    mail = message_from_bytes(content, policy=policy.default)
    assert isinstance(mail, EmailMessage)
    assert not any(part.defects for part in mail.walk())
    return mail


def shown(part: EmailMessage) -> str:
    return part.get_content().replace("\r\n", "\n").rstrip("\n")


def test_a_mail_has_its_headers_and_both_parts_text_first():
    mail = read_back(message())
    assert mail["From"] == "Skylark Air <hello@skylark.example>"
    assert mail["To"] == "Ada Okafor <ada@example.com>"
    assert mail["Subject"] == "Check-in is open for SK1"
    assert parsedate_to_datetime(str(mail["Date"])) == NOW
    assert mail["Message-ID"] == "<5f2c9a01bb3d7e44@skylark.example>"
    assert mail["List-Unsubscribe"] == "<https://engage.example.com/unsubscribe/abc>"
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    parts = [part.get_content_type() for part in mail.iter_parts()]
    assert parts == ["text/plain", "text/html"]


def test_the_message_id_is_the_same_for_every_attempt():
    first, second = (read_back(message(attempt=n))["Message-ID"] for n in (1, 2))
    assert first == second


def test_a_mail_without_html_is_one_plain_part():
    mail = read_back(message(html=""))
    assert mail.get_content_type() == "text/plain"
    assert shown(mail) == "Hello Ada,\n\ncheck in now."


TEXTS = st.text(
    st.characters(blacklist_categories=("Cs",), blacklist_characters="\r\x00\x85\u2028\u2029"),
    max_size=400,
)
LINES = st.text(st.characters(blacklist_categories=("Cs", "Cc", "Zl", "Zp")), max_size=200)


@settings(max_examples=60, deadline=None)
@given(subject=LINES, name=LINES, text=TEXTS, html=TEXTS)
def test_any_text_arrives_as_it_was_written(subject, name, text, html):
    mail = read_back(message(subject=subject, recipient_name=name, text=text, html=html))
    assert str(mail["Subject"]).strip() == subject.strip()
    assert mail["To"].addresses[0].addr_spec == "ada@example.com"
    by_type = {part.get_content_type(): part.get_payload(decode=True) for part in mail.walk()}
    for kind, written in (("text/plain", text), ("text/html", html)):
        if kind in by_type:
            assert by_type[kind].decode().replace("\r\n", "\n").rstrip("\n") == written.rstrip("\n")


@pytest.mark.parametrize("name", ["Dalia Müller", "Okafor, Ada", 'Chen "C" Wu', "木村 さくら"])
def test_a_display_name_arrives_whole(name):
    assert read_back(message(recipient_name=name))["To"].addresses[0].display_name == name


@pytest.mark.parametrize(
    "text",
    [
        "Grüße an Bruno\n" * 5,
        "Grüße an alle, die heute reisen.\n" * 300,
        "今日は\n" * 50,
        "x" * 5000,
    ],
    ids=["quoted", "base64", "other script", "long line"],
)
def test_long_and_foreign_texts_arrive_whole(text):
    mail = read_back(message(text=text, html=f"<p>{text}</p>"))
    plain, html = mail.iter_parts()
    assert shown(plain) == text.rstrip("\n")
    assert shown(html) == f"<p>{text}</p>"


def test_a_trait_cannot_add_a_header():
    evil = "Ada\r\nBcc: everybody@example.com\r\n\r\nHello"
    mail = read_back(message(subject=evil, recipient_name=evil, headers={"X-Note": evil}))
    assert mail["Bcc"] is None
    assert mail["Subject"] == "Ada Bcc: everybody@example.com Hello"


@pytest.mark.parametrize(
    ("header", "value"), [("Bcc", "x"), ("content-type", "x"), ("X Y", "x"), ("X-A", "x" * 999)]
)
def test_a_header_that_is_not_the_messages_to_set_is_refused(header, value):
    with pytest.raises(Refused) as refused:
        build(message(headers={header: value}), SETTINGS, NOW)
    assert refused.value.code == "content_header"


@pytest.mark.parametrize(
    "address",
    ["", "ada", "ada@", "@x.y", "a b@x.y", "a@x.y>\r\nRCPT TO:<z@x.y", "a,b@x.y", "a@x y"],
)
def test_an_address_that_is_no_mailbox_is_refused(address):
    with pytest.raises(Refused) as refused:
        build(message(address=address), SETTINGS, NOW)
    assert refused.value.code == "address_invalid"


def test_a_foreign_domain_is_written_in_ascii_and_needs_no_smtputf8():
    envelope = build(message(address="ada@müller.example"), SETTINGS, NOW)
    assert envelope.recipient == b"ada@xn--mller-kva.example"
    assert not envelope.needs_smtputf8


def test_only_a_foreign_mailbox_needs_smtputf8():
    assert build(message(address="ädä@example.com"), SETTINGS, NOW).needs_smtputf8
