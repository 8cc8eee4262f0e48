"""Settings are checked when a channel is made, every problem at once."""

from __future__ import annotations

import pytest

from regard.channels import ADAPTERS, make_adapter
from regard.core.errors import Refused
from tests.channels.cast import SECRET, channel

ENVIRON = {"HOOK": SECRET, "EMPTY": "", "BAD": "whsec_*"}


def problems_of(adapter: str, **settings: object) -> dict[str, str]:
    with pytest.raises(Refused) as refused:
        make_adapter(channel(adapter, **settings), None, ENVIRON)
    return {p.path.removeprefix("channels.email."): p.message for p in refused.value.problems}


def test_an_unknown_adapter_is_refused_with_the_known_ones():
    with pytest.raises(Refused) as refused:
        make_adapter(channel("pigeon"), None, {})
    assert all(name in str(refused.value) for name in ADAPTERS)


def test_every_problem_of_an_smtp_channel_is_told_at_once():
    found = problems_of(
        "smtp",
        sender="nobody",
        port=70_000,
        tls="maybe",
        connections=0,
        password_env="NOT_SET",
        username="regard",
        hello_name="a b",
        hots="typo",
    )
    expected = {"from", "host", "port", "tls", "connections", "password_env", "hello_name", "hots"}
    assert set(found) == expected
    assert found["password_env"] == "names NOT_SET, which is not set"


def test_a_password_is_not_sent_in_clear_unless_meant():
    given = {"host": "h", "tls": "none", "username": "u", "password_env": "HOOK"}
    assert problems_of("smtp", **given) == {"tls": "would send the password in clear"}
    make_adapter(channel("smtp", **given, allow_plain_login=True), None, ENVIRON)


@pytest.mark.parametrize(
    ("settings", "key"),
    [
        ({"url": "ftp://x.example"}, "url"),
        ({"url": "http://x.example"}, "url"),
        ({"url": "https://127.0.0.1/hook"}, "url"),
        ({"url": "https://[::1]/hook"}, "url"),
        ({"url": "https://localhost/hook"}, "url"),
        ({"url": 5}, "url"),
        ({"secret_env": "EMPTY"}, "secret_env"),
        ({"secret_env": "BAD"}, "secret_env"),
        ({"secret_env": None}, "secret_env"),
        ({"timeout_s": "long"}, "timeout_s"),
        ({"connections": 1.5}, "connections"),
        ({"allow_internal": "yes"}, "allow_internal"),
    ],
)
def test_a_webhook_channel_is_checked(settings, key):
    given = {"url": "https://x.example/hook", "secret_env": "HOOK"} | settings
    given = {name: value for name, value in given.items() if value is not None}
    assert list(problems_of("webhook", **given)) == [key]


def test_the_post_room_stands_in_for_any_other_channel():
    make_adapter(channel("post_room", host="mail.example", port=587, url="x"), None, {})
    make_adapter(channel("post_room", sender=None), None, {})
    assert list(problems_of("post_room", sender="nobody")) == ["from"]
