"""`regard serve` as a process: an event by HTTP, then every other command over the same store."""

from __future__ import annotations

import re
import socket
from pathlib import Path

import httpx
import pytest

from tests.audit.serving import Serving, run_regard, serving
from tests.cli.conftest import BOOKING, KEY, Run

pytestmark = pytest.mark.slow


@pytest.fixture
def house(folder: Path):
    with serving(folder, folder / ".regard" / "regard.db") as house:
        yield house


def take(house: Serving, *items: dict[str, object]) -> httpx.Response:
    """Send items as curl does in the README."""
    return house.client.post(
        f"{house.url}/v1/events", json={"events": items}, headers={"X-Write-Key": KEY}
    )


def test_from_the_first_event_to_the_rebuilt_views(house: Serving, run: Run) -> None:
    assert take(house, BOOKING).json() == {"success": True}
    told = run("explain", "ada", "--folder", house.folder)
    assert told.exit_code == 0, told.output
    assert "Ada Novak" in told.output
    assert run("audit", house.folder).exit_code == 0
    busy = run_regard("rebuild", str(house.folder))
    assert (busy.code, "is being written by process" in busy.output) == (1, True)
    assert house.stop() == 0
    rebuilt = run("rebuild", house.folder)
    assert "Every view is the same to the byte." in rebuilt.output


def test_wrong_key_is_told_and_nothing_is_kept(house: Serving, run: Run) -> None:
    refused = house.client.post(
        f"{house.url}/v1/events", json=BOOKING, headers={"X-Write-Key": "wrong-key"}
    )
    assert (refused.status_code, refused.json()["code"]) == (401, "unknown_key")
    assert run("explain", "ada", "--folder", house.folder).exit_code == 1


def test_secrets_are_printed_once_and_on_request(house: Serving) -> None:
    house.stop()
    house.start()
    assert house.process is not None
    with house.process as process:
        assert process.stdout is not None
        process.terminate()
        assert "Sign in" not in process.stdout.read()
    keys = house.folder / ".regard" / "keys.json"
    assert keys.stat().st_mode & 0o077 == 0


def test_taken_port_is_told_before_anything_starts(run: Run, folder: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        told = run("serve", folder, "--port", taken.getsockname()[1])
    assert told.exit_code == 1
    assert re.search(r"Cannot listen on 127.0.0.1:\d+: Address already in use", told.output)
    assert "Choose another --port." in told.output
