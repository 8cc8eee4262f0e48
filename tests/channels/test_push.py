"""Web push against a push service that decrypts, as a browser would, what it was handed."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta

import http_ece
import pytest
from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric import ec
from py_vapid import Vapid02

from regard.channels.kinds import Surroundings
from regard.channels.push import KIND
from regard.channels.push.vapid import from_base64url, public_key, read_key, to_base64url
from regard.channels.visitors import user_hash
from regard.core.errors import Refused
from regard.core.event import MessageOutcome
from regard.core.reaching import subscription_address
from regard.core.settings import Channel
from regard.testing import VirtualClock
from tests.channels.cast import NOW, message
from tests.channels.service import Browser, PushService, serve

KEY = to_base64url(bytes(range(1, 33)))
ENVIRON = {"PUSH_KEY": KEY, "USER_SECRET": "only the shop's server knows"}
VISITOR = {"anonymousId": "0d9f8b6e-2b1c-4f57-9d0e-5a1f6f3f9c01"}


def channel(**settings: object) -> Channel:
    given = {
        "vapid_key_env": "PUSH_KEY",
        "contact": "mailto:push@skylark.example",
        "user_secret_env": "USER_SECRET",
        **settings,
    }
    return Channel(
        id="push.web",
        adapter="push",
        settings={k: v for k, v in given.items() if v is not None},
        reaches_by="push_subscription",
        disturbs=True,
    )


def around() -> Surroundings:
    return Surroundings(environ=ENVIRON, clock=VirtualClock(NOW))


def device(browser: Browser, address: str) -> dict[str, str]:
    given = browser.subscription(address)
    return {
        "endpoint": given["endpoint"],
        **given["keys"],
        "address": subscription_address(given["endpoint"]),
    }


def play(
    service: PushService, *messages, settings: dict[str, object] | None = None
) -> list[MessageOutcome]:
    async def scene() -> list[MessageOutcome]:
        async with serve(service) as url:
            made = {"allow_internal": True, "timeout_s": 5.0, **(settings or {})}
            adapter = KIND.make(channel(**made), around())
            devices = tuple(device(one, url) for one in service.browsers.values())
            outcomes = [
                await adapter.send(message(**{"devices": devices, **one})) for one in messages
            ]
            await adapter.close()
            return outcomes

    return asyncio.run(scene())


SAID = {
    "channel": "push.web",
    "address": "push_x",
    "subject": "Check-in is open",
    "text": "Seat 14A is yours.\nhttps://skylark.example/check-in?b=SK1\n",
    "token": "signed",
}


def test_every_browser_of_the_person_shows_it_and_nobody_else_can_read_it():
    service = PushService([Browser("one"), Browser("two")])
    (outcome,) = play(service, SAID)
    assert (outcome.outcome, outcome.detail, outcome.gone) == (
        "sent", "taken for 2 of 2 browsers", (),
    )  # fmt: skip
    assert [name for name, _ in service.shown] == ["one", "two"]
    assert service.shown[0][1] == {
        "id": "5f2c9a01bb3d7e44",
        "title": "Check-in is open",
        "body": "Seat 14A is yours.",
        "url": "https://skylark.example/check-in?b=SK1",
        "channel": "push.web",
        "token": "signed",
    }
    body = service.asked[0].body
    assert b"14A" not in body
    with pytest.raises(http_ece.ECEException):
        Browser("three").read(body)


def test_the_latest_browser_alone_when_so_set():
    service = PushService([Browser("one"), Browser("two")])
    play(service, SAID, settings={"to": "latest"})
    assert [name for name, _ in service.shown] == ["one"]


def test_the_sender_is_known_by_a_token_that_another_package_verifies():
    service = PushService([Browser()])
    play(service, SAID)
    [asked] = service.asked
    assert Vapid02.verify(asked.headers["authorization"])
    token = asked.headers["authorization"].split("t=")[1].split(",")[0]
    claims = json.loads(from_base64url(token.split(".")[1]))
    endpoint = asked.headers["host"]
    assert claims["aud"] == f"http://{endpoint}"
    assert claims["sub"] == "mailto:push@skylark.example"
    assert 0 < claims["exp"] - NOW.timestamp() <= 86_400


def test_use_and_replacement_travel_in_headers():
    service = PushService([Browser()])
    until = NOW + timedelta(minutes=10)
    later = {**SAID, "message_id": "m2"}
    play(service, {**SAID, "useful_until": until}, SAID, later)
    headers = [one.headers for one in service.asked]
    assert [one["ttl"] for one in headers] == ["600", "86400", "86400"]
    assert headers[0]["topic"] == headers[1]["topic"] != headers[2]["topic"]
    assert len(headers[0]["topic"]) <= 32
    assert headers[0]["urgency"] == "high"
    assert headers[0]["content-encoding"] == "aes128gcm"
    service.asked.clear()
    play(service, SAID, later, settings={"replace": "engagement"})
    assert len({one.headers["topic"] for one in service.asked}) == 1


@pytest.mark.parametrize(
    ("statuses", "kind", "reason", "gone"),
    [
        ({"one": 410, "two": 201}, "sent", "", ["one"]),
        ({"one": 404, "two": 410}, "refused", "address_gone", ["one", "two"]),
        ({"one": 429, "two": 429}, "try_again", "provider_busy", []),
        ({"one": 500, "two": 410}, "try_again", "provider_busy", ["two"]),
        ({"one": None, "two": None}, "try_again", "no_answer", []),
        ({"one": 403, "two": 403}, "try_again", "login_refused", []),
        ({"one": 413, "two": 413}, "refused", "content_too_large", []),
        ({"one": 400, "two": 410}, "refused", "provider_refused", ["two"]),
    ],
)
def test_answers_of_all_browsers_are_one_outcome(statuses, kind, reason, gone):
    browsers = [Browser("one"), Browser("two")]
    service = PushService(browsers, **statuses)
    (outcome,) = play(service, SAID)
    assert (outcome.outcome, outcome.reason) == (kind, reason)
    hosts = {one.target.rpartition("/")[2]: one.headers["host"] for one in service.asked}
    names = [subscription_address(f"http://{hosts[name]}/push/{name}") for name in gone]
    assert list(outcome.gone) == names
    if 429 in statuses.values():
        assert outcome.retry_at == NOW + timedelta(seconds=120)


def test_nothing_is_left_to_send_to():
    (outcome,) = play(PushService([]), SAID)
    assert (outcome.outcome, outcome.reason) == ("refused", "no_device")


def test_a_long_text_is_cut_to_what_notifications_show():
    service = PushService([Browser()])
    play(service, {**SAID, "text": "long " * 2_000})
    assert len(service.shown[0][1]["body"]) == 600
    assert len(service.asked[0].body) < 4_096


def test_a_browser_cannot_send_us_into_the_house():
    browser = Browser()
    devices = (device(browser, "http://127.0.0.1:9"),)
    adapter = KIND.make(channel(), around())
    outcome = asyncio.run(adapter.send(message(**SAID, devices=devices)))
    assert (outcome.outcome, outcome.reason) == ("refused", "address_gone")


def test_rubbish_for_keys_is_a_dead_browser_and_raises_nothing():
    for number, keys in enumerate(
        [{"p256dh": "!!", "auth": "AA"}, {"p256dh": "AAAA", "auth": "AAAA"}]
    ):
        given = {"endpoint": "http://127.0.0.1:9/x", "address": f"push_{number}", **keys}
        adapter = KIND.make(channel(allow_internal=True), around())
        outcome = asyncio.run(adapter.send(message(**SAID, devices=(given,))))
        assert (outcome.outcome, outcome.gone) == ("refused", (f"push_{number}",))


def test_encryption_is_that_of_the_standards_example():
    """RFC 8291 appendix A, decrypted by the receiver's half that it prints."""
    key = ec.derive_private_key(
        int.from_bytes(from_base64url("q1dXpw3UpT5VOmu_cf_v6ih07Aems3njxI-JWgLcM94"), "big"),
        ec.SECP256R1(),
    )
    body = from_base64url(
        "DGv6ra1nlYgDCS1FRnbzlwAAEABBBP4z9KsN6nGRTbVYI_c7VJSPQTBtkgcy27ml"
        "mlMoZIIgDll6e3vCYLocInmYWAmS6TlzAC8wEqKK6PBru3jl7A_yl95bQpu6cVPT"
        "pK4Mqgkf1CXztLVBSt2Ks3oZwbuwXPXLWyouBWLVWGNWQexSgSxsj_Qulcy4a-fN"
    )
    secret = from_base64url("BTBZMqHH6r4Tts7J_aSIgg")
    plain = http_ece.decrypt(body, private_key=key, auth_secret=secret, version="aes128gcm")
    assert plain == b"When I grow up, I want to be a watermelon"


