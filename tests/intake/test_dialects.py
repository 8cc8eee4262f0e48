"""PostHog, CloudEvents, Jitsu and the plain form."""

from __future__ import annotations

import base64

import msgspec
import pytest

from regard.intake import from_headers, is_binary
from tests.intake.house import MOBILE, NOW, TILL


def names_of(event) -> list[str]:
    return [str(identifier) for identifier in event.identifiers]


def posthog(event: str, distinct_id: str = "ada", **properties):
    return {"event": event, "distinct_id": distinct_id, "uuid": "u-1", "properties": properties}


class TestPostHog:
    def test_a_capture_keeps_the_senders_properties_only(self, event_of):
        item = posthog("Seen", total=5, **{"$lib": "posthog-python", "$set": {"email": "a@b.co"}})
        event = event_of(item, "posthog")
        assert (event.name, event.message_id) == ("Seen", "u-1")
        assert event.facts == {"total": 5}
        assert event.traits == {"email": "a@b.co"}
        assert names_of(event) == ["user_id:ada", "email:a@b.co"]
        assert event.context["library"] == {"name": "posthog-python"}

    def test_an_unidentified_browser_is_a_device(self, event_of):
        item = posthog("Seen", "dev-1", **{"$device_id": "dev-1"})
        assert names_of(event_of(item, "posthog")) == ["device_id:dev-1", "anonymous_id:dev-1"]
        item = posthog("Seen", "dev-2", **{"$is_identified": False})
        assert names_of(event_of(item, "posthog")) == ["anonymous_id:dev-2"]

    def test_identify_links_the_device_and_claims_traits(self, event_of):
        item = posthog("$identify", **{"$anon_distinct_id": "dev-1", "$set": {"name": "Ada"}})
        event = event_of(item, "posthog")
        assert (event.type, event.traits) == ("identify", {"name": "Ada"})
        assert names_of(event) == ["user_id:ada", "anonymous_id:dev-1"]

    def test_set_beside_the_properties_is_a_claim_too(self, event_of):
        item = {"event": "$set", "distinct_id": "ada", "$set": {"name": "Ada", "$os": "x"}}
        assert event_of(item, "posthog").traits == {"name": "Ada"}

    @pytest.mark.parametrize(
        ("library", "distinct_id", "alias"),
        [("posthog-node", "ada", "dev-1"), ("posthog-python", "dev-1", "ada")],
    )
    def test_alias_is_read_as_its_library_means_it(self, event_of, library, distinct_id, alias):
        properties = {"distinct_id": distinct_id, "alias": alias, "$lib": library}
        item = {"event": "$create_alias", "distinct_id": distinct_id, "properties": properties}
        event = event_of(item, "posthog")
        assert (event.type, names_of(event)) == ("alias", ["user_id:ada", "anonymous_id:dev-1"])

    def test_groups_of_a_person_are_kept_and_groups_of_nobody_refused(self, event_of, refusal_of):
        about = {"$group_type": "company", "$group_key": "acme", "$group_set": {"n": 1}}
        event = event_of(posthog("$groupidentify", **about), "posthog")
        assert event.facts == {"group_type": "company", "n": 1, "group_id": "acme"}
        for made_up in ("$company_acme", "55543343-6831-4cc5-8a02-f0dc08884daf"):
            refusal = refusal_of(posthog("$groupidentify", made_up, **about), "posthog")
            assert refusal.code == "no_identifier"

    def test_page_views_are_pages(self, event_of):
        item = posthog("$pageview", **{"$current_url": "https://x/", "title": "Home"})
        event = event_of(item, "posthog")
        assert (event.type, event.facts["name"], event.facts["url"]) == (
            "page",
            "Home",
            "https://x/",
        )
        assert event.context["page"] == {"url": "https://x/"}

    def test_an_offset_tells_the_age_of_an_event(self, event_of):
        event = event_of({**posthog("Seen"), "offset": 90_000}, "posthog")
        assert (NOW - event.at).total_seconds() == 90


