"""`regard demo` as a newcomer meets it: a process that lives one day, its console, its books."""

from __future__ import annotations

import os
import re
import signal
import subprocess
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from pathlib import Path

import httpx
import pytest

from tests.audit.serving import REGARD

pytestmark = pytest.mark.slow

AIRLINE = Path(__file__).parents[2] / "examples" / "airline"
DAY = ("--once", "--people", "12", "--speed", "4000")
"""A day of 22 seconds; a few people are enough to travel, to be told and to be silent about."""

DAY_WITHIN_S = 180


WITHOUT_END = ("--people", "12", "--speed", "4000")


@contextmanager
def demo_of(*options: str) -> Iterator[subprocess.Popen[str]]:
    with subprocess.Popen(
        [*REGARD, "demo", str(AIRLINE), *options],
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        env={**os.environ, "PYTHONUNBUFFERED": "1", "NO_COLOR": "1"},
    ) as process:
        yield process
        with suppress(ProcessLookupError):
            process.kill()


@pytest.fixture
def demo() -> Iterator[subprocess.Popen[str]]:
    with demo_of(*DAY) as process:
        yield process


def told(process: subprocess.Popen[str], pattern: str) -> str:
    """Return what the first line that fits tells."""
    assert process.stdout is not None
    for line in process.stdout:
        if found := re.search(pattern, line):
            return found[1]
    raise AssertionError(f"The demo ended without a word like {pattern!r}.")


def test_a_world_day_with_its_console_ends_with_books_that_balance(
    demo: subprocess.Popen[str],
) -> None:
    url = told(demo, r"is at (http://\S+)")
    secret = told(demo, r"Sign in to the console with: (\S+)")
    told(demo, r"(12 people live for 1 world day)")
    with httpx.Client(base_url=url, trust_env=False, follow_redirects=True) as console:
        csrf = re.search(r'name="csrf" value="([^"]+)"', console.get("/sign-in").text)
        assert csrf is not None
        console.post("/sign-in", data={"csrf": csrf[1], "secret": secret})
        model = console.get("/model")
    assert model.status_code == 200
    assert "has no engagement model" not in model.text
    rest, _ = demo.communicate(timeout=DAY_WITHIN_S)
    assert demo.returncode == 0, rest
    for part in ("events in", "persons known", "Promises", "Messages", "The books balance."):
        assert part in rest
    assert re.search(r"The machine kept up|This machine was behind", rest), rest


def test_who_stops_the_demo_is_told_what_was_seen_and_where_its_store_was() -> None:
    with demo_of(*WITHOUT_END) as demo:
        told(demo, r"(gets email)")
        demo.send_signal(signal.SIGINT)
        rest, _ = demo.communicate(timeout=DAY_WITHIN_S)
    assert demo.returncode == 0, rest
    for part in ("in the world", "events in", "persons known", "temporary", "regard init"):
        assert part in rest
