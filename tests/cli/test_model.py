"""`regard model`: checked for CI, drawn to files that other programs open."""

from __future__ import annotations

import json
import re
from pathlib import Path
from shutil import copytree

import pytest
from click.testing import CliRunner

from regard.cli import main

LAMPS = Path(__file__).parents[2] / "examples" / "lamps"


def run(*arguments: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["model", *map(str, arguments)])
    return result.exit_code, result.output


def test_check_lists_the_costliest_disconnect_first_and_what_removes_it() -> None:
    code, told = run("check", LAMPS)
    assert code == 0
    assert told.splitlines()[0].startswith("  1. order leaves Sales by receipt_number")
    assert "removed: " in told


def test_check_refuses_a_broken_reference_with_its_place(tmp_path: Path) -> None:
    folder = copytree(LAMPS, tmp_path / "lamps")
    place = folder / "model" / "as_is.yaml"
    place.write_text(place.read_text().replace("uses: [till]", "uses: [tile]"))
    code, told = run("check", folder)
    assert code == 1
    assert re.search(
        r"model/as_is\.yaml:\d+: organisations\.stores\.uses.*did you mean 'till'", told
    )


def test_check_warns_of_what_is_new_since_another_version(tmp_path: Path) -> None:
    folder = copytree(LAMPS, tmp_path / "lamps")
    place = folder / "model" / "as_is.yaml"
    place.write_text(
        place.read_text().replace("title: E-mail, organisation: marketing,", "title: E-mail,")
    )
    code, told = run("check", folder, "--against", LAMPS)
    assert code == 0
    assert "new: nobody owns E-mail" in told
    code, told = run("check", folder, "--against", LAMPS, "--json")
    report = json.loads(told)
    assert code == 0
    assert [p["path"] for p in report["problems"]] == ["unowned_channel:email"]
    assert {d["trouble"] for d in report["disconnects"]} >= {"late", "conflict", "deaf_promise"}


def test_a_folder_without_a_model_is_told_what_to_write(tmp_path: Path) -> None:
    code, told = run("check", tmp_path)
    assert code == 1
    assert "model/as_is.yaml" in told


@pytest.mark.parametrize(
    ("name", "head"), [("page.pdf", b"%PDF-"), ("page.png", b"\x89PNG"), ("page.svg", b"<svg ")]
)
def test_draw_writes_files_that_other_programs_open(tmp_path: Path, name: str, head: bytes) -> None:
    code, _ = run("draw", LAMPS, "--which", "difference", "-o", tmp_path / name)
    assert code == 0
    data = (tmp_path / name).read_bytes()
    assert data.startswith(head)
    assert len(data) > 10_000
