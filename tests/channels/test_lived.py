"""Text, push and feed in a whole house: what customers say and see, and what follows from it."""

from __future__ import annotations

import asyncio
import json
from datetime import timedelta
from urllib.parse import urlencode

import pytest
from msgspec.structs import replace
from twilio.request_validator import RequestValidator

from regard.channels.outcomes import outcome
from regard.channels.visitors import user_hash
from regard.core.reaching import devices_of, subscription_address
from tests.channels.lived import ANONYMOUS, BEARER, COMPANY, ENVIRON, HOME, KEY_OF_SITE, Lived
from tests.channels.service import TOKEN, Browser

PHONE = "+436641234567"
OTHER = "7c1f2d3e-aaaa-4bbb-8ccc-1234567890ab"


@pytest.fixture
def house() -> Lived:
    return Lived()


def proof(user_id: str) -> dict[str, str]:
    return {"userId": user_id, "userHash": user_hash(ENVIRON["USER_SECRET"], user_id)}


def marks(house: Lived, mark: str, token: str, channel: str = "feed"):
    content = json.dumps([{"token": token, "mark": mark}])
    return house.call("POST", f"/v1/receipts/{channel}", content=content)


def test_a_message_lies_in_the_feed_and_is_seen_on_every_device(house):
    house.identify(userId="ada", anonymousId=ANONYMOUS)
    house.say("Called gate", userId="ada", properties={"gate": "B7"})
    found = house.look(**proof("ada")).json()
    [item] = found["items"]
    assert (item["title"], item["body"]) == ("B7 is your gate", "Gate B7, <b>now</b>.")
    assert item["url"] == "https://skylark.example/trip?a=1&b=2"
    assert (found["unseen_count"], found["channel"], found["title"]) == (1, "feed", "Messages")
    for _ in range(2):
        assert marks(house, "seen", item["token"]).status_code == 200
    names = [e.name for e in house.events() if e.source == "receipts.feed"]
    assert names == ["Message Delivered", "Message Opened"]
    again = house.look(**proof("ada")).json()
    assert (again["unseen_count"], again["items"][0]["is_seen"]) == (0, True)


def test_a_promise_that_must_reach_eyes_is_kept_when_somebody_looked(house):
    for user in ("ada", "bruno"):
        house.say("Boarding", userId=user, properties={"gate": "B7"})
    [item] = house.look(**proof("ada")).json()["items"]
    marks(house, "seen", item["token"])
    house.run_until(house.clock.now() + timedelta(hours=2))
    outcomes = {
        user: [one.change.status for one in house.person("user_id", user).promises.values()]
        for user in ("ada", "bruno")
    }
    assert outcomes == {"ada": ["kept"], "bruno": ["broken"]}


def test_what_is_dismissed_or_past_its_use_is_gone(house):
    for gate in ("B7", "C1"):
        house.say("Called gate", anonymousId=ANONYMOUS, properties={"gate": gate})
        house.clock.advance(timedelta(minutes=1))
    late, early = house.look(anonymousId=ANONYMOUS).json()["items"]
    assert [late["title"][:2], early["title"][:2]] == ["C1", "B7"]
    marks(house, "clicked", late["token"])
    marks(house, "dismissed", early["token"])
    assert [i["id"] for i in house.look(anonymousId=ANONYMOUS).json()["items"]] == [late["id"]]
    house.run_until(house.clock.now() + timedelta(hours=2))
    assert house.look(anonymousId=ANONYMOUS).json()["items"] == []


@pytest.mark.parametrize(
    "visitor",
    [
        {},
        {"userId": "ada"},
        {"userId": "ada", "userHash": "0" * 64},
        {"userId": "ada", "userHash": user_hash("", "ada")},
        {"anonymousId": "1"},
        {**proof("bruno"), "userId": "ada"},
    ],
)
def test_nobody_reads_by_guessing(house, visitor):
    house.say("Called gate", userId="ada", properties={"gate": "B7"})
    reply = house.look(**visitor)
    assert (reply.status_code, reply.json()["code"]) == (401, "visitor")
    assert house.call("GET", "/v1/feed", params=proof("ada")).json()["code"] == "unknown_key"


def test_saying_that_a_browser_is_adas_opens_nothing(house):
    """Whoever reads the page's key can send any identify; so it must not be enough."""
    house.identify(userId="ada", traits={"email": "ada@example.com"})
    house.say("Called gate", userId="ada", properties={"gate": "B7"})
    for about in ({"userId": "ada"}, {"traits": {"email": "ada@example.com"}}):
        house.identify(anonymousId=OTHER, **about)
    assert house.look(anonymousId=OTHER).json()["items"] == []
    assert len(house.look(**proof("ada")).json()["items"]) == 1


