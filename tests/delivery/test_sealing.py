"""What links carry: nobody on their way can read it, and mails of years ago still work."""

from __future__ import annotations

from base64 import urlsafe_b64decode

import pytest
from hypothesis import given
from hypothesis import strategies as st

from regard.core.errors import Refused
from regard.delivery.sealing import Seal
from tests.delivery.cast import LINKS, claimed

ROW = claimed(purpose="offers", message_class="marketing").row
URL = "https://skylark.example/a?b=1"
SECRETS = ["0123456789abcdef0123456789abcdef"]

SIGNED = (
    "WyJtMSIsIm9mZmVycyIsImVtYWlsIiw3NywiZW1haWwiLCJhZGFAZXhhbXBsZS5jb20iXQ"
    ".yf7jOvSZAbvZPkqwVVS_sgKRn8jcalhn_dU4txbJ_2Q"
)
FOLLOWED = (
    ".eJyLVso1VNJRSs1NzMxR0jE3hzOVElMSHVIrEnMLclL1kvNzgSI5IJUZJSUFxVb6-sXZlTmJRdl6UCX6ifZJ"
    "toZKsQDb6BlW.OtDnbqsQlKIYh_A6MRcSa167Y7ldeoWejwZe9MGsLvs"
)
REPLY = (
    ".eJyLVso1VNJRSizOji9OTSwBMssz81Lyy4GM1NzEzBwlHXNzOFMpMSXRIbUiMbcgJ1UvOT8XKJKSqhQLANjG"
    "FVA.4hPQMwyjsSD0H2-5-TzjGcG5AICTe1SV2jogfzB1kp8"
)
"""Tokens as they were made until November 2026: signed, and readable."""


def tokens() -> list[str]:
    followed, picture = LINKS.follow(ROW, "email", "l1", URL), LINKS.picture(ROW, "email")
    reply = LINKS.answer(ROW, "email", "window", "de")
    parts = (address.rpartition("/")[2].removesuffix(".gif") for address in (followed, picture))
    return [LINKS.token(ROW, "email"), *parts, reply.rpartition("/")[2]]


def test_no_link_tells_whom_it_was_sent_to():
    for token in tokens():
        data = urlsafe_b64decode(token + "=" * (-len(token) % 4))
        for told in (b"ada", b"example", b"offers", ROW.message_id.encode() + b'"'):
            assert told not in data
            assert told.decode() not in token


def test_the_same_message_always_has_the_same_links():
    assert tokens() == tokens()
    assert len(set(tokens())) == 4


def test_links_of_old_mails_still_work():
    token = LINKS.read(SIGNED)
    assert (token.message_id, token.purpose, token.identity) == ("m1", "offers", 77)
    assert (token.value, token.language) == ("ada@example.com", "")
    followed = LINKS.read_followed(FOLLOWED)
    assert (followed.value, followed.link_id, followed.url) == ("ada@example.com", "l1", URL)
    reply = LINKS.read_reply(REPLY)
    assert (reply.engagement, reply.answer, reply.language) == ("ask_seat", "window", "de")


def test_a_token_of_one_purpose_is_none_of_another():
    token, followed, _, reply = tokens()
    for read, other in (
        (LINKS.read, (followed, reply, FOLLOWED, REPLY)),
        (LINKS.read_followed, (token, reply, SIGNED, REPLY)),
        (LINKS.read_reply, (token, followed, SIGNED, FOLLOWED)),
    ):
        for one in other:
            with pytest.raises(Refused):
                read(one)


@given(st.integers(0, 200), st.integers(1, 255))
def test_no_changed_bit_is_taken(place: int, flip: int):
    seal = Seal(SECRETS, "test")
    token = bytearray(seal.sealed(("m1", "ada@example.com")).encode())
    token[place % len(token)] ^= flip
    with pytest.raises(Refused):
        seal.opened(token.decode("latin-1"), list, 2_000)
