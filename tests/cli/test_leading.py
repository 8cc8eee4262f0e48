"""`regard broadcast` and `regard publish`: on a store that nobody serves, and on a running one."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from regard.cli.running import NAME, running_house, told_address
from tests.audit.serving import run_regard, serving
from tests.cli.conftest import Run

BROADCAST = """
id: spring
title: Spring at the harbour
engagement: welcome
pace_per_s: 100
seeds: [ada, nobody]
"""


@pytest.fixture
def leading(lived: Path) -> Path:
    """Return a project whose store knows Ada, with a broadcast of an engagement that it has."""
    engagement = sorted(p.name for p in (lived / "engagements").iterdir())[0]
    (lived / "broadcasts").mkdir()
    text = BROADCAST.replace("engagement: welcome", f"engagement: {engagement}")
    (lived / "broadcasts" / "spring.yaml").write_text(text)
    return lived


def test_a_broadcast_is_led_on_a_store_that_nobody_serves(run: Run, leading: Path) -> None:
    place = ("--folder", leading)
    told = run("broadcast", "list", *place)
    assert "spring: not started" in told.output
    outlook = run("broadcast", "preview", "spring", *place, "--json")
    found = json.loads(outlook.output[outlook.output.index("{") :])
    assert found["recipients"] == 1
    assert "recipients" in run("broadcast", "preview", "spring", *place).output
    tested = run("broadcast", "test", "spring", *place)
    assert "nobody is known as nobody" in tested.output
    for act, status in (("start", "running"), ("pause", "paused"), ("resume", "running")):
        done = run("broadcast", act, "spring", *place)
        assert done.exit_code == 0, done.output
        assert f"is {status}" in done.output
        assert "No house is running" in done.output
    again = run("broadcast", "start", "spring", *place)
    assert (again.exit_code, "was started" in again.output) == (1, True)
    assert "is cancelled" in run("broadcast", "cancel", "spring", *place).output
    assert "spring: cancelled" in run("broadcast", "list", *place).output


def test_a_broadcast_that_is_not_there_is_refused(run: Run, leading: Path) -> None:
    done = run("broadcast", "start", "autumn", "--folder", leading)
    assert done.exit_code == 1
    assert "It has spring" in done.output


def test_a_folder_is_published_and_brought_back_where_nobody_serves(
    run: Run, leading: Path
) -> None:
    first = run("publish", leading)
    assert "is published" in first.output
    assert "is in force already" in run("publish", leading).output
    (leading / "broadcasts" / "spring.yaml").unlink()
    second = run("publish", leading)
    assert "is published" in second.output
    back = run("publish", "--undo", leading)
    assert "was withdrawn" in back.output
    assert run("publish", "--undo", leading).exit_code == 1
    assert "spring: not started" in run("broadcast", "list", "--folder", leading).output


def test_a_folder_with_problems_is_not_published(run: Run, leading: Path) -> None:
    (leading / "broadcasts" / "spring.yaml").write_text("id: spring")
    done = run("publish", leading)
    assert done.exit_code == 1
    assert "engagement" in done.output


def test_the_address_of_a_house_is_for_its_owner_and_goes_with_it(leading: Path) -> None:
    store = str(leading / ".regard" / "regard.db")
    path = leading / ".regard" / NAME
    with told_address(leading, "http://127.0.0.1:1", store):
        assert path.stat().st_mode & 0o777 == 0o600
        assert running_house(leading, "") is None
    assert not path.exists()


@pytest.mark.slow
def test_a_running_house_is_led_from_the_terminal(leading: Path) -> None:
    place = ("--folder", str(leading))
    with serving(leading, leading / ".regard" / "regard.db") as house:
        started = run_regard("broadcast", "start", "spring", *place)
        assert (started.code, "No house" in started.output) == (0, False), started.output
        assert "1 recipients" in run_regard("broadcast", "preview", "spring", *place).output
        (leading / "broadcasts" / "spring.yaml").unlink()
        assert "is published" in run_regard("publish", str(leading)).output
        assert "was withdrawn" in run_regard("publish", "--undo", str(leading)).output
        assert house.stop() == 0
        house.start()
        assert "spring: " in run_regard("broadcast", "list", *place).output
        assert "is in force already" not in run_regard("publish", str(leading)).output
