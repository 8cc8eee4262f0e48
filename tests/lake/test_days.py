"""What is in the lake when: closed days for ever, the open day when asked, nothing twice."""

from __future__ import annotations

from pathlib import Path

import pytest

from regard.core.errors import Refused, Unavailable
from regard.lake.manifest import filling, read_manifest
from regard.store import MemoryStore
from tests.lake.town import DAY_MINUTES as DAY
from tests.lake.town import Town, event

COUNT = "SELECT count(*), count(DISTINCT journal_offset) FROM events"


def three_days(town: Town) -> None:
    for day in range(3):
        town.live(*(event(day * DAY + minute, f"u:ada{minute % 3}") for minute in range(5)))


def test_closed_days_are_there_and_the_open_one_is_when_asked(any_town: Town) -> None:
    three_days(any_town)
    assert any_town.fill().entry_count == 10
    assert any_town.ask(COUNT) == [(10, 10)]
    assert any_town.fill(is_open=True).entry_count == 5
    assert any_town.ask("SELECT day::VARCHAR, count(*) FROM events GROUP BY 1 ORDER BY 1") == [
        ("2026-03-02", 5),
        ("2026-03-03", 5),
        ("2026-03-04", 5),
    ]


def test_the_open_day_grows_and_is_replaced_when_it_closes(town: Town) -> None:
    three_days(town)
    town.fill(is_open=True)
    for minute in (100, 200):
        town.live(event(2 * DAY + minute, "u:ada"))
        town.fill(is_open=True)
    assert town.ask(COUNT) == [(17, 17)]
    assert town.ask("SELECT count(*) FROM parts WHERE is_open") == [(1,)]
    town.live(event(3 * DAY, "u:ada"))
    town.fill()
    assert town.ask(COUNT) == [(17, 17)]
    assert town.ask("SELECT count(*) FROM parts WHERE is_open") == [(0,)]
    town.fill(is_open=True)
    town.fill(is_open=True)
    assert len([*town.folder.glob("open/*/*/*.parquet")]) == 1
    assert town.ask(COUNT) == [(18, 18)]


def test_a_late_event_is_of_the_day_on_which_it_arrived(town: Town) -> None:
    three_days(town)
    town.fill()
    before = town.files()
    town.live(event(10, "u:ada", "Told Late"), late_days=2.5)
    town.live(event(4 * DAY, "u:ada"))
    town.fill()
    after = town.files()
    assert {name: after[name] for name in before} == before
    told = "SELECT day::VARCHAR, happened_at::VARCHAR FROM events WHERE name = 'Told Late'"
    assert town.ask(told) == [("2026-03-04", "2026-03-02 09:10:00")]


def test_who_waited_over_midnight_belongs_to_the_day_that_has_begun(town: Town) -> None:
    town.live(
        event(0, "u:ada"), event(DAY, "u:bruno"), event(10, "u:chen"), event(2 * DAY, "u:ada")
    )
    town.fill()
    days = "SELECT journal_offset, day::VARCHAR FROM events ORDER BY 1"
    assert town.ask(days) == [(1, "2026-03-02"), (2, "2026-03-03"), (3, "2026-03-03")]


def test_the_same_journal_makes_the_same_files(town: Town, tmp_path: Path) -> None:
    three_days(town)
    town.fill()
    other = Town(tmp_path / "again", town.store)
    other.fill()
    assert other.files() == town.files()
    assert town.files()


@pytest.mark.parametrize("steps", range(4))
def test_a_run_that_ended_anywhere_is_gone_on_with(town: Town, tmp_path: Path, steps: int) -> None:
    class Killed(Exception):
        pass

    left = [steps]

    def dying(_done: int, _all: int) -> None:
        if not left[0]:
            raise Killed
        left[0] -= 1

    three_days(town)
    with pytest.raises(Killed):
        town.fill(length=3, tell=dying)
    town.fill(length=3)
    whole = Town(tmp_path / "whole", town.store)
    whole.fill(length=3)
    assert town.files() == whole.files()
    assert town.ask(COUNT) == [(10, 10)]


