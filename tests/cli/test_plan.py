"""`regard plan`: a difference in the terminal, as a page and as JSON; versions and clear errors."""

from __future__ import annotations

import re
import shutil
import subprocess
from datetime import UTC, datetime
from pathlib import Path

import msgspec
import pytest

from regard.assembly import build_ledger
from regard.planning import Plan
from regard.project import edition_of
from regard.steering.publishing import published_draft
from regard.store import open_store
from tests.cli.conftest import Run

PROMISE = Path("promises/stay_reminder.yaml")
AHEAD = ("--days", "1", "--ahead", "30")


@pytest.fixture
def edited(lived: Path) -> Path:
    """Return a copy of the project that reminds a guest a day later."""
    place = lived.parent / "edited"
    shutil.copytree(lived, place, ignore=shutil.ignore_patterns(".regard"))
    remind(place, "1 day")
    return place


def remind(folder: Path, before: str) -> None:
    """Let a project remind its guests so long before they arrive."""
    text = (folder / PROMISE).read_text()
    assert "interval '2 days'" in text
    (folder / PROMISE).write_text(text.replace("interval '2 days'", f"interval '{before}'"))


def test_a_plan_tells_what_moves_and_for_whom(run: Run, lived: Path, edited: Path) -> None:
    told = run("plan", lived, edited, "--folder", lived, *AHEAD)
    assert told.exit_code == 0, told.output
    assert "promise stay_reminder changed" in told.output
    assert "1 promise of 1 person: 1 keep their dates" in told.output
    assert "People for whom something changes (1)" in told.output
    assert re.search(r"Ada Novak\n    ~ stay_reminder by email, .* → ", told.output)


def test_a_plan_for_a_folder_that_was_served_reads_its_own_journal(
    run: Run, lived: Path, monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.chdir(tmp_path)
    told = run("plan", lived, lived, *AHEAD)
    assert told.exit_code == 0, told.output
    assert "Edits (0)" in told.output
    assert not (tmp_path / ".regard").exists()


def test_a_version_beside_itself_changes_nothing(run: Run, lived: Path) -> None:
    told = run("plan", lived, lived, "--folder", lived, *AHEAD)
    assert "Edits (0)" in told.output
    assert "Nobody would get anything else." in told.output


def test_the_json_is_the_whole_plan(run: Run, lived: Path, edited: Path) -> None:
    told = run("plan", lived, edited, "--folder", lived, "--json", *AHEAD)
    plan = msgspec.json.decode(told.stdout, type=Plan)
    assert (plan.messages.old, plan.messages.new) == (1, 1)
    assert [person.label for person in plan.people] == ["Ada Novak"]
    assert [moved.old.engagement for moved in plan.people[0].moved] == ["stay_reminder"]


def test_the_page_stands_alone_and_says_the_same(run: Run, lived: Path, edited: Path) -> None:
    page = lived.parent / "plan.html"
    told = run("plan", lived, edited, "--folder", lived, "--html", page, *AHEAD)
    text = page.read_text(encoding="utf-8")
    assert f"Written to {page}." in told.output
    assert "Ada Novak" in text
    assert "Harbour Hotel" in text
    assert not re.findall(r"(?:src|href)=|@import|url\(|<script", text)


def test_the_page_escapes_what_customers_say(run: Run, lived: Path, edited: Path) -> None:
    (edited / "regard.toml").write_text(
        (edited / "regard.toml").read_text().replace("Harbour Hotel", "<b>Harbour</b>")
    )
    page = lived.parent / "plan.html"
    run("plan", lived, edited, "--folder", lived, "--html", page, *AHEAD)
    assert "&lt;b&gt;Harbour&lt;/b&gt;" in page.read_text(encoding="utf-8")


def test_a_version_with_problems_tells_all_of_them(run: Run, lived: Path, edited: Path) -> None:
    (edited / "consent.yaml").write_text("purposes: [\n")
    (edited / PROMISE).write_text("id: stay_reminder\nwhen: now\n")
    told = run("plan", lived, edited, "--folder", lived)
    assert told.exit_code == 1
    assert f"The version {edited} has " in told.output
    assert "consent.yaml:" in told.output
    assert "promises/stay_reminder.yaml:2: when: unknown key 'when'" in told.output


def test_errors_say_what_is_missing(run: Run, folder: Path, lived: Path) -> None:
    for version in ("no-such-thing", "--upload-pack=x"):
        told = run("plan", "--folder", lived, "--", version, lived)
        assert told.exit_code == 1
        assert f"{version!r} is " in told.output
    assert "no_journal" not in run("plan", lived, lived, "--folder", lived).output
    empty = run("plan", folder, folder, "--store", folder / "none.db")
    assert empty.exit_code == 1
    assert "There is no store at" in empty.output


def test_nothing_published_is_said(run: Run, lived: Path) -> None:
    told = run("plan", "published", lived, "--folder", lived)
    assert told.exit_code == 1
    assert "`regard publish`" in told.output


def test_what_is_published_is_a_version(run: Run, lived: Path, edited: Path) -> None:
    edition = edition_of(lived, {})
    store = open_store(str(lived / ".regard" / "regard.db"))
    with store.writing() as writing:
        writing.rollouts.keep_program(edition.program.hash, edition.archive)
    now = datetime.now(UTC)
    ledger = build_ledger(store, lambda: edition.program)
    ledger.append([published_draft(edition, (), now, "ada")], now)
    ledger.advance()
    store.close()
    told = run("plan", "published", edited, "--folder", lived, *AHEAD)
    assert told.exit_code == 0, told.output
    assert "promise stay_reminder changed" in told.output


@pytest.mark.slow
def test_a_version_may_be_a_revision(run: Run, lived: Path) -> None:
    for arguments in (
        ("init", "-q"),
        ("add", "."),
        ("-c", "user.name=Ada", "-c", "user.email=ada@example.com", "commit", "-qm", "first"),
    ):
        subprocess.run(["git", *arguments], cwd=lived, check=True, capture_output=True)
    remind(lived, "1 day")
    told = run("plan", "HEAD", lived, "--folder", lived, *AHEAD)
    assert told.exit_code == 0, told.output
    assert "promise stay_reminder changed" in told.output