def test_a_mark_needs_the_token_of_the_message(house):
    house.say("Called gate", anonymousId=ANONYMOUS, properties={"gate": "B7"})
    [item] = house.look(anonymousId=ANONYMOUS).json()["items"]
    for token, channel in ((item["token"][:-2], "feed"), (item["token"], "push.web"), ("", "feed")):
        assert marks(house, "seen", token, channel).status_code == 400
    assert house.call("POST", "/v1/receipts/feed", content=b"\xff").status_code == 400
    assert house.look(anonymousId=ANONYMOUS).json()["unseen_count"] == 1


def test_the_stream_tells_at_once_and_whenever_something_changes(house):
    house.say("Called gate", anonymousId=ANONYMOUS, properties={"gate": "B7"})
    query = urlencode({"key": KEY_OF_SITE, "anonymousId": ANONYMOUS})
    asked = {"http_version": "1.1", "method": "GET", "path": "/v1/feed/live", "raw_path": b"/x"}
    frames: list[bytes] = []

    async def scene() -> None:
        is_over = asyncio.Event()

        async def receive() -> dict[str, object]:
            await is_over.wait()
            return {"type": "http.disconnect"}

        async def send(told: dict[str, object]) -> None:
            if told["type"] != "http.response.body" or not told.get("body"):
                return
            frames.append(told["body"])
            if b"event: feed" in told["body"]:
                fed = sum(b"event: feed" in frame for frame in frames)
                if fed == 1:
                    item = json.loads(told["body"].split(b"data: ")[1])["items"][0]
                    await asyncio.to_thread(marks, house, "seen", item["token"])
                else:
                    is_over.set()

        scope = {"type": "http", "headers": [], "query_string": query.encode(), **asked}
        async with asyncio.timeout(20):
            await house.app(scope, receive, send)

    asyncio.run(scene())
    last = json.loads(frames[-1].split(b"data: ")[1])
    assert (last["unseen_count"], last["items"][0]["is_seen"]) == (0, True)


def subscribe(house: Lived, browser: Browser, word: str = "subscribe", **who: str):
    said = {"subscription": browser.subscription("https://push.example"), **who}
    said |= {"subscribed": word == "subscribe"}
    return house.call("POST", f"/v1/push/{word}?key={KEY_OF_SITE}", content=json.dumps(said))


def test_every_browser_that_said_yes_is_sent_to_and_the_dead_one_no_more(house):
    house.identify(userId="ada", anonymousId=ANONYMOUS)
    house.clock.advance(timedelta(hours=1))  # somebody new is waited for, for some minutes
    house.say("Called nudge", userId="ada", properties={"gate": "A1"})
    assert house.handed("push.web") == []
    one, two = Browser("one"), Browser("two")
    for browser in (one, two):
        house.clock.advance(timedelta(minutes=20))
        assert subscribe(house, browser, **proof("ada")).status_code == 200
    house.say("Called nudge", userId="ada", properties={"gate": "B7"})
    [message] = house.handed("push.web")
    assert [d["endpoint"][-3:] for d in message.devices] == ["two", "one"]
    assert message.useful_until == house.clock.now() + timedelta(hours=2)

    gone = (subscription_address("https://push.example/push/two"),)
    taken = house.channels["push.web"]
    taken.rule = lambda said: replace(outcome(said, "sent"), gone=gone)
    house.say("Called nudge", userId="ada", properties={"gate": "B8"})
    ada = house.person("user_id", "ada")
    push = house.program.channels["push.web"]
    assert [d["endpoint"][-3:] for d in devices_of(ada, push)] == ["one"]
    assert ada.suppressed == {gone[0]: "address_gone"}

    assert subscribe(house, one, "unsubscribe", **proof("ada")).status_code == 200
    assert devices_of(house.person("user_id", "ada"), push) == ()
    house.say("Called nudge", userId="ada", properties={"gate": "B9"})
    assert len(house.handed("push.web")) == 2


def test_a_browser_that_nobody_is_known_by_is_reached_by_its_own_word(house):
    house.say("Page", anonymousId=ANONYMOUS)
    assert subscribe(house, Browser(), anonymousId=ANONYMOUS).status_code == 200
    house.say("Called nudge", anonymousId=ANONYMOUS, properties={"gate": "B7"})
    [message] = house.handed("push.web")
    assert [d["endpoint"][-3:] for d in message.devices] == ["one"]


