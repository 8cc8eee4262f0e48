"""The Segment dialect and the rules that hold for every dialect after it."""

from __future__ import annotations

import pytest

from regard.core.event import Identifier
from regard.core.ids import identity_of, message_key
from tests.intake.house import MOBILE, NOW, TILL

TRACK = {
    "type": "track",
    "event": "Booking Confirmed",
    "userId": "ada",
    "anonymousId": "laptop-1",
    "messageId": "m-1",
    "properties": {"booking_number": "SK1"},
}


def test_a_track_call_becomes_an_event_on_its_strongest_identifier(take):
    [draft] = take(TRACK)
    event = draft.body
    assert draft.key == message_key("website", "m-1")
    assert draft.identity == identity_of("user_id", "ada")
    assert (event.type, event.name, event.source) == ("track", "Booking Confirmed", "website")
    assert event.identifiers == (
        Identifier("user_id", "ada"),
        Identifier("anonymous_id", "laptop-1"),
    )
    assert event.facts == {"booking_number": "SK1"}
    assert (event.at, event.received_at, event.trust) == (NOW, NOW, 2)
    assert event.violations == ()


def test_traits_come_from_the_call_and_from_its_context_without_nulls(event_of):
    event = event_of(
        {
            "type": "identify",
            "userId": "ada",
            "traits": {"name": "Ada", "city": None},
            "context": {"traits": {"name": "old", "language": "de"}},
        }
    )
    assert event.name == "identify"
    assert event.traits == {"name": "Ada", "language": "de"}


def test_identifiers_are_normalised_and_strongest_first(event_of):
    event = event_of(
        {
            "type": "identify",
            "anonymousId": "a-1",
            "traits": {
                "phone": "0664 123 45 67",
                "email": " Ada@Example.COM ",
                "loyalty_number": "sk-77",
            },
            "context": {"device": {"id": "D1"}, "traits": {"email": "ada@example.com"}},
        }
    )
    assert [str(identifier) for identifier in event.identifiers] == [
        "loyalty_number:SK-77",
        "email:ada@example.com",
        "phone:+436641234567",
        "device_id:D1",
        "anonymous_id:a-1",
    ]


def test_numbers_are_identifiers_as_their_text(event_of):
    assert event_of({**TRACK, "userId": 12}).identifiers[0] == Identifier("user_id", "12")
    assert event_of({**TRACK, "userId": 12.0}).identifiers[0] == Identifier("user_id", "12")


@pytest.mark.parametrize("user_id", ["null", "Anonymous", "000", {"a": 1}, True, "x" * 300])
def test_what_is_no_identifier_is_dropped_and_said_so(event_of, user_id):
    event = event_of({**TRACK, "userId": user_id})
    assert event.identifiers == (Identifier("anonymous_id", "laptop-1"),)
    assert len(event.violations) == 1
    assert event.violations[0].startswith("identifier user_id")


@pytest.mark.parametrize(
    ("trait", "value"),
    [("email", "not an address"), ("phone", "12"), ("email", "test@example.com")],
)
def test_unreadable_and_blocked_addresses_link_nobody(event_of, trait, value):
    event = event_of({"type": "identify", "userId": "ada", "traits": {trait: value}})
    assert event.identifiers == (Identifier("user_id", "ada"),)
    assert event.traits == {trait: value}
    assert len(event.violations) == 1


def test_an_event_that_names_nobody_is_refused_with_the_reason(refusal_of):
    refusal = refusal_of({**TRACK, "userId": "null", "anonymousId": None})
    assert refusal.code == "no_identifier"
    assert "'null' is blocked" in refusal.message
    assert '"event":"Booking Confirmed"' in refusal.item


def test_an_alias_names_the_previous_id_as_an_anonymous_one(event_of):
    event = event_of({"type": "alias", "userId": "ada", "previousId": "laptop-1"})
    assert [str(one) for one in event.identifiers] == ["user_id:ada", "anonymous_id:laptop-1"]


@pytest.mark.parametrize("place", ["externalId", "externalIds"])
def test_external_ids_of_known_kinds_count(event_of, place):
    listed = [{"type": "loyalty_number", "id": "sk9"}, {"type": "ga_client_id", "id": "1"}, 7]
    event = event_of({**TRACK, "context": {place: listed}})
    assert Identifier("loyalty_number", "SK9") in event.identifiers
    assert len(event.identifiers) == 3


def test_a_groups_traits_are_facts_about_the_group_and_never_the_persons(event_of):
    event = event_of(
        {
            "type": "group",
            "userId": "ada",
            "groupId": "acme",
            "traits": {"email": "office@acme.example", "plan": "gold"},
            "context": {"traits": {"name": "Ada"}},
        }
    )
    assert event.identifiers == (Identifier("user_id", "ada"),)
    assert event.facts == {"group_id": "acme", "email": "office@acme.example", "plan": "gold"}
    assert event.traits == {"name": "Ada"}


