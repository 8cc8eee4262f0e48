"""`regard simulate`: months of a folder that nobody wrote a world for."""

from __future__ import annotations

import logging
from collections.abc import Iterator
from pathlib import Path

import pytest

from regard.decisions import rules
from tests.cli.conftest import Run


@pytest.fixture(autouse=True)
def _with_log_again() -> Iterator[None]:
    yield
    logging.disable(logging.NOTSET)


def test_months_of_a_new_folder_break_nothing(run: Run, folder: Path) -> None:
    done = run("simulate", folder, "--seeds", 5, "--people", 12, "--processes", 1)
    assert done.exit_code == 0, done.output
    assert "5 months: " in done.output
    assert "Every invariant held in all of them." in done.output


def test_what_breaks_is_told_as_a_short_story(
    run: Run, folder: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(rules, "consent_refusal", lambda *_: "")
    told = tmp_path / "stories"
    done = run(*("simulate", folder, "--seeds", 12, "--processes", 1, "--calm", "--stories", told))
    assert done.exit_code == 1
    assert "BROKE  message " in done.output
    assert f"again: regard simulate {folder} --first " in done.output
    assert "An invariant broke in " in done.output
    assert all(path.read_text().startswith("story: Seed ") for path in told.glob("*.yaml"))


def test_a_folder_with_problems_is_refused(run: Run, tmp_path: Path) -> None:
    done = run("simulate", tmp_path)
    assert done.exit_code == 1
    assert "regard.toml" in done.output
