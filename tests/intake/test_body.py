"""Bodies: what is opened, what is refused, and with which word."""

from __future__ import annotations

import base64
import gzip
from urllib.parse import quote

import pytest

from regard.core.errors import Refused
from regard.core.ports import Draft
from regard.core.rows import Rejected
from regard.intake import Limits, open_body, read_envelope

ITEM = b'{"type":"track","event":"Seen","userId":"ada"}'


def code_of(data: bytes, limits: Limits | None = None) -> str:
    with pytest.raises(Refused) as caught:
        read_envelope(open_body(data, limits or Limits()))
    return caught.value.code


def test_gzip_is_known_by_its_magic_not_by_a_header():
    assert open_body(gzip.compress(ITEM)) == ITEM


def test_gzip_of_several_members_is_one_text():
    assert open_body(gzip.compress(ITEM[:9]) + gzip.compress(ITEM[9:])) == ITEM


def test_blanks_and_a_byte_order_mark_stand_before_json():
    assert open_body(b"\xef\xbb\xbf \r\n" + ITEM) == ITEM


def test_a_beacon_form_holds_base64_json():
    assert open_body(b"data=" + quote(base64.b64encode(ITEM)).encode()) == ITEM


def test_a_gzip_bomb_is_not_inflated_beyond_the_limit():
    bomb = gzip.compress(b"[" + b" " * 50_000_000 + b"]")
    assert len(bomb) < 60_000
    assert code_of(bomb) == "too_large"


@pytest.mark.parametrize(
    ("data", "code"),
    [
        (b"", "empty_body"),
        (b"   ", "empty_body"),
        (b"hello", "bad_json"),
        (b'"text"', "bad_json"),
        (b"{", "bad_json"),
        (b'{"a":1} trailing', "bad_json"),
        (b'{"a":nan}', "bad_json"),
        (b"{" * 10_240, "bad_json"),
        (b'{"a":' * 10_240, "too_deep"),
        (b"[" * 10_240, "too_deep"),
        (b'{"\xff":1}', "bad_utf8"),
        (b'{"writeKey":"\xff"}', "bad_utf8"),
        (gzip.compress(ITEM, mtime=0)[:-9], "bad_gzip"),
        (b"\x1f\x8b garbage", "bad_gzip"),
        (b"data=%%%", "bad_json"),
    ],
)
def test_what_cannot_be_read_is_refused_by_name(data: bytes, code: str):
    assert code_of(data) == code


def test_a_body_over_the_limit_is_refused():
    assert code_of(ITEM, Limits(body_bytes_max=10)) == "too_large"


def test_keys_are_found_under_every_sdks_name():
    for name in (b"writeKey", b"api_key", b"token"):
        assert read_envelope(b'{"batch":[],"' + name + b'":"k"}').key == "k"
    listed = b'[{"event":"a","properties":{"token":"k"}}]'
    assert read_envelope(listed, "posthog").key == "k"


def test_an_item_over_its_limit_is_refused_alone(take):
    long = {"type": "track", "event": "Seen", "userId": "ada", "properties": {"x": "y" * 33_000}}
    first, second = take({"batch": [long, {**long, "properties": {}}]})
    assert isinstance(first, Rejected)
    assert (first.code, first.number) == ("item_too_large", 0)
    assert len(first.item) == 4_096
    assert isinstance(second, Draft)


def test_items_over_the_count_are_told_and_the_others_taken(take):
    items = [{"type": "track", "event": "Seen", "userId": str(n)} for n in range(1, 2_503)]
    outcomes = take({"batch": items})
    assert len(outcomes) == 2_501
    assert outcomes[-1].code == "too_many_items"
    assert outcomes[-1].message.startswith("2 items")


@pytest.mark.parametrize(
    ("text", "code"),
    [
        (b"[" * 40 + b"1" + b"]" * 40, "too_deep"),
        (b'{"userId":"\xff"}', "bad_utf8"),
        (b'{"userId":1e400}', "bad_json"),
    ],
)
def test_one_broken_item_spoils_nobody_elses(take, text: bytes, code: str):
    broken, good = take(b'{"batch":[' + text + b"," + ITEM + b"]}")
    assert isinstance(broken, Rejected)
    assert broken.code == code
    assert isinstance(good, Draft)


def test_half_an_emoji_does_not_spoil_the_batch(take):
    """JavaScript that cuts a text between surrogates sends them alone."""
    half = b'{"type":"track","event":"\\ud83d","userId":"\\ud83d\\ude00 \\\\\\ud83d a \\uDE00"}'
    broken, good = take(b'{"batch":[' + half + b"," + ITEM + b"]}")
    assert broken.body.name == "\ufffd"
    assert broken.body.identifiers[0].value == "\U0001f600 \\\ufffd a \ufffd"
    assert isinstance(good, Draft)


def test_many_brackets_side_by_side_are_not_deep(event_of):
    properties = {"seats": [{"number": n, "row": [n]} for n in range(50)]}
    event = event_of({"type": "track", "event": "Seen", "userId": "a", "properties": properties})
    assert event.facts == properties