def test_a_key_may_be_pem_as_well():
    key = read_key(KEY)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.PKCS8,
        serialization.NoEncryption(),
    ).decode()
    assert public_key(read_key(pem)) == public_key(key)
    assert KIND.door(channel(), around()).public() == {"key": public_key(key)}


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"vapid_key_env": None}, "vapid_key_env: is required"),
        ({"vapid_key_env": "USER_SECRET"}, "does not hold a key"),
        ({"contact": "me"}, "is how push services reach you"),
        ({"to": "some"}, "use one of all, latest"),
        ({"ttl_s": 10**9}, "use 0 to"),
    ],
)
def test_wrong_settings_are_told(settings, complaint):
    with pytest.raises(Refused, match=complaint):
        KIND.make(channel(**settings), around())


def subscribe(**changes: object):
    said = {"subscription": Browser().subscription("https://push.example"), **VISITOR, **changes}
    return KIND.inbound(channel(), around())(json.dumps(said).encode(), {}, NOW)


def test_a_yes_is_an_event_of_the_visitor():
    (draft,) = subscribe().drafts
    event = draft.body
    assert (event.name, event.trust) == ("Push Subscribed", 0)
    assert str(event.identifiers[0]) == f"anonymousId:{VISITOR['anonymousId']}"
    assert event.facts["address"] == subscription_address("https://push.example/push/one")
    assert set(event.facts) == {"address", "endpoint", "p256dh", "auth"}
    (gone,) = subscribe(subscribed=False).drafts
    assert (gone.body.name, set(gone.body.facts)) == ("Push Unsubscribed", {"address"})


