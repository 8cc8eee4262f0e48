"""Fixtures: the API over a running engine, without a socket."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from starlette.applications import Starlette

from regard.api import routes
from regard.channels.inward import bounce_readers, receipt_readers
from regard.channels.kinds import Surroundings
from regard.core.program import Program
from regard.intake import Limits
from regard.testing import VirtualClock
from tests.api.client import Client
from tests.api.running import Running
from tests.intake.house import NOW, make_program

TOKEN = "api-token"
LIMITS = Limits(body_bytes_max=200_000)


@pytest.fixture
def programs() -> list[Program]:
    """Return the published programs; the last one is in force."""
    return [make_program()]


@pytest.fixture
def environ() -> dict[str, str]:
    """Return the environment with the secrets of channels."""
    return {}


@pytest.fixture
def clock() -> VirtualClock:
    return VirtualClock(NOW)


@pytest.fixture
def running(programs, clock) -> Iterator[Running]:
    house = Running(lambda: programs[-1], clock)
    yield house
    house.stop()


@pytest.fixture
def assets(tmp_path):
    """Return a folder laid out like node_modules, with a bundle that is none."""
    folder = tmp_path / "@segment/analytics-next/dist/umd"
    folder.mkdir(parents=True)
    (folder / "standalone.js").write_text("var key = '__WRITE_KEY__';")
    (folder / "407.bundle.js").write_text("chunk")
    return tmp_path


@pytest.fixture
def client(running, assets, programs, clock, environ) -> Client:
    app = Starlette(
        routes=routes(
            running.engine,
            lambda: programs[-1],
            clock,
            running.store,
            running.health,
            api_token=TOKEN,
            sdk_assets=assets,
            limits=LIMITS,
            receipts=receipt_readers(programs[-1], Surroundings(environ=environ)),
            bounces=bounce_readers(programs[-1]),
        )
    )
    return Client(app)
