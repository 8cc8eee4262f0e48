"""The other end of a feed: pages of the company's site that look over HTTP and keep a stream.

`PageHouse` is the house of the scenarios with the real feed adapter and its real doors, served on a
socket. A `Page` shows what `feed.js` shows: what the stream brought last. Only time is virtual; the
script itself is tried in Chromium (`tests/channels/test_browser.py`).
"""

from __future__ import annotations

import json
from collections.abc import Iterator
from contextlib import ExitStack
from typing import Any

import httpx
from starlette.applications import Starlette

from regard.api import routes
from regard.channels import make_adapter
from regard.channels.inward import doors, receipt_readers
from regard.channels.kinds import Surroundings
from regard.channels.visitors import user_hash
from regard.core.event import MessageOutcome
from regard.core.ports import ChannelAdapter, Message
from regard.core.program import Program
from regard.delivery import Dispatcher
from regard.testing.house import NoOutbox
from tests.channels.lived import Direct
from tests.console.serve import listening
from tests.pains.house import COMPANY, ENVIRON, House, ProcessDiedError, Provider

SITE = f"{COMPANY}[channels.feed]\nadapter = 'feed'\nuser_secret_env = 'USER_SECRET'\n"
PROMPT_S = 20.0
"""Only a bug takes so long: a stream tells within a second."""


def proof(name: str) -> dict[str, str]:
    """Return what the company's own server puts into the page of who is signed in."""
    return {"userId": name, "userHash": user_hash(ENVIRON["USER_SECRET"], name)}


class _Laid:
    """The real feed; a provider says at which hand-over our process dies, the message laid down."""

    def __init__(self, feed: ChannelAdapter, provider: Provider) -> None:
        self._feed = feed
        self._provider = provider

    async def open(self) -> None:
        await self._feed.open()

    async def send(self, message: Message) -> MessageOutcome:
        deed = self._provider.deed(message)
        self._provider.asked.append(message)
        outcome = await self._feed.send(message)
        if deed == "dies":
            raise ProcessDiedError
        return outcome

    async def close(self) -> None:
        await self._feed.close()


class PageHouse(House):
    """The house of the scenarios with a feed that pages look at; close it after use."""

    def __init__(self, program: Program, provider: Provider | None = None, **about: Any) -> None:
        super().__init__(program, provider=provider, **about)
        around = Surroundings(
            environ=ENVIRON,
            clock=self.clock,
            public_url="https://regard.example",
            read_token=self.links.read,
        )
        feed = make_adapter(program.channels["feed"], program, ENVIRON, self.clock)
        self._dispatcher = Dispatcher(
            outbox=NoOutbox(),
            adapters={**self.channels, "feed": _Laid(feed, self.provider)},
            program=lambda: program,
            arbiter=self.ledger.kernel.arbiter,
            links=self.links,
            clock=self.clock,
            pause=self.clock.sleep,
        )
        app = Starlette(
            routes=routes(
                Direct(self.ledger, self.clock),
                lambda: program,
                self.clock,
                self.store,
                lambda: (True, {}),
                links=self.links,
                receipts=receipt_readers(program, around),
                doors=doors(program, around),
            )
        )
        self._stack = ExitStack()
        self.home = self._stack.enter_context(listening(app))
        self._http = self._stack.enter_context(httpx.Client(trust_env=False, timeout=PROMPT_S))

    def opened_again(self) -> PageHouse:
        """Return the house as the next process opens it, behind another socket."""
        self.close()
        assert self.store is not None
        house = PageHouse(self.program, self.provider, store=self.store.reopen(), clock=self.clock)
        house.ledger.settle_abandoned(house.clock.now())
        return house

    def page(self, **visitor: str) -> Page:
        """Open a page in the browser of a visitor."""
        return Page(self, self._http, visitor)

    def signed_in(self, *names: str) -> dict[str, list[str]]:
        """Return the titles that each of these people sees on a page that they open now."""
        found: dict[str, list[str]] = {}
        for name in names:
            with self.page(**proof(name)) as page:
                found[name] = page.titles
        return found

    def close(self) -> None:
        """End the connections and the server."""
        self._stack.close()


class Page:
    """A page that shows what lies for its visitor, live until it is left."""

    def __init__(self, house: PageHouse, http: httpx.Client, visitor: dict[str, str]) -> None:
        self._house = house
        self._http = http
        self._query = {"key": "skylark-website", **visitor}
        self._stack = ExitStack()
        self._lines: Iterator[str] = iter(())
        self.items: list[dict[str, Any]] = []

    def __enter__(self) -> Page:
        self.listen()
        return self

    def __exit__(self, *_: object) -> None:
        self._stack.close()

    @property
    def titles(self) -> list[str]:
        """The messages that the page shows, the newest first."""
        return [item["title"] for item in self.items]

    def listen(self) -> None:
        """Open the stream, anew when there was one, and show what it brings first."""
        self._stack.close()
        url = f"{self._house.home}/v1/feed/live"
        reply = self._stack.enter_context(self._http.stream("GET", url, params=self._query))
        assert reply.status_code == 200, reply.read()
        self._lines = reply.iter_lines()
        self.next()

    def next(self) -> None:
        """Show what the stream brings next."""
        for line in self._lines:
            if line.startswith("data: "):
                self.items = json.loads(line.removeprefix("data: "))["items"]
                return
        raise AssertionError("the stream has ended")

    def tell(self, mark: str) -> None:
        """Tell what became of everything that is shown, as the script's beacon does."""
        marks = [{"token": item["token"], "mark": mark} for item in self.items]
        url = f"{self._house.home}/v1/receipts/feed"
        assert self._http.post(url, content=json.dumps(marks)).status_code == 200
        self._house.settle()
