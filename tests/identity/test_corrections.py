"""Over HTTP: what a customer corrected stays, whoever syncs later; and who said what is shown."""

from __future__ import annotations

from collections.abc import Callable, Iterator
from datetime import timedelta
from typing import Any

import pytest
from starlette.applications import Starlette

from regard.api import routes
from regard.project import load_text
from regard.testing import VirtualClock
from tests.api.client import Client
from tests.api.running import Running
from tests.identity.house import START

TOKEN = {"authorization": "Bearer reader"}

FILES = {
    "regard.toml": """
id = "skylark"
name = "Skylark"
[channels.email]
[sources.preference_centre]
key = "own-words"
trust = "customer"
[sources.crm]
key = "crm-sync"
trust = "verified"
[sources.website]
key = "website"
[sources.desk]
key = "desk-key"
may = ["identity"]
""",
    "consent.yaml": "purposes:\n  offers: {title: Offers}\n",
}

Post = Callable[..., None]


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(START)


@pytest.fixture
def running(clock: VirtualClock) -> Iterator[Running]:
    program = load_text(FILES, {})
    house = Running(lambda: program, clock)
    yield house
    house.stop()


@pytest.fixture
def client(running: Running, clock: VirtualClock) -> Client:
    doors = (running.engine, running.ledger.program, clock, running.store, running.health)
    return Client(Starlette(routes=routes(*doors, api_token="reader")))


@pytest.fixture
def post(client: Client, clock: VirtualClock) -> Post:
    """Return what posts an item with a source's key, a minute after the last one."""

    def post(key: str, path: str = "/v1/events", **item: Any) -> None:
        clock.advance(timedelta(minutes=1))
        number = str(clock.now())
        body = {"id": number} if path == "/v1/events" else {"messageId": number}
        reply = client.post(path, json=body | item, headers={"x-write-key": key})
        assert reply.status_code == 200, reply.text

    return post


def read(client: Client, running: Running, user: str) -> dict[str, Any]:
    running.settle()
    reply = client.get(f"/v1/people/user_id/{user}", headers=TOKEN)
    assert reply.status_code == 200, reply.text
    return reply.json()


def test_a_correction_is_never_undone_by_a_later_sync_and_says_whose_it_is(
    client: Client, running: Running, post: Post
) -> None:
    post("crm-sync", user_id="ada", identify={"first_name": "Adda", "city": "Wien"})
    post("own-words", user_id="ada", identify={"first_name": "Ada"})
    for _ in range(3):
        post("crm-sync", user_id="ada", identify={"first_name": "Adda", "city": "Graz"})
        post("website", user_id="ada", identify={"first_name": "adda", "city": "Linz"})
    traits = read(client, running, "ada")["traits"]
    shown = {name: (told["value"], told["source"], told["trust"]) for name, told in traits.items()}
    assert shown["first_name"] == ("Ada", "preference_centre", 0)
    assert shown["city"] == ("Graz", "crm", 1), "the latest word of the better source"
    assert traits["first_name"]["at"] < traits["city"]["at"]


def test_a_correction_outlives_a_merge_that_comes_later(
    client: Client, running: Running, post: Post
) -> None:
    post("own-words", user_id="ada", identify={"first_name": "Ada"})
    post("crm-sync", identifiers={"email": "ada@example.com"}, identify={"first_name": "Adda"})
    post("crm-sync", user_id="ada", identify={"email": "ada@example.com"})
    assert read(client, running, "ada")["traits"]["first_name"]["value"] == "Ada"


def test_the_customer_may_change_their_mind(client: Client, running: Running, post: Post) -> None:
    post("own-words", user_id="ada", identify={"city": "Wien"})
    post("own-words", user_id="ada", identify={"city": "Graz"})
    post("crm-sync", user_id="ada", identify={"city": "Wien"})
    assert read(client, running, "ada")["traits"]["city"]["value"] == "Graz"


def test_no_item_raises_its_own_trust(client: Client, running: Running, post: Post) -> None:
    post("own-words", user_id="ada", identify={"city": "Graz"})
    post("website", user_id="ada", identify={"city": "Linz"}, trust=0, source="preference_centre")
    post("website", user_id="ada", identify={"city": "Linz", "trust": 0}, context={"trust": 0})
    told = read(client, running, "ada")["traits"]["city"]
    assert (told["value"], told["source"]) == ("Graz", "preference_centre")


def test_of_two_accounts_made_one_the_refusal_stands_and_both_words_stay_proven(
    client: Client, running: Running, post: Post
) -> None:
    post("website", user_id="ada", event="Consent Withdrawn", properties={"purpose": "offers"})
    post("website", user_id="adele", event="Consent Granted", properties={"purpose": "offers"})
    sides = {"left": ["user_id:ada"], "right": ["user_id:adele"]}
    post("desk-key", "/v1/identity/link", **sides, why="called in", by="Ines")
    told = read(client, running, "adele")
    assert told["person_id"] == read(client, running, "ada")["person_id"]
    assert [(c["purpose"], c["is_granted"]) for c in told["consents"]] == [("offers", False)]
    lived = client.get("/v1/people/user_id/ada?timeline=9", headers=TOKEN).json()["timeline"]
    names = [entry["body"].get("name") for entry in lived]
    assert {"Consent Granted", "Consent Withdrawn"} <= set(names), "what was said stays readable"
