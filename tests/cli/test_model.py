"""`regard model`: checked for CI, drawn to files that other programs open."""

from __future__ import annotations

import json
import re
from datetime import UTC, datetime, timedelta
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


def test_measure_finds_the_late_till_in_a_real_journal(tmp_path: Path) -> None:
    folder = copytree(LAMPS, tmp_path / "lamps")
    lines = []
    for n in range(120):
        order, person, hour = f"L-{n}", f"u{n}", n % 48
        lines.append(_event(person, "Order Completed", order, 0, "shop"))
        name = "Return Refused" if hour < 24 else "Return Accepted"
        lines.append(_event(person, name, order, hour, "till"))
    for source in ("shop", "till"):
        file = tmp_path / f"{source}.jsonl"
        file.write_text("\n".join(line for s, line in lines if s == source))
        result = CliRunner().invoke(
            main, ["import", str(file), "--source", source, "--folder", str(folder)]
        )
        assert result.exit_code == 0, result.output
    code, told = run("measure", folder, "--days", "0", "--log", tmp_path / "lived.xes")
    assert code == 0, told
    late = re.search(
        r"LATE  Return Refused on store\.pos: (\d+)% while the order_number from web\.desktop "
        r"is younger than (\d+) hours, (\d+)% later",
        told,
    )
    assert late, told
    assert int(late[1]) >= 95
    assert 22 <= int(late[2]) <= 26
    assert int(late[3]) == 0
    assert (tmp_path / "lived.xes").read_text().count("<trace>") == 120


def _event(person: str, name: str, order: str, hour: int, source: str) -> tuple[str, str]:
    at = datetime(2026, 3, 2, tzinfo=UTC) + timedelta(hours=hour, minutes=5)
    event = {
        "type": "track",
        "event": name,
        "userId": person,
        "messageId": f"{name}-{order}",
        "timestamp": at.isoformat(),
        "properties": {"order_number": order},
    }
    return source, json.dumps(event)


def test_a_day_is_told_of_somebody_who_consented(tmp_path: Path) -> None:
    folder = copytree(LAMPS, tmp_path / "lamps")
    yes = {
        **json.loads(_event("u2", "Consent Granted", "L-9", 2, "shop")[1]),
        "properties": {"purpose": "newsletter"},
    }
    lines = [_event(f"u{n}", "Order Completed", f"L-{n}", 1, "shop")[1] for n in (1, 2)]
    file = tmp_path / "shop.jsonl"
    file.write_text("\n".join([*lines, json.dumps(yes)]))
    given = ["import", str(file), "--source", "shop", "--folder", str(folder)]
    assert CliRunner().invoke(main, given).exit_code == 0
    code, told = run("day", folder, "--purpose", "newsletter")
    assert code == 0, told
    assert told.startswith("A Monday with a customer")
    assert "Order Completed (order A)" in told
    assert "L-2" not in told
    code, told = run("day", folder, "--purpose", "newsletter", "--person", "u1")
    assert code == 1
    assert "did not consent" in told
