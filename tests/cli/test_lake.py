"""`regard lake` and `regard sql` over one small life, and beside a server."""

from __future__ import annotations

import csv
import io
import json
import os
import subprocess
import sys
from pathlib import Path

import pytest
from click.testing import CliRunner

from regard.cli import main
from tests.cli.conftest import Run

TALKED_WITHIN_S = 60
COUNTS = "SELECT type, name, count(*) AS events FROM events GROUP BY ALL"


def test_the_day_under_way_is_in_the_lake_when_asked(run: Run, lived: Path) -> None:
    closed = run("lake", lived)
    assert closed.exit_code == 0, closed.output
    assert "closed days up to none yet" in closed.output
    done = run("lake", lived, "--now", "--json")
    told = json.loads(done.stdout)
    assert told["new_entries"] == told["rows"] == told["open_to"] > 1
    asked = run("sql", COUNTS, "--folder", lived)
    assert asked.exit_code == 0, asked.output
    assert [line.split() for line in asked.output.splitlines()] == [
        ["type", "name", "events"],
        ["track", "Booking", "Confirmed", "1"],
    ]


def test_answers_as_csv_and_json(run: Run, lived: Path) -> None:
    run("lake", lived, "--now", "--to", lived / "elsewhere")
    question = "SELECT name, facts, identifiers, happened_at, NULL AS nothing FROM events"
    asked = ("sql", question, "--lake", lived / "elsewhere")
    (row,) = json.loads(run(*asked, "--json").stdout)
    assert row["facts"]["booking_number"] == "BK1"
    assert {"kind": "user_id", "value": "ada"} in row["identifiers"]
    assert row["happened_at"] == "2026-03-02T09:00:00Z"
    assert row["nothing"] is None
    header, line = csv.reader(io.StringIO(run(*asked, "--csv").stdout))
    assert header == ["name", "facts", "identifiers", "happened_at", "nothing"]
    assert line[0] == "Booking Confirmed"
    assert json.loads(line[1])["booking_number"] == "BK1"
    assert line[3:] == ["2026-03-02 09:00:00", ""]


def test_an_empty_answer_is_json_too(run: Run, lived: Path) -> None:
    run("lake", lived, "--now")
    asked = run("sql", "FROM events WHERE name = 'Nothing'", "--folder", lived, "--json")
    assert json.loads(asked.stdout) == []


def test_a_question_from_standard_input(run: Run, lived: Path) -> None:
    run("lake", lived, "--now")
    asked = CliRunner().invoke(main, ["sql", "--folder", str(lived)], input="SELECT 6 * 7 AS n\n")
    assert asked.output.split() == ["n", "42"], asked


def test_mistakes_end_with_one_and_their_place(run: Run, lived: Path) -> None:
    no_lake = run("sql", "SELECT 1", "--folder", lived)
    assert no_lake.exit_code == 1
    assert "regard lake" in no_lake.output
    run("lake", lived, "--now")
    wrong = run("sql", "SELECT nope FROM events", "--folder", lived)
    assert wrong.exit_code == 1
    assert "Line 1, column 8: " in wrong.output
    writing = run("sql", "COPY events TO 'x.csv'", "--folder", lived)
    assert writing.exit_code == 1
    assert "only read" in writing.output


def test_regard_toml_says_where_the_lake_is(run: Run, lived: Path) -> None:
    toml = lived / "regard.toml"
    toml.write_text(toml.read_text() + '\n[lake]\nfolder = ".water"\nevery = "2 hours"\n')
    assert run("lake", lived, "--now").exit_code == 0
    assert (lived / ".water" / "manifest.json").exists()
    assert run("sql", "SELECT 1", "--folder", lived).exit_code == 0
    toml.write_text(toml.read_text().replace("2 hours", "2 seconds").replace(".water", "water"))
    refused = run("check", lived)
    assert refused.exit_code == 1
    assert "lake.every" in refused.output
    assert "lake.folder" in refused.output


@pytest.mark.slow
def test_a_conversation_on_a_terminal(run: Run, lived: Path) -> None:
    run("lake", lived, "--now")
    ours, theirs = os.openpty()
    command = [sys.executable, "-c", "from regard.cli import main; main()", "sql"]
    with subprocess.Popen([*command, "--folder", str(lived)], stdin=theirs, stdout=theirs) as asked:
        os.write(ours, b"SELECT count(*) AS many\nFROM events;\nSELEC 1;\nSELECT 6 * 7;\n\\q\n")
        assert asked.wait(TALKED_WITHIN_S) == 0
    told = os.read(ours, 100_000).decode()
    for name in (ours, theirs):
        os.close(name)
    for words in ("identity_changes", "many", "42"):
        assert words in told


def test_times_that_are_none_are_wrong_usage(run: Run, lived: Path) -> None:
    assert run("lake", lived, "--every", "often").exit_code == 2
    assert run("lake", lived, "--every", "1 second").exit_code == 2


def test_no_journal_is_told(run: Run, folder: Path) -> None:
    done = run("lake", folder)
    assert done.exit_code == 1
    assert "no store" in done.output
