"""Fixtures: a whole house on a real socket, and Ada's story as every SDK must deliver it.

The `server` fixture is the one place that knows what runs behind the API.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import timedelta

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from regard.assembly.house import House, Plan
from regard.assembly.keys import Keys
from regard.core.clock import SystemClock
from regard.core.event import Event
from regard.core.program import Program
from regard.core.settings import Source
from regard.store import open_store
from tests.intake.house import make_program
from tests.sdk import tools
from tests.sdk.house import Line, Server
from tests.sdk.serving import served

KEYS = Keys(
    console_secret="a secret of the console",
    api_token="a token of the test",
    signing_key="a key that signs the links of messages",
)


@pytest.fixture
def program() -> Program:
    program = make_program()
    slow = Source(id="slow", key="slow-key", title="Slow", channel="store.pos", limit_per_s=1)
    return replace(program, sources={**program.sources, slow.id: slow})


@pytest.fixture
def environ() -> dict[str, str]:
    """Return the environment with the secrets of channels."""
    return {}


@pytest.fixture
def server(request, monkeypatch, tmp_path, program, environ) -> Iterator[Server]:
    """Yield a fresh house over a new SQLite store, on loopback."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    is_browser_test = "pages" in request.fixturenames
    store = open_store(str(tmp_path / "regard.db"))
    house = House(
        Plan(
            program=program,
            store=store,
            clock=SystemClock(),
            keys=KEYS,
            public_url="https://regard.example",
            environ=environ,
            sdk_assets=tools.node_modules() if is_browser_test else None,
        )
    )
    line = Line(house.app)
    server = Server("", house, line)

    async def heard(asked: Request) -> Response:
        """Let a page wait until its events have come: some SDKs never say when they are done."""
        await server.heard(int(asked.path_params["count"]))
        return Response(headers={"Access-Control-Allow-Origin": "*"})

    house.app.router.routes.insert(0, Route("/heard/{count}", heard))
    with served(line) as base_url:
        yield Server(base_url, house, line)
    store.close()


@pytest.fixture(params=["first", "again"])
def telling(request, server) -> str:
    """Let the story be told over a good line, and over one that loses the first answer."""
    server.line.losses = int(request.param == "again")
    return str(request.param)


@pytest.fixture(scope="session")
def pages() -> Iterator[str]:
    """Yield the address of a shop's pages: another origin than Regard's."""
    app = Starlette(
        routes=[
            Mount("/npm", StaticFiles(directory=tools.node_modules())),
            Mount("/", StaticFiles(directory=tools.HERE / "pages", html=True)),
        ],
        middleware=[Middleware(CORSMiddleware, allow_origins=["*"])],
    )
    with served(app) as base_url:
        yield base_url.replace("127.0.0.1", "localhost")


Story = Callable[..., dict[str, Event]]


@pytest.fixture
def adas_story(server: Server) -> Story:
    """Return a check that Ada's story arrived whole, once, and as one person's, whatever the SDK.

    Every SDK says: identify ada with her e-mail address, track Booking Confirmed of SK1, see
    page Home. It returns the events by name. `kinds` are the identifiers that the booking has.
    """

    def check(kinds: Sequence[str] = ("user_id",), also: Sequence[str] = ()) -> dict[str, Event]:
        assert server.rejected() == []
        events = server.events()
        by_name = {event.name: event for event in events}
        assert sorted(event.name for event in events) == sorted(
            ["identify", "Booking Confirmed", "page", *also]
        )
        identify, booking = by_name["identify"], by_name["Booking Confirmed"]
        assert identify.traits["email"] == "Ada@Example.com"
        assert "email:ada@example.com" in map(str, identify.identifiers)
        assert booking.facts["booking_number"] == "SK1"
        assert booking.violations == ()
        assert {one.kind for one in booking.identifiers} >= set(kinds)
        assert "user_id:ada" in map(str, booking.identifiers)
        assert by_name["page"].facts["name"] == "Home"
        for event in events:
            assert timedelta(0) <= event.received_at - event.at < timedelta(seconds=30)
        assert len(server.persons()) == 1
        return by_name

    return check
