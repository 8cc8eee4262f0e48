"""A small company that speaks by text, push and feed, lived in virtual time with its real doors.

`Lived` has the house's own API over the store, so that what pages and providers say goes in as in
production; the channels record what they were handed.
"""

from __future__ import annotations

import asyncio
from collections.abc import Mapping, Sequence
from typing import Any

import httpx
from starlette.applications import Starlette

from regard.api import routes
from regard.assembly import build_ledger
from regard.channels.inward import doors, inbound_readers, receipt_readers
from regard.channels.kinds import Surroundings
from regard.core.clock import Clock
from regard.core.event import Event
from regard.core.person import Person
from regard.core.ports import Draft
from regard.core.rows import Accepted, Rejected
from regard.delivery import Dispatcher, Links
from regard.project import load_text
from regard.runtime.ledger import Ledger
from regard.store import MemoryStore
from regard.testing import VirtualClock
from regard.testing.house import NoOutbox, VirtualHouse
from tests.channels.service import ACCOUNT, TOKEN
from tests.channels.test_push import KEY

HOME = "https://engage.example"
API_TOKEN = "api-token"
BEARER = {"authorization": f"Bearer {API_TOKEN}"}
KEY_OF_SITE = "skylark-site-key"
ANONYMOUS = "0d9f8b6e-2b1c-4f57-9d0e-5a1f6f3f9c01"
ENVIRON = {"SMS_TOKEN": TOKEN, "PUSH_KEY": KEY, "USER_SECRET": "only the shop's server knows"}

COMPANY = f"""
id = "airline"
name = "Skylark Air"
[channels.sms]
adapter = "sms"
from = "+15005550006"
account_sid = "{ACCOUNT}"
auth_token_env = "SMS_TOKEN"
[channels."push.web"]
adapter = "push"
vapid_key_env = "PUSH_KEY"
contact = "mailto:push@skylark.example"
user_secret_env = "USER_SECRET"
disturbs = false
[channels.feed]
adapter = "feed"
user_secret_env = "USER_SECRET"
[sources.site]
key = "{KEY_OF_SITE}"
channel = "web.desktop"
"""


def engagement(channel: str, name: str, purpose: str, kind: str) -> dict[str, str]:
    """Return an engagement on one channel and the journey that offers it at event `name`."""
    return {
        f"engagements/{name}/engagement.yaml": (
            f"purpose: {purpose}\nclass: {kind}\nchannels: [{channel}]\nvalue: {{customer: 5}}\n"
            "useful_for: 2 hours\nsubject: \"{{ facts.gate }} is your gate\"\n"
        ),
        f"engagements/{name}/core.txt": (
            "Gate {{ facts.gate }}, <b>now</b>.\nhttps://skylark.example/trip?a=1&b=2\n"
        ),
        f"journeys/{name}.yaml": (
            f"id: {name}\nstart: {{event: Called {name}}}\nreentry: always\n"
            f"steps:\n  - {{id: say, offer: {name}}}\n"
        ),
    }  # fmt: skip


FILES = {
    "regard.toml": COMPANY,
    "consent.yaml": (
        "purposes:\n  travel: {title: Travel, needs_consent: false}\n"
        "  offers: {title: Offers, needs_consent: true}\n"
    ),
    "policies.yaml": "silence: {value: 0, fatigue_per_touch: 0}\n",
    **engagement("feed", "gate", "travel", "service"),
    "promises/boarding.yaml": (
        "id: boarding\nmade_by: {event: Boarding}\nabout: facts.gate\n"
        "due_at: \"now() + interval '1 hour'\"\nact_at: now()\ngrace: 1 minute\n"
        "engagement: gate\nkept_by: {receipt: delivered}\n"
    ),
    **engagement("push.web", "nudge", "travel", "service"),
    **engagement("sms", "miles", "offers", "marketing"),
    **engagement("sms", "delay", "travel", "service"),
}


class Direct:
    """An intake that appends at once, as the engine does in its own thread."""

    def __init__(self, ledger: Ledger, clock: Clock) -> None:
        self._ledger = ledger
        self._clock = clock

    async def append(self, drafts: Sequence[Draft]) -> Sequence[Accepted]:
        return self._ledger.append(drafts, self._clock.now())

    async def reject(self, items: Sequence[Rejected]) -> None:
        self._ledger.reject(items, self._clock.now())


class Lived(VirtualHouse):
    """The company, its doors (`call`) and what became of people (`person`)."""

    def __init__(self, company: str = COMPANY) -> None:
        files = FILES | {"regard.toml": company}
        program, clock, store = load_text(files, ENVIRON), VirtualClock(), MemoryStore()
        ledger = build_ledger(store, lambda: program)
        super().__init__(ledger, program, clock)
        self.store = store
        self.links = Links(HOME, ["a secret for virtual time"])
        self.around = Surroundings(
            environ=ENVIRON, clock=clock, public_url=HOME, read_token=self.links.read
        )
        self.app = Starlette(routes=self._routes(clock))
        self._dispatcher = Dispatcher(
            outbox=NoOutbox(),
            adapters=self.channels,
            program=lambda: program,
            arbiter=ledger.kernel.arbiter,
            links=self.links,
            clock=clock,
            pause=clock.sleep,
        )

    def _routes(self, clock: VirtualClock) -> list[Any]:
        program, around = self.program, self.around
        return routes(
            Direct(self.ledger, clock),
            lambda: program,
            clock,
            self.store,
            lambda: (True, {}),
            links=self.links,
            receipts=receipt_readers(program, around),
            inbound=inbound_readers(program, around),
            doors=doors(program, around),
            api_token=API_TOKEN,
        )

    def say(self, event: str, **about: Any) -> None:
        """Let the site tell an event (`anonymousId`, `userId`, traits, properties)."""
        self.clock.advance(1)
        said = {
            "type": "track",
            "event": event,
            "messageId": f"{event}-{self.clock.now()}",
            **about,
        }
        reply = self.call("POST", "/v1/batch", json={"batch": [said], "writeKey": KEY_OF_SITE})
        assert reply.status_code == 200
        self.settle()

    def identify(self, **about: Any) -> None:
        said = {"type": "identify", "messageId": f"who-{self.clock.now()}-{about}", **about}
        self.call("POST", "/v1/batch", json={"batch": [said], "writeKey": KEY_OF_SITE})
        self.settle()

    def call(self, method: str, path: str, **about: Any) -> httpx.Response:
        """Make one request of the house and let everything follow from it."""

        async def scene() -> httpx.Response:
            transport = httpx.ASGITransport(app=self.app)
            async with httpx.AsyncClient(transport=transport, base_url=HOME) as client:
                return await client.request(method, path, **about)

        reply = asyncio.run(scene())
        self.settle()
        return reply

    def look(self, **about: str) -> httpx.Response:
        """Look into the feed as a page does."""
        return self.call("GET", "/v1/feed", params={"key": KEY_OF_SITE, **about})

    def person(self, kind: str, value: str) -> Person:
        identifier = self._drafter.identifier(kind, value)
        assert identifier is not None
        with self.store.reading() as reading:
            found = reading.people.read(reading.people.find(identifier) or "")
        assert found is not None
        return found

    def events(self) -> list[Event]:
        with self.store.reading() as reading:
            entries = [entry for entry, _, _ in reading.tail.after(0, 10_000)]
        return [entry.body for entry in entries if isinstance(entry.body, Event)]

    def handed(self, channel: str) -> list[Mapping[str, Any] | Any]:
        """Return what a channel was handed."""
        return self.channels[channel].messages
