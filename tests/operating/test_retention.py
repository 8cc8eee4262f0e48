"""`regard retain`: what was kept long enough goes, the journal tells it, nothing else changes."""

from __future__ import annotations

import json
import os
from contextlib import closing
from datetime import timedelta
from pathlib import Path

import pytest

from regard.assembly import build_ledger
from regard.cli.place import store_path, writer_lock
from regard.core.event import Retained
from regard.project import load
from regard.store import open_store
from tests.operating.lived import BEFORE, TODAY, hotel, live, regard
from tests.store.postgres import PostgresServer

POLICY = '\n[retention]\ncontents = "90 days"\nrejected = "30 days"\n'


@pytest.fixture
def folder(tmp_path: Path) -> Path:
    written = hotel(tmp_path / "harbour")
    with (written / "regard.toml").open("a") as settings:
        settings.write(POLICY)
    return written


def kept(location: str, folder: Path) -> tuple[int, int, dict[str, int], list[Retained]]:
    """Return contents, refused items, what sources count, and what the journal tells of it."""
    with closing(open_store(location)) as store, store.reading() as reading:
        contents = [said for _, said in reading.registers.messages() if said is not None]
        sources, rejected = reading.registers.sources()
        entries = reading.tail.after(0, 10_000)
    told = [entry.body for entry, _, _ in entries if isinstance(entry.body, Retained)]
    counted = {row.source: row.rejected_count for row in sources if row.rejected_count}
    return len(contents), len(rejected), counted, told


def test_dry_run_tells_by_kind_and_day_beside_a_running_house(folder: Path) -> None:
    location = store_path(folder, "")
    live(folder, location)
    with writer_lock(location):
        told = regard("retain", folder, "--dry-run")
        lines = regard("retain", folder, "--dry-run", "--json").output.splitlines()
        refused = regard("retain", folder)
    assert told.exit_code == 0, told.output
    assert "1 messages as they were said before" in told.output
    assert "1 items that intake refused before" in told.output
    assert [json.loads(line) for line in lines] == [
        {"kind": kind, "day": f"{BEFORE:%Y-%m-%d}", "count": 1} for kind in ("content", "rejected")
    ]
    assert refused.exit_code == 1
    assert "is being written by process" in refused.output
    assert kept(location, folder)[:2] == (1, 1)


def test_what_goes_is_told_and_every_view_stays_the_same_to_the_byte(folder: Path) -> None:
    location = store_path(folder, "")
    live(folder, location)
    program = load(folder, os.environ)
    with closing(open_store(location)) as store:
        ledger = build_ledger(store, lambda: program)
        while ledger.advance():
            pass
        before = store.digest()
    done = regard("retain", folder)
    assert done.exit_code == 0, done.output
    assert "2 rows went" in done.output
    contents, rejected, counted, told = kept(location, folder)
    assert (contents, rejected, counted) == (0, 0, {"site": 1})
    assert [(body.what, body.count) for body in told] == [("content", 1), ("rejected", 1)]
    assert told[0].before.date() == (TODAY - timedelta(days=90)).date()
    with closing(open_store(location)) as store:
        assert store.digest() == before
    assert "0 rows went" in regard("retain", folder).output  # once is enough
    assert "Every view is the same to the byte." in regard("rebuild", folder).output
    assert "1  retained content" in regard("audit", folder).output
    exported = regard("export", folder).output
    assert '"kind":"retained"' in exported


def test_what_is_young_stays(folder: Path) -> None:
    settings = (folder / "regard.toml").read_text().replace("90 days", "400 days")
    (folder / "regard.toml").write_text(settings)
    location = store_path(folder, "")
    live(folder, location)
    assert regard("retain", folder).exit_code == 0
    assert kept(location, folder)[:2] == (1, 0)


def test_policy_is_checked(folder: Path) -> None:
    path = folder / "regard.toml"
    path.write_text(path.read_text().replace("90 days", "2 days"))
    told = regard("check", folder)
    assert told.exit_code == 1
    assert "retention.contents" in told.output
    assert "shorter than 30 days" in told.output
    path.write_text(path.read_text().replace(POLICY.replace("90 days", "2 days"), ""))
    assert "keeps everything for ever" in regard("retain", folder).output


@pytest.mark.slow
def test_over_postgresql_it_runs_beside_a_worker(folder: Path, postgresql: PostgresServer) -> None:
    location = postgresql.database()
    live(folder, location)
    with (
        writer_lock(location, shares=True),
        closing(open_store(location, shares=True)) as worker,
    ):
        ledger = build_ledger(worker, lambda: load(folder, os.environ))
        done = regard("retain", folder, "--store", location)
        assert done.exit_code == 0, done.output
        while ledger.advance():
            pass
    assert kept(location, folder)[:3] == (0, 0, {"site": 1})
    postgresql.give_back(location)