@pytest.mark.parametrize("call_type", ["page", "screen"])
def test_pages_and_screens_keep_their_name_as_a_fact(event_of, call_type):
    event = event_of(
        {"type": call_type, "anonymousId": "a", "name": "Home", "properties": {"url": "/"}}
    )
    assert event.name == call_type
    assert event.facts == {"url": "/", "name": "Home"}


def test_the_type_of_the_path_serves_bodies_without_one(event_of):
    event = event_of({"event": "Seen", "userId": "ada"}, type_hint="track")
    assert event.name == "Seen"


@pytest.mark.parametrize(
    ("change", "code"),
    [
        ({"type": "teleport"}, "unknown_type"),
        ({"type": ["track"]}, "unknown_type"),
        ({"event": ""}, "no_event_name"),
        ({"event": 5}, "no_event_name"),
        ({"event": "x" * 201}, "name_too_long"),
        ({"properties": []}, "wrong_type"),
        ({"context": "c"}, "wrong_type"),
        ({"traits": 1}, "wrong_type"),
        ({"context": {"traits": True}}, "wrong_type"),
    ],
)
def test_wrong_calls_are_refused_by_name(refusal_of, change, code):
    assert refusal_of({**TRACK, **change}).code == code


def test_the_tracking_plan_flags_blocks_or_allows(event_of, refusal_of):
    unplanned = {**TRACK, "properties": {}}
    assert len(event_of(unplanned).violations) == 1
    assert "booking_number" in event_of(unplanned).violations[0]
    assert event_of({**unplanned, "event": "Booking Seen"}).violations == ()
    refusal = refusal_of({**unplanned, "event": "Booking Paid"})
    assert refusal.code == "blocked_by_plan"
    assert "booking_number" in refusal.message


def test_a_missing_message_id_is_made_from_the_content(take):
    unnamed = {name: value for name, value in TRACK.items() if name != "messageId"}
    [first] = take(unnamed)
    [retried] = take({**unnamed, "sentAt": "2026-03-02T11:00:00Z"})
    [other] = take({**unnamed, "properties": {"booking_number": "SK2"}})
    assert first.key == retried.key != other.key
    assert first.body.message_id.startswith("content-")


def test_a_very_long_message_id_is_remembered_by_its_hash(take):
    [first], [second] = (
        take({**TRACK, "messageId": "x" * 900}),
        take({**TRACK, "messageId": "x" * 901}),
    )
    assert first.key != second.key
    assert len(first.body.message_id) < 50


def test_context_keeps_what_tells_about_the_person_or_the_moment(event_of):
    consent = {"categoryPreferences": {"offers": True}}
    event = event_of(
        {
            **TRACK,
            "context": {
                "locale": "de-AT",
                "timezone": "Europe/Vienna",
                "consent": consent,
                "device": {"id": "d"},
                "userAgent": "Firefox",
                "secret_plan": 1,
                "direct": True,
                "ip": None,
            },
        },
        address="198.51.100.7",
        has_gpc=True,
    )
    assert event.context == {
        "locale": "de-AT",
        "timezone": "Europe/Vienna",
        "consent": consent,
        "device": {"id": "d"},
        "userAgent": "Firefox",
        "gpc": True,
        "ip": "198.51.100.7",
    }


def test_a_servers_own_address_is_not_the_customers(event_of):
    assert "ip" not in event_of(TRACK, address="198.51.100.7").context


IPHONE = "Mozilla/5.0 (iPhone; CPU iPhone OS 19_0 like Mac OS X) Mobile/15E148"
TABLET = "Mozilla/5.0 (Linux; Android 16; SM-X910) Safari/537.36"


@pytest.mark.parametrize(
    ("source", "context", "channel"),
    [
        (None, {}, "web.desktop"),
        (None, {"userAgent": IPHONE}, "web.phone"),
        (None, {"userAgent": TABLET}, "web.tablet"),
        (None, {"userAgent": "Mozilla/5.0 (X11; Linux x86_64)"}, "web.desktop"),
        (None, {"userAgentData": {"mobile": True}}, "web.phone"),
        (MOBILE, {"device": {"type": "ios", "model": "iPad14,3"}}, "app.tablet"),
        (MOBILE, {"device": {"type": "android"}}, "app.phone"),
        (TILL, {"userAgent": IPHONE}, "store.pos"),
    ],
)
def test_the_channel_is_the_sources_refined_by_the_device(event_of, source, context, channel):
    about = {"source": source} if source else {}
    assert event_of({**TRACK, "context": context}, **about).channel == channel


def test_the_trust_of_the_source_is_the_trust_of_its_events(event_of):
    assert event_of(TRACK, source=TILL).trust == 1