@pytest.mark.parametrize("is_said_first", [True, False])
def test_who_says_that_a_browser_is_adas_gets_none_of_her_pushes(house, is_said_first):
    """The page's key is public: an identify and a subscription with it must not be enough."""
    house.identify(userId="ada", traits={"email": "ada@example.com"})
    for about in ({"userId": "ada"}, {"traits": {"email": "ada@example.com"}}):
        acts = [
            lambda about=about: house.identify(anonymousId=OTHER, **about),
            lambda: subscribe(house, Browser("spy"), anonymousId=OTHER),
        ]
        for act in acts if is_said_first else reversed(acts):
            act()
        house.clock.advance(timedelta(hours=1))
    assert subscribe(house, Browser("own"), **proof("ada")).status_code == 200
    house.say("Called nudge", userId="ada", properties={"gate": "B7"})
    [message] = house.handed("push.web")
    assert [d["endpoint"][-3:] for d in message.devices] == ["own"]


def test_a_subscription_of_the_anonymous_past_is_the_persons_once_they_prove_it(house):
    house.say("Page", anonymousId=ANONYMOUS)
    assert subscribe(house, Browser(), anonymousId=ANONYMOUS).status_code == 200
    house.identify(userId="ada", anonymousId=ANONYMOUS)
    house.clock.advance(timedelta(hours=1))
    house.say("Called nudge", userId="ada", properties={"gate": "A1"})
    assert house.handed("push.web") == []
    assert subscribe(house, Browser(), **proof("ada")).status_code == 200
    house.clock.advance(timedelta(hours=1))
    # The page says it again with every visit, also while nobody is signed in.
    assert subscribe(house, Browser(), anonymousId=ANONYMOUS).status_code == 200
    house.say("Called nudge", userId="ada", properties={"gate": "B7"})
    [message] = house.handed("push.web")
    assert marks(house, "shown", message.token, "push.web").status_code == 200
    touch = house.person("user_id", "ada").touches[message.message_id]
    assert touch.state == "delivered"


@pytest.mark.parametrize(
    ("word", "who", "key", "status"),
    [
        ("subscribe", {"userId": "ada", "userHash": "0"}, KEY_OF_SITE, 401),
        ("subscribe", {"anonymousId": ANONYMOUS}, "another", 401),
    ],
)
def test_others_subscribe_nobody(house, word, who, key, status):
    said = {"subscription": Browser().subscription("https://push.example"), **who}
    reply = house.call("POST", f"/v1/push/{word}?key={key}", content=json.dumps(said))
    assert reply.status_code == status
    assert house.events() == []


def test_what_opens_a_browser_is_told_to_nobody(house):
    said = Browser("one").subscription("https://push.example")
    house.identify(userId="ada")
    assert subscribe(house, Browser("one"), **proof("ada")).status_code == 200
    assert len(devices_of(house.person("user_id", "ada"), house.program.channels["push.web"])) == 1
    told = house.call("GET", "/v1/people/user_id/ada?timeline=50", headers=BEARER)
    assert [e["body"].get("name") for e in told.json()["timeline"]].count("Push Subscribed") == 1
    assert told.json()["traits"].keys() == {"user_id"}
    for secret in (said["endpoint"], said["keys"]["auth"], said["keys"]["p256dh"]):
        assert secret not in told.text


def test_looks_count_towards_what_a_source_may_send():
    house = Lived(COMPANY.replace("[sources.site]", "[sources.site]\nlimit_per_s = 2"))
    paths = ("/v1/feed", "/v1/feed/live", "/v1/push/key")
    for path in paths:
        house.clock.advance(10)
        looks = [
            house.call("GET", path, params={"key": KEY_OF_SITE, "anonymousId": who})
            for who in ("1", "2")
        ]
        assert {look.status_code for look in looks} <= {200, 401}
        over = house.call("GET", path, params={"key": KEY_OF_SITE, "anonymousId": ANONYMOUS})
        assert (over.status_code, over.json()["code"]) == (429, "too_many_requests")
        assert int(over.headers["retry-after"]) >= 1


def test_the_key_and_the_scripts_are_open_to_every_page(house):
    reply = house.call("GET", "/v1/push/key", params={"key": KEY_OF_SITE})
    assert reply.json()["channel"] == "push.web"
    assert reply.headers["access-control-allow-origin"] == "*"
    for path in ("/v1/feed.js", "/v1/push.js", "/v1/push/worker.js"):
        script = house.call("GET", path)
        assert script.headers["content-type"].startswith("text/javascript")
        assert int(script.headers["content-length"]) < 6_000
    assert script.headers["service-worker-allowed"] == "/"


def text(house: Lived, body: str, number: int, sender: str = PHONE):
    path = "/v1/inbound/sms"
    form = {"MessageSid": f"SM{number}", "From": sender, "To": "+15005550006", "Body": body}
    signature = RequestValidator(TOKEN).compute_signature(HOME + path, form)
    house.clock.advance(1)
    return house.call(
        "POST",
        path,
        content=urlencode(form),
        headers={
            "X-Twilio-Signature": signature,
            "content-type": "application/x-www-form-urlencoded",
        },
    )


