"""A real house whose one channel is a webhook: engine, dispatcher and doors, over loopback HTTP.

An order makes a promise whose message is said at once; a trip makes one whose message is said by a
timer, a moment later. `late_after` is short, so that a test need not wait for a minute.
"""

from __future__ import annotations

import asyncio
from collections.abc import AsyncIterator, Callable
from contextlib import asynccontextmanager
from dataclasses import replace
from datetime import timedelta
from typing import Any

import httpx
from prometheus_client.parser import text_string_to_metric_families

from regard.assembly.house import House, Plan
from regard.assembly.keys import Keys
from regard.core.clock import SystemClock
from regard.core.ports import ChannelAdapter
from regard.core.program import Program
from regard.core.settings import Channel
from regard.core.storage import Store
from regard.project import load_text
from regard.store import MemoryStore
from tests.channels.cast import SECRET

TOKEN = "the-api-token"
SCRAPER = "a-token-for-prometheus"
ENVIRON = {"HOOK_SECRET": SECRET, "METRICS_TOKEN": SCRAPER}
KEYS = Keys(console_secret="console", api_token=TOKEN, signing_key="a signing key of the tests")
NOWHERE = "http://127.0.0.1:9/hook"
WITHIN_S = 20.0
"""Only a bug takes so long."""

FOLDER = {
    "regard.toml": """
id = "shop"
name = "Bruno's Lamps"
[channels.chat]
adapter = "webhook"
url = "{url}"
secret_env = "HOOK_SECRET"
allow_internal = true
reaches_by = "email"
retry_first_s = 0.05
[sources.shop]
key = "shop-key"
may = ["receipts"]
[operating]
metrics_token_env = "METRICS_TOKEN"
{operating}
""",
    "consent.yaml": "purposes:\n  orders: {title: Your orders, needs_consent: false}\n",
    "promises/receipt.yaml": (
        "id: receipt\nmade_by: {event: Order Placed}\nabout: facts.token\nact_at: now()\n"
        "due_at: now() + interval '1 hour'\nengagement: receipt\n"
    ),
    "promises/reminder.yaml": (
        "id: reminder\nmade_by: {event: Trip Booked}\nabout: facts.token\n"
        "act_at: now() + interval '1 second'\n"
        "due_at: now() + interval '1 hour'\nengagement: receipt\n"
    ),
    "engagements/receipt/engagement.yaml": (
        "purpose: orders\nclass: service\nvalue: {customer: 8, company: 2}\nchannels: [chat]\n"
    ),
    "engagements/receipt/core.txt": "Thank you for {{ facts.token }}.",
}

MakeAdapter = Callable[[Channel, Program], ChannelAdapter]


def folder_of(url: str, operating: str = "") -> dict[str, str]:
    """Return the shop's texts by path; `operating` are further lines of that table."""
    told = FOLDER["regard.toml"].replace("{url}", url).replace("{operating}", operating)
    return FOLDER | {"regard.toml": told}


def make_program(
    url: str = NOWHERE,
    *,
    operating: str = "",
    late_after: timedelta | None = None,
) -> Program:
    """Return the shop's program; `operating` are further lines of that table."""
    program = load_text(folder_of(url, operating), ENVIRON)
    if late_after is None:
        return program
    return replace(program, operating=replace(program.operating, late_after=late_after))


class Running:
    """A house that runs, asked as senders and monitoring ask it."""

    def __init__(self, house: House, client: httpx.AsyncClient) -> None:
        self.house = house
        self.client = client

    async def order(
        self, token: str, event: str = "Order Placed", **headers: str
    ) -> dict[str, Any]:
        """Send what Ada does, as a plain event; headers with ``_`` for ``-``."""
        item = {
            "id": token,
            "event": event,
            "user_id": "ada",
            "traits": {"email": "ada@example.com"},
            "properties": {"token": token},
        }
        given = {"x-write-key": "shop-key"} | {k.replace("_", "-"): v for k, v in headers.items()}
        reply = await self.client.post("/v1/events", json=item, headers=given)
        return dict(reply.json())

    async def ready(self) -> tuple[int, list[dict[str, Any]]]:
        """Return the status of readiness, and what lags."""
        reply = await self.client.get("/health/ready")
        return reply.status_code, reply.json()["lags"]

    async def until(self, told: Callable[[list[dict[str, Any]]], bool]) -> list[dict[str, Any]]:
        """Ask until what lags is as wanted, and return it."""
        async with asyncio.timeout(WITHIN_S):
            while True:
                status, lags = await self.ready()
                assert (status == 200) == (not lags)
                if told(lags):
                    return lags

    async def metrics(self) -> dict[str, float]:
        """Return the samples of a scrape by name and labels, as a Prometheus would read them."""
        headers = {"authorization": f"Bearer {TOKEN}"}
        reply = await self.client.get("/metrics", headers=headers)
        assert reply.status_code == 200, reply.text
        return samples_of(reply.text)


def samples_of(text: str) -> dict[str, float]:
    """Return samples as ``name{label=value,…}``, labels sorted."""
    found = {}
    for family in text_string_to_metric_families(text):
        for sample in family.samples:
            labels = ",".join(f"{k}={v}" for k, v in sorted(sample.labels.items()))
            found[f"{sample.name}{{{labels}}}" if labels else sample.name] = sample.value
    return found


@asynccontextmanager
async def running(
    program: Program, *, store: Store | None = None, make_adapter: MakeAdapter | None = None
) -> AsyncIterator[Running]:
    """Run a house over a store while the block lasts."""
    plan = Plan(
        program=program,
        store=store or MemoryStore(),
        clock=SystemClock(),
        keys=KEYS,
        public_url="https://regard.example",
        environ=ENVIRON,
        make_adapter=make_adapter,
    )
    house = House(plan)
    transport = httpx.ASGITransport(app=house.app)
    async with (
        httpx.AsyncClient(transport=transport, base_url="http://regard", trust_env=False) as client,
        house.running(),
    ):
        yield Running(house, client)
