"""DKIM signatures, verified by another implementation (dkimpy) with keys out of a zone."""

from __future__ import annotations

from base64 import b64encode
from functools import cache
from typing import Any

import dkim
import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import (
    Encoding,
    NoEncryption,
    PrivateFormat,
)
from hypothesis import given, settings
from hypothesis import strategies as st

from regard.channels import make_adapter
from regard.channels.smtp.dkim import relaxed_body
from regard.channels.smtp.mime import build
from regard.channels.smtp.settings import SmtpSettings, parse_settings
from regard.core.errors import Refused
from tests.channels.cast import NOW, channel, message

FORMAT = (Encoding.PEM, PrivateFormat.PKCS8, NoEncryption())


@cache
def environ() -> dict[str, str]:
    keys = {
        "RSA": rsa.generate_private_key(65537, 2_048),
        "ED": ed25519.Ed25519PrivateKey.generate(),
        "SHORT": rsa.generate_private_key(65537, 1_024),
        "EC": ec.generate_private_key(ec.SECP256R1()),
    }
    pems = {name: key.private_bytes(*FORMAT).decode() for name, key in keys.items()}
    der = keys["ED"].private_bytes(Encoding.DER, *FORMAT[1:])
    return pems | {
        "ONE_LINE": pems["RSA"].replace("\n", "\\n"),
        "DER": b64encode(der).decode(),
        "JUNK": "no key",
    }


def settings_of(**given: Any) -> SmtpSettings:
    return parse_settings(channel("smtp", host="mx.example", tls="none", **given), environ())


RSA = {"dkim_selector": "may", "dkim_key_env": "RSA"}
ED = {"dkim_selector": "may", "dkim_key_env": "ED"}
BOTH = RSA | {"dkim_second_selector": "june", "dkim_second_key_env": "ED"}


def verdicts(content: bytes, own: SmtpSettings) -> list[bool]:
    """Return what dkimpy says of each signature of a mail."""

    def verdict(number: int) -> bool:
        try:
            return bool(verifier.verify(idx=number, dnsfunc=lambda name, timeout=5: zone.get(name)))
        except dkim.ValidationError:
            return False

    zone = {
        f"{key.selector}._domainkey.{key.domain}.".encode(): key.record.encode()
        for key in own.dkim_keys
    }
    verifier = dkim.DKIM(content if content.endswith(b"\r\n") else content + b"\r\n")
    count = content.lower().count(b"dkim-signature:")
    return [verdict(number) for number in range(count)]


BODIES = {
    "as ever": {},
    "text only": {"html": ""},
    "html only": {"text": ""},
    "empty": {"text": "", "html": ""},
    "blank lines at the end": {"text": "Hello.\n\n\n\n", "html": ""},
    "spaces and tabs": {"text": " a \t b  \n\t\n  \nc ", "html": "<p> x\t\t y </p>   "},
    "dots": {"text": ".\n..\n.x\n", "html": ""},
    "foreign": {"text": "Grüße aus Wien, 你好", "html": "<p>Ωμέγα</p>", "subject": "Grüße 你好"},
    "long": {"text": "word " * 4_000, "html": "<p>" + "x" * 30_000 + "</p>"},
    "a long subject": {"subject": "Check-in " * 30},
    "a name to quote": {"recipient_name": 'Ada "the first" Okafor, Vienna'},
    "a mailbox outside ASCII": {"address": "müller@example.com"},
}


@pytest.mark.parametrize("changes", BODIES.values(), ids=BODIES)
@pytest.mark.parametrize("keys", [RSA, ED, BOTH], ids=["rsa", "ed25519", "both"])
def test_a_stranger_verifies_what_we_sign(keys, changes):
    own = settings_of(**keys)
    content = build(message(**changes), own, NOW).content
    assert verdicts(content, own) == [True] * len(own.dkim_keys)


@settings(max_examples=20, deadline=None)
@given(text=st.text(max_size=60), html=st.text(max_size=60), subject=st.text(max_size=60))
def test_whatever_is_said_verifies(text, html, subject):
    own = settings_of(**ED)
    content = build(message(text=text, html=html, subject=subject), own, NOW).content
    assert verdicts(content, own) == [True]


@settings(max_examples=60)
@given(st.text(" \t\na.", max_size=40).map(lambda t: t.encode().replace(b"\n", b"\r\n") + b"\r\n"))
def test_a_body_is_canonical_as_dkimpy_has_it(body):
    theirs = dkim.canonicalization.Relaxed.canonicalize_body(body)
    assert relaxed_body(body) == (theirs if theirs != b"\r\n" else b"")


@pytest.mark.parametrize(
    ("old", "new"),
    [
        (b"check in now", b"check in later"),
        (b"Subject: ", b"Subject: Re: "),
        (b"List-Unsubscribe-Post", b"X-List-Unsubscribe-Post"),
        (b"/unsubscribe/abc", b"/unsubscribe/xyz"),
        (b"From: ", b"From: mallory@example.com\r\nFrom: "),
        (b"Subject: ", b"Subject: You won\r\nSubject: "),
    ],
)
def test_what_was_changed_on_the_way_does_not_verify(old, new):
    own = settings_of(**ED)
    content = build(message(), own, NOW).content
    head, mark, rest = content.partition(b"\r\n\r\n")
    signature, _, lines = head.partition(b"\r\nFrom: ")
    changed = (b"From: " + lines + mark + rest).replace(old, new, 1)
    assert verdicts(signature + b"\r\n" + changed, own) == [False]


def test_one_click_headers_are_signed_and_lines_stay_within_limits():
    own = settings_of(**BOTH)
    content = build(message(), own, NOW).content
    first = content.split(b"\r\nFrom:")[0].replace(b"\r\n ", b" ")
    for name in (b":list-unsubscribe:", b"list-unsubscribe-post:", b":from:to:subject:date;"):
        assert name in first
    assert max(map(len, content.split(b"\r\n"))) <= 998


def test_keys_are_taken_in_the_forms_that_an_environment_holds():
    for name in ("RSA", "ONE_LINE", "DER", "ED", "SHORT"):
        [key] = settings_of(dkim_selector="may", dkim_key_env=name).dkim_keys
        assert (key.domain, key.selector) == ("skylark.example", "may")
    other = settings_of(**RSA, dkim_domain="Mail.Skylark.example")
    assert other.dkim_keys[0].domain == "mail.skylark.example"


@pytest.mark.parametrize(
    ("given", "key", "said"),
    [
        ({"dkim_key_env": "RSA"}, "dkim_selector", "is required beside the key"),
        (RSA | {"dkim_key_env": "JUNK"}, "dkim_key_env", "is no private key"),
        (RSA | {"dkim_key_env": "EC"}, "dkim_key_env", "neither an RSA nor an Ed25519"),
        (RSA | {"dkim_key_env": "AWAY"}, "dkim_key_env", "AWAY, which is not set"),
        (RSA | {"dkim_selector": "a b"}, "dkim_selector", "not a name"),
        (RSA | {"dkim_domain": "-"}, "dkim_domain", "not a name"),
        ({"dns_server": "resolver"}, "dns_server", "not an address"),
    ],
)
def test_what_cannot_sign_is_told_before_anything_is_sent(given, key, said):
    with pytest.raises(Refused) as refused:
        make_adapter(channel("smtp", host="mx.example", **given), None, environ())
    [problem] = refused.value.problems
    assert problem.path == f"channels.email.{key}"
    assert said in problem.message


def test_a_message_cannot_bring_a_signature_of_its_own():
    with pytest.raises(Refused):
        build(message(headers={"DKIM-Signature": "v=1"}), settings_of(), NOW)
