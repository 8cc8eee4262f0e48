"""Fixtures: Regard on a real socket, and Ada's story as every SDK must deliver it.

The `server` fixture is the one place that knows what runs behind the API.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import timedelta

import pytest
from starlette.applications import Starlette
from starlette.middleware import Middleware
from starlette.middleware.cors import CORSMiddleware
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Mount, Route
from starlette.staticfiles import StaticFiles

from regard.api import routes
from regard.core.clock import SystemClock
from regard.core.event import Event
from tests.api.twins import MemoryIntake, Shelf
from tests.intake.house import make_program
from tests.sdk import tools
from tests.sdk.serving import served


@dataclass(frozen=True)
class Server:
    """A running Regard: its address, what it took in and what it refused."""

    base_url: str
    intake: MemoryIntake

    def events(self) -> list[Event]:
        return self.intake.events()


@pytest.fixture
def server(request, monkeypatch) -> Iterator[Server]:
    """Yield a fresh Regard on loopback."""
    monkeypatch.setenv("NO_PROXY", "127.0.0.1,localhost")
    program, intake = make_program(), MemoryIntake()
    is_browser_test = "pages" in request.fixturenames

    async def heard(request: Request) -> Response:
        """Let a page wait until its events have come: some SDKs never say when they are done."""
        await intake.heard(int(request.path_params["count"]))
        return Response(headers={"Access-Control-Allow-Origin": "*"})

    paths = routes(
        intake,
        lambda: program,
        SystemClock(),
        Shelf({}),
        lambda: (True, {}),
        sdk_assets=tools.node_modules() if is_browser_test else None,
    )
    app = Starlette(routes=[*paths, Route("/heard/{count}", heard)])
    with served(app) as base_url:
        yield Server(base_url, intake)


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
    """Return a check that Ada's story arrived whole, once, and as hers, whatever the SDK.

    Every SDK says: identify ada with her e-mail address, track Booking Confirmed of SK1, see
    page Home. It returns the events by name. `kinds` are the identifiers that the booking has.
    """

    def check(kinds: Sequence[str] = ("user_id",), also: Sequence[str] = ()) -> dict[str, Event]:
        assert server.intake.rejected == []
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
        return by_name

    return check
