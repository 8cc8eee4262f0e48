"""A distributed trace goes in at a door and comes out at a webhook, and nothing is stored twice."""

from __future__ import annotations

import asyncio
import json
import re

import pytest

from regard.core.event import Event
from regard.core.rows import MessageRow
from regard.core.trace import child, read_traceparent, trace_id
from regard.delivery.tracing import tracer
from regard.store import MemoryStore
from tests.channels.servers import Endpoint
from tests.operating.house import Running, make_program, running

TRACE = "4bf92f3577b34da6a3ce929d0e0e4736"
PARENT = f"00-{TRACE}-00f067aa0ba902b7-01"
OTHER = "00-" + "ab" * 16 + "-" + "cd" * 8 + "-00"


@pytest.mark.parametrize(
    ("text", "read"),
    [
        (PARENT, PARENT),
        (PARENT.replace("-01", "-ff"), PARENT.replace("-01", "-03")),
        ("01" + PARENT[2:] + "-what-comes-next", PARENT),
        ("ff" + PARENT[2:], ""),
        (PARENT + "-more", ""),
        (PARENT.upper(), ""),
        (PARENT[:-1], ""),
        (" " + PARENT, ""),
        (f"00-{'0' * 32}-00f067aa0ba902b7-01", ""),
        (f"00-{TRACE}-{'0' * 16}-01", ""),
        ("", ""),
        (None, ""),
        (7, ""),
    ],
)
def test_only_what_the_specification_allows_is_a_trace(text: object, read: str) -> None:
    assert read_traceparent(text) == read


def test_a_child_stays_in_its_trace_under_a_span_of_its_own() -> None:
    own = child(PARENT, "m1:1")
    assert read_traceparent(own) == own
    assert (trace_id(own), own[-2:]) == (TRACE, "01")
    assert len({PARENT, own, child(PARENT, "m1:2")}) == 3
    assert child("", "m1:1") == ""


def taken(store: MemoryStore) -> dict[str, Event]:
    with store.reading() as reading:
        bodies = [entry.body for entry, _, _ in reading.tail.after(0, 1_000)]
    return {body.message_id: body for body in bodies if isinstance(body, Event)}


async def delivered(endpoint: Endpoint, count: int = 1) -> list[dict[str, str]]:
    async with asyncio.timeout(20):
        while len(endpoint.requests) < count:
            await asyncio.sleep(0)
    return [headers for headers, _ in endpoint.requests]


@pytest.mark.slow
@pytest.mark.parametrize("event", ["Order Placed", "Trip Booked"])
def test_a_webhook_is_called_in_the_trace_of_the_event_that_led_to_it(event: str) -> None:
    async def play() -> None:
        endpoint = Endpoint(lambda _n: (204, {}, b""))
        async with endpoint.serve() as url, running(make_program(url)) as house:
            await house.order("lamp", event, traceparent=PARENT)
            headers = (await delivered(endpoint))[0]
            told = read_traceparent(headers["traceparent"])
            assert trace_id(told) == TRACE
            assert told != PARENT
            assert told == child(PARENT, f"{headers['webhook-id']}:1")

    asyncio.run(play())


@pytest.mark.slow
def test_who_sends_no_trace_gets_none() -> None:
    async def play() -> None:
        endpoint = Endpoint(lambda _n: (204, {}, b""))
        async with endpoint.serve() as url, running(make_program(url)) as house:
            await house.order("lamp", traceparent="00-nonsense-01")
            assert "traceparent" not in (await delivered(endpoint))[0]
            store = house.house.plan.store
            assert isinstance(store, MemoryStore)
            assert "traceparent" not in taken(store)["lamp"].context

    asyncio.run(play())


@pytest.mark.slow
def test_the_trace_of_a_cloudevent_goes_before_that_of_its_request() -> None:
    async def play() -> None:
        store = MemoryStore()
        async with running(make_program(), store=store) as house:
            event = {"specversion": "1.0", "source": "/till", "type": "Scanned", "userid": "ada"}
            headers = {
                "x-write-key": "shop-key",
                "content-type": "application/cloudevents+json",
                "traceparent": OTHER,
            }
            for name, more in (("own", {"traceparent": PARENT}), ("bare", {})):
                body = json.dumps(event | {"id": name} | more)
                reply = await house.client.post("/v1/cloudevents", content=body, headers=headers)
                assert reply.status_code == 200
        found = taken(store)
        assert found["/till own"].context["traceparent"] == PARENT
        assert found["/till bare"].context["traceparent"] == OTHER

    asyncio.run(play())


@pytest.mark.slow
def test_the_console_shows_the_trace_of_a_message_and_of_what_came_back_for_it() -> None:
    async def play() -> None:
        endpoint = Endpoint(lambda _n: (204, {}, b""))
        async with endpoint.serve() as url, running(make_program(url)) as house:
            await house.order("lamp", traceparent=PARENT)
            message_id = (await delivered(endpoint))[0]["webhook-id"]
            receipt = {
                "id": "receipt-1",
                "event": "Message Delivered",
                "user_id": "ada",
                "properties": {"message_id": message_id, "channel": "chat"},
            }
            headers = {"x-write-key": "shop-key"}
            await house.client.post("/v1/events", json=receipt, headers=headers)
            page, row = await page_of(house, message_id)
            assert TRACE in page
            assert tracer(house.house.plan.store)(row) == PARENT
            person = (await house.client.get(f"/people/{row.person_id}")).text
            # The order, the promise, the decision, its outcome and the receipt.
            assert person.count(TRACE) >= 4

    asyncio.run(play())


async def page_of(house: Running, message_id: str) -> tuple[str, MessageRow]:
    """Return the page of a message that was sent, and its row."""
    csrf = re.findall(r'name="csrf" value="([^"]+)"', (await house.client.get("/sign-in")).text)
    form = {"secret": "console", "csrf": csrf[0]}
    reply = await house.client.post("/sign-in", data=form)
    assert reply.status_code == 303, reply.text
    async with asyncio.timeout(20):
        while True:
            with house.house.plan.store.reading() as reading:
                row, _ = reading.registers.messages(message_id)[0]
            if row.state in ("sent", "delivered"):
                break
            await asyncio.sleep(0)
    return (await house.client.get(f"/post-room/{message_id}?part=why")).text, row
