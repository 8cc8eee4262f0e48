"""Asking a lake in SQL: what may be asked, where it is wrong, and that nothing can be changed."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from regard.core.errors import Refused
from regard.lake import Lake
from tests.lake.town import DAY_MINUTES as DAY
from tests.lake.town import Town, event

ROOT = Path(__file__).parents[2]

FORBIDDEN = [
    "COPY (SELECT 1) TO '{file}' (FORMAT parquet)",
    "COPY (SELECT 1) TO '{file}' (FORMAT parquet, USE_TMP_FILE false)",
    "EXPLAIN ANALYZE COPY (SELECT 1) TO '{file}' (USE_TMP_FILE false)",
    "EXPLAIN (ANALYZE) COPY (SELECT 1) TO '{file}' (USE_TMP_FILE false)",
    "/* */ EXPLAIN ANALYZE COPY (SELECT 1) TO '{file}'",
    "EXPLAIN EXPLAIN ANALYZE COPY (SELECT 1) TO '{file}'",
    "PREPARE p AS COPY (SELECT 1) TO '{file}'",
    "EXPORT DATABASE '{folder}'",
    "IMPORT DATABASE '{folder}'",
    "ATTACH '{folder}/x.db'",
    "CREATE TABLE x AS SELECT 1",
    "DROP VIEW events",
    "DELETE FROM events",
    "SET enable_external_access = true",
    "PRAGMA enable_profiling",
    "CALL enable_logging()",
    "INSTALL httpfs",
    "LOAD httpfs",
]

UNREACHABLE = [
    "SELECT * FROM read_text('/etc/hostname')",
    "SELECT * FROM read_csv('/etc/passwd')",
    "SELECT * FROM '{folder}/manifest.json'",
    "SELECT * FROM glob('/*')",
    "SELECT * FROM read_parquet('https://example.com/x.parquet')",
]


@pytest.fixture(scope="module")
def still(tmp_path_factory: pytest.TempPathFactory) -> Town:
    """A town of two days, of which a lake was made; nothing happens any more."""
    return two_days(Town(tmp_path_factory.mktemp("asked") / "lake"))


@pytest.fixture(scope="module")
def lake(still: Town) -> Iterator[Lake]:
    """Its lake."""
    lake = Lake(still.folder)
    yield lake
    lake.close()


def two_days(town: Town) -> Town:
    town.live(event(0, "u:ada", facts={"total": 12}), event(DAY, "u:bruno"))
    town.fill(is_open=True)
    return town


@pytest.mark.parametrize("question", FORBIDDEN)
def test_nothing_can_be_changed(still: Town, lake: Lake, question: str) -> None:
    before = still.files()
    (file, *_) = still.folder.glob("events/*/*.parquet")
    with pytest.raises(Refused):
        lake.ask(question.format(file=file, folder=still.folder))
    assert still.files() == before
    assert [*lake.ask("SELECT count(*) FROM events").rows()] == [(2,)]


@pytest.mark.parametrize("question", UNREACHABLE)
def test_nothing_else_can_be_read(still: Town, lake: Lake, question: str) -> None:
    with pytest.raises(Refused):
        [*lake.ask(question.format(folder=still.folder)).rows()]


@pytest.mark.parametrize(
    "question",
    [
        "FROM events",
        "SELECT facts ->> 'total' FROM events;",
        "DESCRIBE events",
        "SHOW TABLES",
        "SUMMARIZE events",
        "EXPLAIN SELECT * FROM events",
        "EXPLAIN ANALYZE SELECT count(*) FROM events",
        "PIVOT (SELECT channel, type FROM events) ON type USING count(*)",
        "WITH a AS (SELECT * FROM events) SELECT count(*) FROM a JOIN persons USING (person_id)",
        "SELECT date_trunc('day', happened_at), count(*) FROM events GROUP BY 1",
    ],
)
def test_what_reads_is_answered(lake: Lake, question: str) -> None:
    assert [*lake.ask(question).rows()]


@pytest.mark.parametrize(
    ("question", "place", "words"),
    [
        ("SELECT nope FROM events", "Line 1, column 8", "nope"),
        ("SELECT 1 +\n  nope FROM events", "Line 2, column 3", "nope"),
        ("SELECT 'é', nope FROM events", "Line 1, column 13", "nope"),
        ("SELEC 1", "Line 1, column 1", "syntax error"),
        ("SELECT * FROM event", "Line 1, column 15", "events"),
        ("SELECT name::INT FROM events", "Line 1, column 12", "convert"),
    ],
)
def test_a_mistake_is_told_with_its_place(
    lake: Lake, question: str, place: str, words: str
) -> None:
    with pytest.raises(Refused) as told:
        [*lake.ask(question).rows()]
    assert told.value.message.startswith(f"{place}: ")
    assert words in told.value.message


@pytest.mark.parametrize("question", ["", "  ;", "-- nothing", "SELECT 1; SELECT 2"])
def test_one_question_at_a_time(lake: Lake, question: str) -> None:
    with pytest.raises(Refused, match="one at a time"):
        lake.ask(question)


def test_without_a_lake_it_says_how_to_make_one(town: Town) -> None:
    with pytest.raises(Refused, match="no lake") as told:
        Lake(town.folder)
    assert "regard lake" in told.value.hint


def test_each_question_sees_the_latest_state(town: Town) -> None:
    lake = Lake(two_days(town).folder)
    town.live(event(2 * DAY, "u:chen"), event(3 * DAY, "u:chen"))
    town.fill(is_open=True)
    town.fill(is_open=True)
    assert [*lake.ask("SELECT count(*) FROM events").rows()] == [(4,)]
    lake.close()


def test_tables_without_rows_are_there(lake: Lake) -> None:
    answer = lake.ask("SELECT * FROM decisions")
    assert [*answer.rows()] == []
    assert {"day", "verdict", "person_id", "person_id_then", "rest"} <= {*answer.names}


def test_files_that_are_no_day_of_a_question_are_not_opened(lake: Lake) -> None:
    plan = str([*lake.ask("EXPLAIN SELECT * FROM events WHERE day = DATE '2026-03-02'").rows()])
    assert "1/2" in plan


def test_a_lake_with_a_hole_says_what_to_do(town: Town) -> None:
    (file, *_) = two_days(town).folder.glob("events/*/*.parquet")
    file.unlink()
    with pytest.raises(Refused, match="not whole") as told:
        Lake(town.folder)
    assert "makes it anew" in told.value.hint


def test_what_the_docs_ask_can_be_asked(lake: Lake) -> None:
    text = (ROOT / "docs" / "lake.md").read_text(encoding="utf-8")
    blocks = re.findall(r"^```sql\n(.*?)^```", text, flags=re.DOTALL | re.MULTILINE)
    questions = [q for block in blocks for q in re.split(r";\n", block) if q.strip()]
    assert len(questions) >= 3
    for question in questions:
        lake.ask(question)
