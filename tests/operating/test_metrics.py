"""Metrics: what a Prometheus reads of a house that worked, and who may read it."""

from __future__ import annotations

import asyncio

import pytest
from prometheus_client.openmetrics import parser as openmetrics

from regard.runtime.spread import Spread
from regard.store import MemoryStore
from tests.channels.servers import Endpoint
from tests.operating.house import SCRAPER, TOKEN, Running, make_program, running, samples_of


def test_a_spread_counts_each_number_below_its_bound() -> None:
    spread = Spread((0.1, 1.0))
    for number in (0.05, 0.1, 0.5, 7.0):
        spread.note(number)
    assert spread.buckets() == [("0.1", 2.0), ("1.0", 3.0), ("+Inf", 4.0)]
    assert spread.sum == pytest.approx(7.65)


@pytest.mark.parametrize(
    ("operating", "token", "status"),
    [
        ("", "", 401),
        ("", "wrong", 401),
        ("", TOKEN, 200),
        ("", SCRAPER, 200),
        ('metrics = "open"', "", 200),
    ],
)
def test_numbers_of_the_business_are_for_who_has_a_token(
    operating: str, token: str, status: int
) -> None:
    async def play() -> None:
        async with running(make_program(operating=operating)) as house:
            headers = {"authorization": f"Bearer {token}"} if token else {}
            assert (await house.client.get("/metrics", headers=headers)).status_code == status
            people = await house.client.get("/v1/people/user_id/ada", headers=headers)
            assert people.status_code == (404 if token == TOKEN else 401)

    asyncio.run(play())


@pytest.mark.slow
def test_every_event_decision_message_and_promise_is_counted_once() -> None:
    async def play() -> None:
        store = MemoryStore()
        answers = [(500, {}, b""), (204, {}, b"")]
        endpoint = Endpoint(lambda n: answers[min(n, 2) - 1])
        async with endpoint.serve() as url, running(make_program(url), store=store) as house:
            for token in ("lamp", "shade", "lamp"):
                await house.order(token)
            await house.client.post(
                "/v1/events", json={"event": "Nobody"}, headers={"x-write-key": "shop-key"}
            )
            await house.client.post("/v1/events", json={}, headers={"x-write-key": "no"})
            await until(house, "regard_promises_total{promise=receipt,status=kept}", 2)
            # The store knows first; what the process counts comes when it is told of it.
            sent = "regard_message_outcomes_total{channel=chat,outcome=sent,reason=}"
            found = await until(house, sent, 2)
            assert found["regard_events_total{outcome=accepted,source=shop}"] == 2
            assert found["regard_events_total{outcome=duplicate,source=shop}"] == 1
            assert found["regard_events_total{outcome=rejected,source=shop}"] == 1
            assert found["regard_requests_refused_total{code=unknown_key}"] == 1
            decided = next(name for name in found if name.startswith("regard_decisions_total"))
            assert found[decided] == 2
            busy = "{channel=chat,outcome=try_again,reason=provider_busy}"
            assert found[f"regard_message_outcomes_total{busy}"] == 1
            assert found["regard_messages_under_way{channel=chat}"] == 0
            assert found["regard_append_seconds_count"] == 3
            assert found["regard_turn_seconds_count"] >= 1
            assert found["regard_ready"] == 1
            assert found["process_resident_memory_bytes"] > 0
        # After a restart totals of the store go on, those of the process begin anew.
        async with running(make_program(), store=store) as house:
            again = await house.metrics()
            assert again["regard_events_total{outcome=accepted,source=shop}"] == 2
            assert again[decided] == 2
            assert again["regard_append_seconds_count"] == 0

    asyncio.run(play())


async def until(house: Running, name: str, value: float) -> dict[str, float]:
    """Scrape until a sample has a value."""
    async with asyncio.timeout(20):
        while True:
            found = await house.metrics()
            if found.get(name) == value:
                return found


@pytest.mark.slow
def test_openmetrics_is_spoken_to_who_asks_for_it_and_names_no_person() -> None:
    async def play() -> None:
        async with running(make_program()) as house:
            await house.order("lamp")
            headers = {
                "authorization": f"Bearer {SCRAPER}",
                "accept": "application/openmetrics-text; version=1.0.0",
            }
            reply = await house.client.get("/metrics", headers=headers)
            assert reply.headers["content-type"].startswith("application/openmetrics-text")
            families = list(openmetrics.text_string_to_metric_families(reply.text))
            assert {"regard_events", "regard_append_seconds"} <= {f.name for f in families}
            plain = await house.client.get("/metrics", headers={**headers, "accept": "*/*"})
            assert samples_of(plain.text)["regard_journal_offset"] >= 1
            for text in (reply.text, plain.text):
                assert "ada" not in text
                assert "lamp" not in text

    asyncio.run(play())


@pytest.mark.slow
def test_what_cannot_be_taken_is_counted_by_its_code() -> None:
    async def play() -> None:
        async with running(make_program()) as house:
            engine = house.house.engine
            engine._queued_count = 20_000  # as if so many waited
            told = await house.order("lamp")
            engine._queued_count = 0
            assert told["code"] == "too_many_requests"
            found = await house.metrics()
            assert found["regard_appends_refused_total{code=too_many_requests}"] == 1

    asyncio.run(play())
