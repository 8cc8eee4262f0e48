"""`kill -9` of a real run at any moment: the next one goes on, and the lake is the same."""

from __future__ import annotations

import os
import random
import signal
import subprocess
import sys
import time
from contextlib import suppress
from pathlib import Path

import pytest

from regard.core.event import Event
from regard.lake import Lake
from regard.store import SqliteStore, open_library
from tests.lake.town import DAY_MINUTES as DAY
from tests.lake.town import Town, event

pytestmark = pytest.mark.slow

RUN = """
import sys
from pathlib import Path
from regard.lake import fill
from regard.store import open_library
fill(open_library(sys.argv[1]), Path(sys.argv[2]), is_open=True, length=100)
"""
SEED = 20_260_302
KILLS = 12
WITHIN_S = 60


def crowd(folder: Path) -> str:
    """Return a store with some days of thirty people who log in late."""
    store = SqliteStore(str(folder / "regard.db"))
    town = Town(folder, store)
    chance = random.Random(SEED)
    inputs: list[Event] = []
    for number in range(900):
        who = chance.randrange(30)
        names = f"u:{who} a:{who}" if chance.random() < 0.1 else f"a:{who}"
        inputs.append(event(number * 3 * DAY / 900, names, f"E{number}"))
    town.live(*inputs)
    store.close()
    return str(folder / "regard.db")


def run_killed(store: str, lake: Path, after_s: float) -> bool:
    """Run and kill it after a time; return whether it had ended before."""
    running = subprocess.Popen([sys.executable, "-c", RUN, store, str(lake)])
    try:
        running.wait(after_s)
    except subprocess.TimeoutExpired:
        os.kill(running.pid, signal.SIGKILL)
        running.wait(WITHIN_S)
        return False
    assert running.returncode == 0
    return True


def rows(lake: Path) -> list[tuple[object, ...]]:
    asked = Lake(lake)
    question = "SELECT journal_offset, day, message_id, person_id, happened_at FROM events"
    found = sorted(asked.ask(question).rows())
    asked.close()
    return found


def test_killed_at_any_moment_nothing_is_lost_or_doubled(tmp_path: Path) -> None:
    store = crowd(tmp_path)
    began = time.monotonic()
    assert run_killed(store, tmp_path / "whole", WITHIN_S)
    took_s = time.monotonic() - began
    chance, ends = random.Random(SEED), 0
    lake = tmp_path / "killed"
    for _ in range(KILLS):
        ends += run_killed(store, lake, took_s * chance.uniform(0.3, 0.9))
        if (lake / "manifest.json").exists():
            found = rows(lake)
            assert [row[0] for row in found] == [*range(1, len(found) + 1)]
    assert run_killed(store, lake, WITHIN_S)
    assert ends < KILLS
    assert rows(lake) == rows(tmp_path / "whole")
    assert closed(lake) == closed(tmp_path / "whole")
    with suppress(FileNotFoundError):
        assert not [*(lake / ".drafts").iterdir()]
    with open_library(store).reading() as reading:
        assert len(rows(lake)) == reading.tail.last()


def closed(lake: Path) -> dict[str, bytes]:
    """Return the files of closed days."""
    found = sorted(lake.glob("*/day=*/*.parquet"))
    return {path.relative_to(lake).as_posix(): path.read_bytes() for path in found}