def test_stop_ends_start_begins_again_and_grants_nothing(house):
    house.identify(userId="ada", traits={"phone": PHONE})
    call = {"userId": "ada", "properties": {"gate": "B7"}}
    house.say("Called delay", **call)
    house.say("Called miles", **call)
    assert [m.engagement for m in house.handed("sms")] == ["delay"]  # offers need a yes
    house.say("Consent Granted", userId="ada", properties={"purpose": "offers"})
    house.clock.advance(1)
    house.say("Called miles", **call)
    assert [m.engagement for m in house.handed("sms")] == ["delay", "miles"]

    stopped = text(house, "STOP", 1)
    assert stopped.headers["content-type"].startswith("application/xml")
    assert "<Message>" in stopped.text
    assert "<Message>" in text(house, "STOP", 1).text  # the provider asks again: the same answer
    assert "<Message>" not in text(house, "stop", 2).text  # answered once
    house.clock.advance(timedelta(hours=1))
    house.say("Called miles", **call)
    assert len(house.handed("sms")) == 2

    assert "<Message>" in text(house, "START", 3).text
    house.clock.advance(timedelta(hours=1))
    house.say("Called miles", **call)
    assert [m.engagement for m in house.handed("sms")][2:] == ["miles"]


def test_start_of_somebody_who_never_agreed_opens_no_offers(house):
    house.identify(userId="ada", traits={"phone": PHONE})
    text(house, "STOP", 1)
    text(house, "START", 2)
    for name in ("miles", "delay"):
        house.say(f"Called {name}", userId="ada", properties={"gate": "B7"})
    assert [m.engagement for m in house.handed("sms")] == ["delay"]


def test_what_somebody_writes_is_heard_as_theirs(house):
    house.identify(userId="ada", traits={"phone": PHONE})
    assert "<Message>" not in text(house, "Is B7 far?", 1).text
    [event] = [e for e in house.events() if e.name == "Message Received"]
    assert (event.channel, event.facts["text"], event.trust) == ("sms", "Is B7 far?", 0)
    assert house.person("user_id", "ada").seen["Message Received"].count == 1


def test_stop_from_a_shared_phone_is_the_word_of_everybody_who_has_it(house):
    for name in ("chika", "emeka"):
        house.identify(userId=name, traits={"phone": PHONE})
    text(house, "STOP", 1)
    for name in ("chika", "emeka"):
        house.say("Called delay", userId=name, properties={"gate": "B7"})
    assert house.handed("sms") == []


def test_a_callback_tells_what_became_of_a_text(house):
    house.identify(userId="ada", traits={"phone": PHONE})
    house.say("Called delay", userId="ada", properties={"gate": "B7"})
    [message] = house.handed("sms")
    path = f"/v1/receipts/sms?message_id={message.message_id}"
    form = {
        "MessageSid": "SM1",
        "MessageStatus": "undelivered",
        "To": PHONE,
        "ErrorCode": "30005",
    }
    signature = RequestValidator(TOKEN).compute_signature(HOME + path, form)
    for _ in range(2):
        reply = house.call(
            "POST", path, content=urlencode(form), headers={"X-Twilio-Signature": signature}
        )
        assert reply.status_code == 200
    ada = house.person("user_id", "ada")
    assert ada.touches[message.message_id].state == "bounced"
    assert ada.suppressed == {PHONE: "bounced"}
    assert [e.name for e in house.events()].count("Message Bounced") == 1
    forged = house.call("POST", path, content=urlencode(form), headers={"X-Twilio-Signature": "x"})
    assert forged.status_code == 401


def test_a_public_key_can_silence_and_can_not_take_a_stop_back(house):
    """Whoever wants to hear less is believed; a STOP ends by the phone that said it."""
    house.identify(userId="ada", traits={"phone": PHONE})
    call = {"userId": "ada", "properties": {"gate": "B7"}}
    text(house, "STOP", 1)
    house.clock.advance(60)
    house.say("Resubscribed", userId="ada", properties={"channel": "sms", "purpose": "*"})
    assert "Resubscribed" not in [event.name for event in house.events()]
    house.say("Called delay", **call)
    assert house.handed("sms") == []
    text(house, "START", 2)
    house.clock.advance(timedelta(hours=1))
    house.say("Called delay", **call)
    assert len(house.handed("sms")) == 1
    house.say("Unsubscribed", userId="ada", properties={"channel": "sms", "purpose": "*"})
    house.clock.advance(timedelta(hours=1))
    house.say("Called delay", **call)
    assert len(house.handed("sms")) == 1