def test_what_a_killed_run_left_behind_goes(town: Town) -> None:
    three_days(town)
    town.fill(is_open=True)
    strays = [
        town.folder / ".drafts" / "x" / "draft.parquet",
        town.folder / "events" / "day=2026-03-02" / "part-000000000001-000000000003.parquet",
        town.folder
        / "open"
        / "events"
        / "day=2026-03-04"
        / "part-000000000011-000000000099.parquet",
        town.folder / "snapshots" / "000000000007" / "persons.parquet",
    ]
    for stray in strays:
        stray.parent.mkdir(parents=True, exist_ok=True)
        stray.write_bytes(b"half of it")
    town.live(event(3 * DAY, "u:ada"))
    town.fill()
    assert not [stray for stray in strays if stray.exists()]
    assert town.ask(COUNT) == [(15, 15)]


def test_who_reads_is_not_disturbed_by_a_run(town: Town) -> None:
    three_days(town)
    town.fill(is_open=True)
    manifest = read_manifest(town.folder)
    assert manifest is not None
    town.live(event(3 * DAY, "u:ada"))
    town.fill(is_open=True)
    named = [part.path for part in (*manifest.parts, *manifest.open_parts)]
    assert all((town.folder / path).exists() for path in named)


def test_a_lake_of_another_journal_is_left_alone(town: Town) -> None:
    three_days(town)
    town.fill()
    other = Town(town.folder, MemoryStore())
    with pytest.raises(Refused, match="journal is empty"):
        other.fill()
    other.live(event(7, "u:dalia"))
    with pytest.raises(Refused, match="another journal"):
        other.fill()
    assert town.ask(COUNT) == [(10, 10)]


def test_two_do_not_fill_at_once(town: Town) -> None:
    three_days(town)
    with filling(town.folder), pytest.raises(Unavailable, match="Another process"):
        town.fill()


def test_only_its_owner_looks_into_a_lake(town: Town) -> None:
    three_days(town)
    town.fill()
    assert town.folder.stat().st_mode & 0o077 == 0


def test_nothing_new_changes_nothing(town: Town) -> None:
    three_days(town)
    first = town.fill(is_open=True).manifest
    assert town.fill(is_open=True).manifest == first


def test_what_cannot_be_written_is_told(town: Town) -> None:
    three_days(town)
    town.folder.write_text("a file")
    with pytest.raises(Unavailable, match="cannot be written"):
        town.fill()


def test_a_long_open_day_is_not_written_again_and_again(town: Town) -> None:
    town.live(*(event(minute, "u:ada") for minute in range(10)))
    town.fill(is_open=True, length=4)
    first = {path: path.stat().st_mtime_ns for path in town.folder.glob("open/*/*/*.parquet")}
    town.live(event(20, "u:ada"), event(21, "u:ada"), event(22, "u:ada"))
    town.fill(is_open=True, length=4)
    town.fill(is_open=True, length=4)
    kept = {path: path.stat().st_mtime_ns for path in first if path.exists()}
    assert kept.items() <= first.items()
    assert [path.name for path in kept] == ["part-000000000001-000000000008.parquet"]
    assert town.ask(COUNT) == [(13, 13)]


def test_the_day_that_has_begun_is_not_lost_while_one_closes(town: Town) -> None:
    """Who waited over midnight came last, so the day before is still open; then it closes."""
    town.live(event(0, "u:ada"), event(DAY, "u:ada"), event(1, "u:bruno"))
    town.fill(is_open=True)
    assert town.ask(COUNT) == [(3, 3)]
    town.live(event(DAY + 5, "u:ada"), event(DAY + 6, "u:ada"))
    assert town.fill().entry_count == 0
    assert town.ask(COUNT) == [(3, 3)]
    town.fill(is_open=True)
    assert town.ask(COUNT) == [(5, 5)]
    assert town.ask("SELECT count(*) FROM parts WHERE NOT is_open") == [(1,)]