def test_a_user_id_counts_only_with_its_hash():
    proof = user_hash(ENVIRON["USER_SECRET"], "ada")
    (draft,) = subscribe(userId="ada", userHash=proof).drafts
    assert str(draft.body.identifiers[0]) == "userId:ada"
    assert draft.body.facts["is_proven"] is True
    (other,) = subscribe(userId="ada").drafts
    assert other.body.identifiers[0].kind == "anonymousId"
    assert "is_proven" not in other.body.facts


@pytest.mark.parametrize(
    ("changes", "code"),
    [
        ({"userId": "ada", "userHash": "0" * 64}, "visitor"),
        ({"userId": "ada", "anonymousId": ""}, "visitor"),
        ({"anonymousId": "1"}, "visitor"),
        ({"subscription": {"endpoint": "https://x.example", "keys": {}}}, "receipt"),
        ({"subscription": Browser().subscription("http://push.example")}, "subscription"),
        ({"subscription": Browser().subscription("javascript:1//x")}, "subscription"),
        ({"subscription": Browser().subscription("https://" + "x" * 2_000)}, "subscription"),
        (
            {
                "subscription": {
                    "endpoint": "https://x.example",
                    "keys": {"p256dh": "AA", "auth": "AA"},
                }
            },
            "subscription",
        ),
    ],
)
def test_what_cannot_be_used_or_believed_is_refused(changes, code):
    with pytest.raises(Refused) as refused:
        subscribe(**changes)
    assert refused.value.code == code
