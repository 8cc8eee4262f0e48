"""The starter project in a new folder, and `regard` called as a terminal calls it.

Commands that need no process of their own run through click's `CliRunner`.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner, Result

from regard.cli import main

KEY = "starter-website"
ARRIVAL = (datetime.now(UTC) + timedelta(days=20)).isoformat()
"""The commands live by the wall clock, so what lies ahead is told from now."""

BOOKING = {
    "id": "booking-1",
    "event": "Booking Confirmed",
    "user_id": "ada",
    "anonymous_id": "laptop-1",
    "at": "2026-03-02T09:00:00Z",
    "traits": {"email": "ada@example.com", "name": "Ada Novak"},
    "properties": {"booking_number": "BK1", "arrival_at": ARRIVAL},
}
"""Ada books a room twenty days ahead: a promise, and an identifier of every kind that she has."""

Run = Callable[..., Result]


@pytest.fixture
def run() -> Run:
    """Call `regard` with arguments; the result has `exit_code` and `output`."""

    def call(*arguments: object) -> Result:
        return CliRunner().invoke(main, [str(part) for part in arguments])

    return call


@pytest.fixture
def folder(run: Run, tmp_path: Path) -> Path:
    """Return a project that `regard init` has just written."""
    place = tmp_path / "harbour"
    assert run("init", place, "--name", "Harbour Hotel").exit_code == 0
    return place


@pytest.fixture
def lived(run: Run, folder: Path) -> Path:
    """Return a project whose store knows Ada and her booking."""
    done = run("import", jsonl(folder, BOOKING), "--source", "website", "--folder", folder, "--act")
    assert done.exit_code == 0, done.output
    return folder


def jsonl(folder: Path, *items: dict[str, object]) -> Path:
    """Write items beside a project, one a line."""
    path = folder.parent / "events.jsonl"
    path.write_bytes(b"\n".join(msgspec.json.encode(item) for item in items))
    return path
