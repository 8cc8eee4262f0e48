"""Fixtures: the API over in-memory twins, without a socket."""

from __future__ import annotations

import pytest
from starlette.applications import Starlette

from regard.api import routes
from regard.core.event import Identifier
from regard.core.person import Claim, Consent, Person
from regard.core.program import Program
from regard.intake import Limits
from regard.testing import VirtualClock
from tests.api.client import Client
from tests.api.twins import MemoryIntake, Shelf
from tests.intake.house import NOW, make_program

ADA = Person(
    id="p_ada",
    claims={"name": Claim("Ada", NOW, "website", 2, 1)},
    consents={"offers|email": Consent(True, NOW, "website", {"wording": "yes"}, 1)},
    last_channel="web.desktop",
)
TOKEN = "api-token"
LIMITS = Limits(body_bytes_max=200_000)


@pytest.fixture
def intake() -> MemoryIntake:
    return MemoryIntake()


@pytest.fixture
def assets(tmp_path):
    """Return a folder laid out like node_modules, with a bundle that is none."""
    folder = tmp_path / "@segment/analytics-next/dist/umd"
    folder.mkdir(parents=True)
    (folder / "standalone.js").write_text("var key = '__WRITE_KEY__';")
    (folder / "407.bundle.js").write_text("chunk")
    return tmp_path


@pytest.fixture
def programs() -> list[Program]:
    """Return the published programs; the last one is in force."""
    return [make_program()]


@pytest.fixture
def client(intake, assets, programs) -> Client:
    library = Shelf({Identifier("email", "ada@example.com"): ADA})
    app = Starlette(
        routes=routes(
            intake,
            lambda: programs[-1],
            VirtualClock(NOW),
            library,
            lambda: (not intake.errors, {"journal": len(intake.drafts)}),
            api_token=TOKEN,
            sdk_assets=assets,
            limits=LIMITS,
        )
    )
    return Client(app)