class TestCloudEvents:
    EVENT = {
        "specversion": "1.0",
        "id": "7",
        "source": "/till/3",
        "type": "Purchase Made",
        "time": "2026-03-02T11:00:00Z",
        "data": {"total": 5, "email": "ada@example.com"},
    }

    def test_structured_mode_is_a_track_named_like_its_type(self, event_of):
        event = event_of(self.EVENT, "cloudevents", source=TILL)
        assert (event.name, event.message_id, event.channel) == (
            "Purchase Made",
            "/till/3 7",
            "store.pos",
        )
        assert event.at.hour == 11
        assert event.facts == self.EVENT["data"]
        assert names_of(event) == ["email:ada@example.com"]

    def test_extensions_and_subject_name_the_person_and_the_channel(self, event_of):
        item = {**self.EVENT, "userid": "ada", "channel": "phone.call", "data": [1]}
        item["subject"] = "loyalty_number:sk1"
        event = event_of(item, "cloudevents", source=TILL)
        assert names_of(event) == ["user_id:ada", "loyalty_number:SK1"]
        assert event.channel == "phone.call"
        assert event.facts == {"data": [1]}

    def test_a_list_is_a_batch_and_source_and_id_make_the_key(self, take):
        other = {**self.EVENT, "source": "/till/4"}
        first, second, third = take([self.EVENT, other, self.EVENT], "cloudevents", source=TILL)
        assert first.key == third.key != second.key

    def test_binary_mode_is_the_same_event(self, event_of):
        headers = {f"ce-{name}": str(self.EVENT[name]) for name in self.EVENT if name != "data"}
        headers["ce-type"] = "Purchase%20Made"
        headers["content-type"] = "application/json"
        assert is_binary(headers)
        text = from_headers(headers, msgspec.json.encode(self.EVENT["data"]))
        assert event_of(text, "cloudevents") == event_of(self.EVENT, "cloudevents")

    def test_binary_data_travels_as_base64(self, event_of):
        item = {k: v for k, v in self.EVENT.items() if k != "data"} | {"userid": "ada"}
        item["data_base64"] = base64.b64encode(b'{"total":9}').decode()
        assert event_of(item, "cloudevents").facts == {"total": 9}
        item["data_base64"] = base64.b64encode(b"\x00\xff").decode()
        assert event_of(item, "cloudevents").facts == {"data": "AP8="}

    @pytest.mark.parametrize("name", ["id", "source", "type", "specversion"])
    def test_a_missing_attribute_is_named(self, refusal_of, name):
        refusal = refusal_of({**self.EVENT, name: None}, "cloudevents")
        assert refusal.code == "bad_cloudevent"
        assert f"no {name}" in refusal.message


class TestPlain:
    def test_a_list_of_events_with_identifiers_by_kind(self, take):
        event, identify, alias = take(
            {
                "events": [
                    {
                        "id": "e-1",
                        "event": "Call Made",
                        "identifiers": {"phone": "0664 1234567", "email": "ADA@example.com"},
                        "at": "2026-03-02T11:59:00Z",
                        "channel": "phone.call",
                        "properties": {"seconds": 30},
                    },
                    {"identify": {"name": "Ada"}, "user_id": "ada"},
                    {"alias": "laptop-1", "user_id": "ada"},
                ]
            },
            "plain",
            source=TILL,
        )
        assert names_of(event.body) == ["email:ada@example.com", "phone:+436641234567"]
        assert event.body.channel == "phone.call"
        assert event.body.facts == {"seconds": 30}
        assert identify.body.traits == {"name": "Ada"}
        assert names_of(alias.body) == ["user_id:ada", "anonymous_id:laptop-1"]

    @pytest.mark.parametrize("verb", ["page", "screen", "group"])
    def test_every_verb_is_a_call(self, event_of, verb):
        event = event_of({verb: "x", "user_id": "ada"}, "plain")
        assert event.type == verb
        assert "x" in event.facts.values()

    def test_unknown_fields_and_kinds_are_said_so(self, event_of):
        item = {"event": "Seen", "user_id": "ada", "userid": 1, "identifiers": {"tatoo": "x"}}
        assert event_of(item, "plain").violations == (
            "identifier kind 'tatoo' is unknown",
            "unknown field 'userid'",
        )

    @pytest.mark.parametrize(
        ("item", "code"),
        [
            ({"user_id": "ada"}, "unknown_type"),
            ({"event": "a", "page": "b", "user_id": "ada"}, "unknown_type"),
            ({"identify": "x", "user_id": "ada"}, "wrong_type"),
            ({"event": "a", "user_id": "ada", "identifiers": []}, "wrong_type"),
            ({"event": "a", "user_id": "ada", "channel": 1}, "wrong_type"),
            ({"event": "a"}, "no_identifier"),
        ],
    )
    def test_wrong_items_are_refused_by_name(self, refusal_of, item, code):
        assert refusal_of(item, "plain").code == code


def test_jitsu_speaks_segment_with_the_type_in_the_path(event_of):
    item = {"event": "Seen", "userId": "ada", "writeKey": "id:***", "messageId": "j-1"}
    assert event_of(item, source=MOBILE, type_hint="track").source == "mobile"
