"""`regard draw`: one flow or all of them, with counts where something was lived."""

from __future__ import annotations

from pathlib import Path
from xml.etree import ElementTree

from tests.cli.conftest import Run


def test_a_promise_is_drawn_to_the_terminal(run: Run, folder: Path) -> None:
    done = run("draw", folder, "stay_reminder")
    assert done.exit_code == 0, done.output
    assert ElementTree.fromstring(done.output).tag.endswith("svg")
    assert "began" not in done.output


def test_a_store_brings_its_counts(run: Run, lived: Path, tmp_path: Path) -> None:
    file = tmp_path / "promise.svg"
    done = run("draw", lived, "stay_reminder", "--out", file)
    assert done.exit_code == 0, done.output
    assert "1 began" in file.read_text()
    assert "1 here" in file.read_text()


def test_without_a_name_everything_is_drawn(run: Run, folder: Path, tmp_path: Path) -> None:
    place = tmp_path / "drawn"
    done = run("draw", folder, "--out", place)
    assert done.exit_code == 0, done.output
    assert "promise-stay_reminder.svg" in {path.name for path in place.iterdir()}


def test_an_unknown_name_says_what_there_is(run: Run, folder: Path) -> None:
    done = run("draw", folder, "no_such")
    assert done.exit_code == 1
    assert "stay_reminder" in done.output


def test_a_store_that_is_named_must_be_there(run: Run, folder: Path, tmp_path: Path) -> None:
    done = run("draw", folder, "stay_reminder", "--store", tmp_path / "none.db")
    assert done.exit_code == 1
    assert "There is no store" in done.output
