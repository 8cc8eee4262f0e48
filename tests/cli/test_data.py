"""`regard import`, `export`, `explain`, `audit` and `rebuild` over one small life."""

from __future__ import annotations

import json
from pathlib import Path

import pytest

from regard.cli.place import store_path, writer_lock
from tests.cli.conftest import BOOKING, Run, jsonl

CSV = """E-Mail,user_id,Notes,properties.booking_number,event,at,properties.arrival_at
bruno@example.com,bruno,likes tea,BK2,Booking Confirmed,2026-03-02T10:00:00Z,2026-03-09T14:00:00Z
not an address,,,BK3,Booking Confirmed,some day,2026-03-09T14:00:00Z
chen@example.com,chen,,,,,
"""


@pytest.fixture
def table(folder: Path) -> Path:
    path = folder.parent / "guests.csv"
    path.write_text(CSV)
    return path


def test_dry_run_writes_nothing(run: Run, folder: Path) -> None:
    file = jsonl(folder, BOOKING, BOOKING, {"event": "Booking Confirmed"})
    told = run("import", file, "--source", "website", "--folder", folder, "--dry-run")
    assert told.exit_code == 1
    assert "1  events to import" in told.output
    assert "events.jsonl:2: duplicate of line 1" in told.output
    assert "events.jsonl:3: no_identifier: " in told.output
    assert not Path(store_path(folder, "")).exists()


def test_what_is_imported_twice_is_there_once(run: Run, folder: Path) -> None:
    file = jsonl(folder, BOOKING, {**BOOKING, "id": "booking-2"})
    first = run("import", file, "--source", "website", "--folder", folder)
    assert "2  new events" in first.output
    again = run("import", file, "--source", "website", "--folder", folder)
    assert "0  new events" in again.output
    assert "2  known before (dropped)" in again.output


def test_csv_with_headers_of_their_own(run: Run, folder: Path, table: Path) -> None:
    given = ("import", table, "--source", "website", "--folder", folder)
    refused = run(*given)
    assert refused.exit_code == 1
    assert "E-Mail" in refused.output
    done = run(*given, "--column", "E-Mail=traits.email", "--column", "Notes=")
    assert done.exit_code == 0, done.output
    assert "new events" in done.output
    told = run("explain", "email:Bruno@Example.com", "--folder", folder)
    assert "email:bruno@example.com = user_id:bruno" in " ".join(told.output.split()) or (
        "user_id:bruno = email:bruno@example.com" in told.output
    )
    assert "likes tea" not in told.output


def test_column_without_a_place_is_refused(run: Run, folder: Path, table: Path) -> None:
    given = ("import", table, "--source", "website", "--folder", folder)
    told = run(*given, "--column", "E-Mail")
    assert told.exit_code == 1
    assert "Write HEADER=PLACE" in told.output


def test_unknown_source_names_those_that_are(run: Run, folder: Path) -> None:
    told = run("import", jsonl(folder, BOOKING), "--source", "webste", "--folder", folder)
    assert told.exit_code == 1
    assert "no source 'webste'" in told.output
    assert "website" in told.output


def test_explain_tells_who_why_and_what(run: Run, lived: Path) -> None:
    told = run("explain", "ada", "--folder", lived)
    assert told.exit_code == 0, told.output
    assert told.output.startswith("Ada Novak  p_")
    for part in ("Why one person", "email:ada@example.com", "What happened", "BK1"):
        assert part in told.output
    whole = json.loads(run("explain", "email:ada@example.com", "--folder", lived, "--json").output)
    assert set(whole) == {"person", "identifiers", "evidence", "timeline", "traces"}
    assert run("explain", whole["person"]["id"], "--folder", lived).exit_code == 0


