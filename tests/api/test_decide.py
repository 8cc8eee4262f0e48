"""What to offer somebody who is there now: the same gate, an answer at once, one touch."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest

from regard.console.wording import Wording
from regard.core.codec import decode_body, encode_body
from regard.core.event import Identifier
from regard.core.facts import Answered
from regard.runtime.audit import audit
from regard.runtime.rebuild import verify
from tests.api.shop import BROWSER, NIGHT, SERVER, Shop, token


@pytest.fixture
def shop() -> Iterator[Shop]:
    found = Shop()
    yield found
    found.close()


def offered(reply) -> list[str]:
    assert reply.status_code == 200, reply.text
    return [offer["engagement"] for offer in reply.json()["offers"]]


def test_the_best_offer_is_rendered_and_counts_as_a_touch(shop: Shop) -> None:
    shop.know("ada", first_name="Ada")
    reply = shop.ask(userId="ada", placement="hero")
    answer = reply.json()
    assert offered(reply) == ["lamp"]
    assert answer["offers"][0]["data"] == {"headline": "A lamp for Ada"}
    assert "factors" not in answer["offers"][0], "how it was weighed is not for everybody"
    with shop.running.store.reading() as reading:
        person = reading.people.read(reading.people.find(Identifier("user_id", "ada")) or "")
        messages = reading.registers.messages()
    assert person is not None
    (touch,) = person.touches.values()
    assert (touch.engagement, touch.state, touch.channel) == ("lamp", "sent", "web.desktop")
    assert messages == [], "an answer never enters the outbox"


def test_a_cap_ends_what_was_asked_for_too_often_and_says_until_when(shop: Shop) -> None:
    assert offered(shop.ask(userId="ada", placement="hero", request_id="1")) == ["lamp"]
    assert offered(shop.ask(userId="ada", placement="hero", request_id="2")) == ["lamp"]
    silence = shop.ask(userId="ada", placement="hero", request_id="3").json()
    assert (silence["decision"], silence["reason"]) == ("silence", "cap_reached")
    assert silence["next_allowed_at"] == (shop.clock.now() + timedelta(days=1)).isoformat().replace(
        "+00:00", "Z"
    )


def test_a_repeat_gets_the_same_answer_and_is_one_touch(shop: Shop) -> None:
    first = shop.ask(userId="ada", request_id="r1", count=2)
    assert offered(first) == ["lamp", "shade"]
    assert shop.ask(userId="ada", request_id="r1", count=2).json() == first.json()
    assert len(shop.decided()) == 2


def test_several_places_are_filled_one_after_the_other_under_one_cap(shop: Shop) -> None:
    assert offered(shop.ask(userId="ada", count=2)) == ["lamp", "shade"]
    assert offered(shop.ask(userId="ada", count=2)) == [], "two touches a day are enough"


def test_what_costs_the_customer_is_never_offered_however_much_it_earns(shop: Shop) -> None:
    answer = shop.ask(userId="ada", placement="trap", headers=token()).json()
    assert [offer["engagement"] for offer in answer["offers"]] == ["shade"]
    told = {one["engagement"]: one["reason"] for one in answer["passed_over"]}
    assert told == {"swindle": "no_customer_value"}


def test_the_context_of_the_request_is_seen_by_conditions(shop: Shop) -> None:
    reply = shop.ask(userId="ada", placement="hero", context={"page": "checkout"})
    assert offered(reply) == ["shade"]


def test_who_holds_the_token_sees_how_it_was_weighed(shop: Shop) -> None:
    (offer,) = shop.ask(userId="ada", placement="hero", headers=token()).json()["offers"]
    assert offer["factors"]["value_customer"] == 4
    assert offer["factors"]["context"] == 1.2, "the person is there"
    assert offer["score"] == pytest.approx(0.5 * 1.2 * 8)
    assert offer["rivals"] == ["shade"]


def test_somebody_unknown_is_served_and_born_with_the_offer(shop: Shop) -> None:
    reply = shop.ask(anonymousId="tab-1", headers=BROWSER)
    assert offered(reply) == ["lamp"]
    with shop.running.store.reading() as reading:
        person_id = reading.people.find(Identifier("anonymous_id", "tab-1"))
        person = reading.people.read(person_id or "")
    assert person is not None
    assert [touch.engagement for touch in person.touches.values()] == ["lamp"]


def test_a_public_key_asks_by_the_id_of_a_device_only(shop: Shop) -> None:
    shop.know("ada", first_name="Ada")
    refused = shop.ask(userId="ada", headers=BROWSER)
    assert (refused.status_code, refused.json()["code"]) == (403, "not_allowed")
    reply = shop.ask(userId="ada", anonymousId="tab-1", headers=BROWSER)
    assert reply.json()["offers"][0]["data"] == {"headline": "A lamp for "}, "nothing of Ada"


def test_a_public_key_reads_nothing_of_whom_it_says_to_be(shop: Shop) -> None:
    shop.know("ada", first_name="Ada", language="de")
    said = {"identify": {}, "user_id": "ada", "anonymous_id": "a browser of somebody", "id": "lie"}
    assert shop.client.post("/v1/events", json=said, headers=BROWSER).status_code == 200
    answer = shop.ask(anonymousId="a browser of somebody", placement="hero", headers=BROWSER)
    assert offered(answer) == ["lamp"], "it is decided about Ada: her caps and her word count"
    assert answer.json()["offers"][0]["data"] == {"headline": "A lamp for "}
    believed = shop.ask(anonymousId="a browser of somebody", placement="hero")
    assert believed.json()["offers"][0]["data"] == {"headline": "A lamp for Ada"}


def test_a_public_key_takes_nothing_that_waits_for_whom_it_says_to_be() -> None:
    shop = Shop(at=NIGHT)
    shop.know("ada", phone="+436641234567")
    due = (NIGHT + timedelta(hours=1)).isoformat()
    shop.tell("Parcel Sent", parcel="P1", due_at=due)
    said = {"identify": {}, "user_id": "ada", "anonymous_id": "a browser of somebody", "id": "lie"}
    assert shop.client.post("/v1/events", json=said, headers=BROWSER).status_code == 200
    asked = {"anonymousId": "a browser of somebody", "channel": "app.phone"}
    assert offered(shop.ask(**asked, headers=BROWSER)) == []
    assert offered(shop.ask(**asked)) == ["parcel"]
    shop.close()


def test_the_same_request_id_about_somebody_else_is_another_request(shop: Shop) -> None:
    shop.know("ada", first_name="Ada")
    shop.know("ben", first_name="Ben")
    first = shop.ask(userId="ada", placement="hero", request_id="home").json()["offers"][0]
    other = shop.ask(userId="ben", placement="hero", request_id="home").json()["offers"][0]
    assert (first["data"]["headline"], other["data"]["headline"]) == (
        "A lamp for Ada",
        "A lamp for Ben",
    )
    assert first["decision_id"] != other["decision_id"]


def test_what_waits_for_the_person_may_be_said_where_they_are() -> None:
    """A promise that the night holds back by SMS is said in the app that she opens, and kept."""
    shop = Shop(at=NIGHT)
    shop.know("ada", phone="+436641234567")
    shop.tell("Parcel Sent", parcel="P1", due_at=(NIGHT + timedelta(minutes=30)).isoformat())
    assert [d.reason for d in shop.decided()] == ["quiet_hours"]
    reply = shop.ask(userId="ada", channel="app.phone")
    assert reply.json()["offers"][0]["text"].strip() == "Your parcel P1 is near."
    shop.close()
    while shop.running.ledger.advance():
        pass
    with shop.running.store.reading() as reading:
        person = reading.people.read(reading.people.find(Identifier("user_id", "ada")) or "")
        (row,) = reading.registers.promises()
    assert person is not None
    assert person.held == {}
    assert row.change.status == "kept"
    assert audit(shop.running.store, shop.clock.now()).findings == ()


def test_the_last_capacity_goes_to_one_of_two(shop: Shop) -> None:
    first = shop.ask(userId="ada", channel="phone.call")
    second = shop.ask(userId="bruno", channel="phone.call")
    assert (offered(first), offered(second)) == (["call"], [])
    silence = second.json()
    assert silence["reason"] == "no_capacity"
    assert silence["next_allowed_at"].startswith("2026-03-02T13:00:00")
    shop.clock.set(shop.clock.now() + timedelta(hours=1))
    assert offered(shop.ask(userId="bruno", channel="phone.call")) == ["call"]


@pytest.mark.parametrize(
    ("fields", "code"),
    [
        ({"userId": "ada", "channel": "telex"}, "bad_channel"),
        ({"userId": "ada", "count": 0}, "bad_field"),
        ({"userId": "ada", "context": []}, "bad_field"),
        ({"userId": "ada", "colour": "red"}, "unknown_field"),
        ({}, "no_identifier"),
    ],
)
def test_what_makes_no_sense_is_refused(shop: Shop, fields: dict[str, object], code: str) -> None:
    reply = shop.ask(**fields)
    assert (reply.status_code, reply.json()["code"]) == (400, code)


def test_nobody_asks_without_a_key(shop: Shop) -> None:
    assert shop.ask(userId="ada", headers={}).status_code == 401


def test_silence_without_anything_to_offer_leaves_no_trace(shop: Shop) -> None:
    answer = shop.ask(userId="ada", channel="sms").json()
    assert (answer["decision"], answer["reason"]) == ("silence", "nothing_to_offer")
    assert shop.entries() == []


def test_views_and_books_are_the_same_after_a_rebuild(shop: Shop) -> None:
    shop.know("ada", first_name="Ada")
    for number in range(4):
        shop.ask(userId="ada", request_id=str(number), count=2)
    shop.ask(anonymousId="tab-1", headers=BROWSER)
    shop.ask(userId="ada", channel="phone.call")
    shop.running.settle()
    answers = [entry for entry in shop.entries() if isinstance(entry.body, Answered)]
    assert len(answers) == 6
    assert audit(shop.running.store, shop.clock.now()).findings == ()
    kernel = shop.running.ledger.kernel
    assert verify(shop.running.store, kernel, shop.program.identity, lambda _d, _t: None) == []


def test_the_timeline_tells_what_was_asked_and_answered(shop: Shop) -> None:
    shop.ask(userId="ada", placement="hero")
    shop.ask(userId="ada", placement="hero", context={"page": "checkout"}, request_id="2")
    shop.ask(userId="ada", placement="hero", request_id="3")
    wording = Wording(shop.program)
    told = [wording.line(entry, "UTC").text for entry in shop.entries()]
    assert told[1:] == [
        "Asked on web (desktop) for hero: offered lamp",
        "Offered lamp on web (desktop), as asked",
        "Asked on web (desktop) for hero: offered shade",
        "Offered shade on web (desktop), as asked",
        "Asked on web (desktop) for hero: silence: enough touches lately",
    ]
    answers = [entry.body for entry in shop.entries() if isinstance(entry.body, Answered)]
    assert [decode_body(encode_body(answer)) for answer in answers] == answers


def test_a_click_comes_back_by_the_id_of_the_decision(shop: Shop) -> None:
    (offer,) = shop.ask(userId="ada", placement="hero").json()["offers"]
    shop.tell("Message Clicked", message_id=offer["decision_id"])
    with shop.running.store.reading() as reading:
        person = reading.people.read(reading.people.find(Identifier("user_id", "ada")) or "")
    assert person is not None
    assert person.touches[offer["decision_id"]].state == "clicked"


def test_an_agent_proposes_and_the_gate_says_why_not(shop: Shop) -> None:
    shop.know("ada", phone="+436641234567")
    body = {"id": "o1", "engagement": "letter", "by": "dalia"}
    path = "/v1/people/user_id/ada/offer"
    refused = shop.client.post(path, json=body, headers=token()).json()["decision"]
    assert (refused["verdict"], refused["reason"]) == ("silence", "no_consent")
    assert refused["refusals"][0]["channel"] == "sms"
    again = shop.client.post(path, json=body, headers=token()).json()
    assert (again["status"], again["decision"]) == ("duplicate", refused)
    parcel = {"id": "o2", "engagement": "parcel", "facts": {"parcel": "P9"}}
    sent = shop.client.post(path, json=parcel, headers=token()).json()["decision"]
    assert (sent["verdict"], sent["reason"], sent["channel"]) == ("send", "owed", "sms")
    assert shop.client.post(path, json=parcel, headers=SERVER).status_code == 401
    nobody = shop.client.post("/v1/people/user_id/x/offer", json=parcel, headers=token())
    assert nobody.status_code == 404
