"""A shop that decides while somebody waits: its folder, and the API over a running engine.

Two offers for the web, one for the call centre (which can take one call an hour), and a promise by
SMS that the night holds back and the app may say instead.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import cache
from typing import Any

import httpx
from starlette.applications import Starlette

from regard.api import routes
from regard.core.facts import Decided, Entry
from regard.core.program import Program
from regard.delivery import Links
from regard.project import load_text
from regard.testing import VirtualClock
from tests.api.client import Client
from tests.api.running import Running

TOKEN = "api-token"
SERVER = {"x-write-key": "shop-server"}
BROWSER = {"x-write-key": "shop-website"}
NOON = datetime(2026, 3, 2, 12, 0, tzinfo=UTC)
NIGHT = datetime(2026, 3, 2, 22, 30, tzinfo=UTC)

FOLDER = {
    "regard.toml": """
id = "shop"
name = "Lamps"
zone = "Europe/Vienna"
[channels."web.desktop"]
[channels."app.phone"]
[channels.sms]
[channels."phone.call"]
[sources.website]
key = "shop-website"
channel = "web.desktop"
[sources.server]
key = "shop-server"
may = ["decisions", "receipts"]
[departments.desk]
title = "Desk"
capacity = "1 per hour"
""",
    "consent.yaml": "purposes:\n  care: {needs_consent: false}\n  offers: {needs_consent: true}\n",
    "policies.yaml": (
        'quiet_hours: [{from: "21:00", to: "08:00", for: [marketing, service]}]\n'
        "caps: [{id: day, at_most: 2, within: 24 hours, for: [marketing]}]\n"
        "silence: {value: 0.5, fatigue_per_touch: 0.1}\n"
    ),
    "promises/parcel.yaml": (
        "id: parcel\nmade_by: {event: Parcel Sent}\nabout: facts.parcel\n"
        "due_at: facts.due_at\nact_at: facts.due_at - interval '1 hour'\ngrace: 12 hours\n"
        "engagement: parcel\n"
    ),
    "engagements/parcel/engagement.yaml": (
        "purpose: care\nclass: service\nvalue: {customer: 9, company: 1}\n"
        "channels: [sms, app.phone]\n"
    ),
    "engagements/parcel/core.txt": "Your parcel {{ facts.parcel }} is near.",
    "engagements/lamp/engagement.yaml": (
        "purpose: care\nclass: marketing\nvalue: {customer: 4, company: 4}\n"
        "channels: [web.desktop]\noffer_when: asked\nplacements: [hero]\n"
        "eligibility: facts.page is null or facts.page <> 'checkout'\n"
    ),
    "engagements/lamp/core.web.txt": '{"headline": "A lamp for {{ person.first_name }}"}',
    "engagements/shade/engagement.yaml": (
        "purpose: care\nclass: marketing\nvalue: {customer: 2, company: 2}\n"
        "channels: [web.desktop]\noffer_when: asked\n"
    ),
    "engagements/shade/core.txt": "A shade, {{ person.first_name | default: 'friend' }}?",
    "engagements/swindle/engagement.yaml": (
        "purpose: care\nclass: marketing\nvalue: {customer: -1, company: 900}\n"
        "channels: [web.desktop]\noffer_when: asked\nplacements: [trap]\n"
    ),
    "engagements/swindle/core.txt": "Sign here.",
    "engagements/call/engagement.yaml": (
        "purpose: care\nclass: service\nvalue: {customer: 5, company: 1}\n"
        "channels: [phone.call]\noffer_when: asked\ndepartment: desk\n"
    ),
    "engagements/call/core.txt": "Shall we call you back?",
    "engagements/letter/engagement.yaml": (
        "purpose: offers\nclass: marketing\nvalue: {customer: 5, company: 1}\nchannels: [sms]\n"
    ),
    "engagements/letter/core.txt": "A word from {{ company.name }}",
}


@cache
def compiled(**files: str) -> Program:
    """Return the program of the shop's folder, with some files changed."""
    return load_text(FOLDER | files, {})


class Shop:
    """The shop, open."""

    def __init__(self, at: datetime = NOON, **files: str) -> None:
        self.program = compiled(**files)
        self.clock = VirtualClock(at)
        self.running = Running(lambda: self.program, self.clock)
        self.app = Starlette(
            routes=routes(
                self.running.engine,
                lambda: self.program,
                self.clock,
                self.running.store,
                self.running.health,
                api_token=TOKEN,
                loop=self.running.engine,
                links=Links("https://shop.example", ["a secret of the shop"]),
            )
        )
        self.client = Client(self.app)

    def tell(self, event: str, user: str = "ada", at: datetime | None = None, **facts: Any) -> None:
        """Take an event of a customer, as the shop's server sends it."""
        item = {"event": event, "user_id": user, "properties": facts}
        item["id"] = f"{event}-{user}-{self.clock.now().isoformat()}"
        assert self.client.post("/v1/events", json=item, headers=SERVER).status_code == 200

    def know(self, user: str, **traits: Any) -> None:
        """Let somebody say who they are."""
        item = {"identify": traits, "user_id": user, "id": f"identify-{user}"}
        assert self.client.post("/v1/events", json=item, headers=SERVER).status_code == 200

    def ask(self, *, headers: Any = SERVER, **fields: Any) -> httpx.Response:
        """Ask what to offer."""
        body = {"channel": "web.desktop", **fields}
        return self.client.post("/v1/decide", json=body, headers=headers)

    def entries(self) -> list[Entry]:
        with self.running.store.reading() as reading:
            return [entry for entry, _, _ in reading.tail.after(0, 10_000)]

    def decided(self) -> list[Decided]:
        return [entry.body for entry in self.entries() if isinstance(entry.body, Decided)]

    def close(self) -> None:
        self.running.stop()


def token() -> dict[str, str]:
    return {"authorization": f"Bearer {TOKEN}"}
