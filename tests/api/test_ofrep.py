"""Engagements as flags of OpenFeature: on when they are offered now, by the same gate."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import timedelta

import pytest
from openfeature import api as openfeature
from openfeature.contrib.provider.ofrep import OFREPProvider
from openfeature.evaluation_context import EvaluationContext
from openfeature.exception import ErrorCode
from openfeature.flag_evaluation import Reason

from tests.api.shop import BROWSER, SERVER, Shop
from tests.sdk.serving import served

FLAGS = "/ofrep/v1/evaluate/flags"
ADA = {"context": {"targetingKey": "ada"}}


@pytest.fixture
def shop() -> Iterator[Shop]:
    found = Shop()
    yield found
    found.close()


def flag(shop: Shop, key: str, body: object = ADA, headers: dict[str, str] = SERVER):
    return shop.client.post(f"{FLAGS}/{key}", json=body, headers=headers)


def test_a_flag_is_on_while_its_engagement_is_offered_and_says_why(shop: Shop) -> None:
    told = flag(shop, "shade").json()
    (decided,) = shop.decided()
    assert told == {
        "key": "shade",
        "value": True,
        "variant": "on",
        "reason": "TARGETING_MATCH",
        "metadata": {
            "reason": "best_value",
            "title": "shade",
            "decisionId": decided.decision_id,
        },
    }


def test_one_visit_is_one_touch_and_the_flag_does_not_flicker(shop: Shop) -> None:
    first = flag(shop, "shade").json()
    for _ in range(5):
        assert flag(shop, "shade").json() == first
    assert len(shop.decided()) == 1
    for _ in range(2):
        shop.clock.set(shop.clock.now() + timedelta(minutes=30))
        last = flag(shop, "shade").json()
    assert (last["value"], last["reason"]) == (False, "DEFAULT")
    assert last["metadata"]["reason"] == "cap_reached"
    assert last["metadata"]["nextAllowedAt"] == "2026-03-03T12:00:00+00:00"


def test_what_is_never_good_for_the_customer_is_disabled(shop: Shop) -> None:
    told = flag(shop, "swindle").json()
    assert (told["value"], told["reason"]) == (False, "DISABLED")
    assert shop.entries() == []


def test_all_flags_are_looked_at_without_a_touch_and_cached_by_their_tag(shop: Shop) -> None:
    reply = shop.client.post(FLAGS, json=ADA, headers=SERVER)
    values = {one["key"]: one["value"] for one in reply.json()["flags"]}
    assert values == {"call": True, "lamp": True, "shade": True, "swindle": False}
    assert shop.entries() == []
    tagged = SERVER | {"if-none-match": reply.headers["etag"]}
    assert shop.client.post(FLAGS, json=ADA, headers=tagged).status_code == 304
    shop.know("ada", first_name="Ada")
    assert flag(shop, "shade").json()["value"] is True
    assert flag(shop, "lamp").json()["value"] is True
    shop.clock.set(shop.clock.now() + timedelta(minutes=30))
    changed = shop.client.post(FLAGS, json=ADA, headers=tagged)
    assert changed.status_code == 200
    off = [one["key"] for one in changed.json()["flags"] if not one["value"]]
    assert off == ["lamp", "shade", "swindle"], "two touches a day are enough"


@pytest.mark.parametrize(
    ("key", "body", "status", "code"),
    [
        ("letter", ADA, 404, "FLAG_NOT_FOUND"),
        ("nothing", ADA, 404, "FLAG_NOT_FOUND"),
        ("shade", {"context": {}}, 400, "TARGETING_KEY_MISSING"),
        ("shade", {"context": []}, 400, "INVALID_CONTEXT"),
        ("shade", {"context": {"targetingKey": "null"}}, 400, "INVALID_CONTEXT"),
    ],
)
def test_errors_are_those_of_the_protocol(
    shop: Shop, key: str, body: object, status: int, code: str
) -> None:
    reply = flag(shop, key, body)
    assert (reply.status_code, reply.json()["errorCode"]) == (status, code)
    assert reply.json()["key"] == key


def test_keys_open_it_as_the_protocol_has_them(shop: Shop) -> None:
    assert flag(shop, "shade", headers={"x-api-key": "shop-server"}).status_code == 200
    assert flag(shop, "shade", headers={"authorization": "Bearer api-token"}).status_code == 200
    assert flag(shop, "shade", headers={}).status_code == 401
    assert flag(shop, "shade", headers=BROWSER).status_code == 403, "a bare user id, by a page"
    anonymous = {"context": {"anonymousId": "tab-1"}}
    assert flag(shop, "shade", anonymous, BROWSER).json()["value"] is True
    broken = shop.client.post(f"{FLAGS}/shade", content=b"{", headers=SERVER)
    assert (broken.status_code, broken.json()["errorCode"]) == (400, "PARSE_ERROR")


@pytest.mark.slow
def test_the_sdk_of_openfeature_understands_it(shop: Shop) -> None:
    with served(shop.app) as address:
        provider = OFREPProvider(address, headers_factory=lambda: {"X-API-Key": "shop-server"})
        openfeature.set_provider(provider)
        try:
            client = openfeature.get_client()
            ada = EvaluationContext(targeting_key="ada", attributes={"channel": "web.desktop"})
            told = client.get_boolean_details("shade", False, ada)
            assert (told.value, told.variant) == (True, "on")
            assert told.reason == Reason.TARGETING_MATCH
            assert told.flag_metadata["reason"] == "best_value"
            assert client.get_boolean_value("swindle", True, ada) is False
            missing = client.get_boolean_details("nothing", True, ada)
            assert (missing.value, missing.error_code) == (True, ErrorCode.FLAG_NOT_FOUND)
        finally:
            openfeature.shutdown()
            provider.session.close()