def test_explain_tells_what_no_more_links_and_who_said_so(run: Run, lived: Path) -> None:
    away = ("email:ada@example.com", "--why", "her sister's", "--folder", lived)
    assert run("identity", "split", *away).exit_code == 0
    told = run("explain", "ada", "--folder", lived).output
    proof = next(line for line in told.splitlines() if "≠" in line)
    assert "email:ada@example.com ≠ user_id:ada: same_event" in proof
    assert proof.endswith("(links nobody)")
    assert "Taken apart: ada@example.com from" in told
    assert "her sister's" in told
    left = run("explain", "email:ada@example.com", "--folder", lived).output
    assert "her sister's" in left


def test_imported_history_is_told_at_its_own_time(run: Run, folder: Path) -> None:
    earlier = {**BOOKING, "id": "booking-0", "at": "2024-05-06T07:08:09Z"}
    file = jsonl(folder, BOOKING, earlier)
    run("import", file, "--source", "website", "--folder", folder)
    told = run("explain", "ada", "--folder", folder).output.partition("What happened")[2]
    moments = [line[:21].strip() for line in told.splitlines() if "BK1" in line]
    assert moments == ["2024-05-06 07:08:09", "2026-03-02 09:00:00"]


def test_unknown_person_suggests_who_was_meant(run: Run, lived: Path) -> None:
    told = run("explain", "Novak", "--folder", lived)
    assert told.exit_code == 1
    assert "Did you mean Ada Novak (p_" in told.output
    stranger = run("explain", "zoe", "--folder", lived)
    assert "Nobody is known as zoe. Name a user id, kind:value or p_…" in stranger.output


def test_exported_events_make_the_same_person_elsewhere(
    run: Run, lived: Path, tmp_path: Path
) -> None:
    out, other = tmp_path / "out.jsonl", tmp_path / "other.db"
    assert run("export", lived, "--events-only", "-o", out).exit_code == 0
    into = ("--source", "website", "--folder", lived, "--store", other)
    assert "1  new events" in run("import", out, *into).output
    assert "1  known before" in run("import", out, *into).output
    ids = [
        json.loads(run("explain", "ada", "--folder", lived, "--json", *store).output)["person"][
            "id"
        ]
        for store in ((), ("--store", other))
    ]
    assert ids[0] == ids[1]


def test_whole_journal_is_exported_with_its_people(run: Run, lived: Path) -> None:
    lines = [json.loads(line) for line in run("export", lived).output.splitlines()]
    assert [line["offset"] for line in lines] == list(range(1, len(lines) + 1))
    kinds = [line["body"]["kind"] for line in lines]
    assert kinds[0] == "event"
    assert "promise" in kinds
    assert {line["person_id"][:2] for line in lines} == {"p_"}


def test_books_balance_and_a_rebuild_changes_no_byte(run: Run, lived: Path) -> None:
    books = run("audit", lived)
    assert books.exit_code == 0, books.output
    assert "The books balance." in books.output
    rebuilt = run("rebuild", lived)
    assert rebuilt.exit_code == 0, rebuilt.output
    assert "Every view is the same to the byte." in rebuilt.output


def test_without_a_store_there_is_a_way_on(run: Run, folder: Path) -> None:
    for given in (("explain", "ada", "--folder", folder), ("audit", folder), ("export", folder)):
        told = run(*given)
        assert told.exit_code == 1
        assert "There is no store at" in told.output


def test_a_store_that_another_process_writes_is_left_alone(run: Run, lived: Path) -> None:
    file = jsonl(lived, BOOKING)
    with writer_lock(store_path(lived, "")):
        for given in (
            ("import", file, "--source", "website", "--folder", lived),
            ("rebuild", lived),
            ("serve", lived, "--port", 0),
        ):
            told = run(*given)
            assert told.exit_code == 1
            assert "is being written by process" in told.output
        assert run("audit", lived).exit_code == 0


def test_imported_history_promises_and_says_nothing_unless_told_to(run: Run, folder: Path) -> None:
    file = jsonl(folder, BOOKING)
    given = ("import", file, "--source", "website", "--folder", folder)
    assert run(*given).exit_code == 0
    assert "email:ada@example.com" in run("explain", "ada", "--folder", folder).output
    counts = run("audit", folder).output
    assert "promises" not in counts
    assert "1  events noted" in counts
