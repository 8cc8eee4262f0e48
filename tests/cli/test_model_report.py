"""`regard model report`: one file from which a reader can say what to change first."""

from __future__ import annotations

from datetime import UTC, datetime
from pathlib import Path
from shutil import copytree

import pytest
from click.testing import CliRunner

from regard.assembly import build_ledger
from regard.cli import main
from regard.core.event import ModelRemark
from regard.core.ids import message_key
from regard.core.ports import Draft
from regard.project import load
from regard.store import open_store

LAMPS = Path(__file__).parents[2] / "examples" / "lamps"
NOW = datetime(2026, 3, 2, 9, tzinfo=UTC)
LATE = "disconnect:late:order:web_orders>returns"


def run(*arguments: str | Path) -> tuple[int, str]:
    result = CliRunner().invoke(main, ["model", "report", *map(str, arguments)])
    return result.exit_code, result.output


def said(folder: Path, *remarks: ModelRemark) -> None:
    """Let people say something in the house of a folder."""
    program = load(folder, {})
    (folder / ".regard").mkdir()
    store = open_store(str(folder / ".regard" / "regard.db"))
    ledger = build_ledger(store, lambda: program)
    drafts = [
        Draft(
            key=message_key("remark", one.remark_id), identity=0, at=NOW, received_at=NOW, body=one
        )
        for one in remarks
    ]
    ledger.append(drafts, NOW)
    while ledger.advance():
        pass
    store.close()


def test_the_report_says_what_to_change_first_what_is_open_and_decided(tmp_path: Path) -> None:
    folder = copytree(LAMPS, tmp_path / "lamps")
    said(
        folder,
        ModelRemark(
            remark_id="1",
            act="vote",
            model="as_is",
            about=LATE,
            by="Ines",
            vote="disagree",
            why="The file runs at noon <now>.",
        ),
        ModelRemark(
            remark_id="2",
            act="decide",
            model="as_is",
            about="store:returns",
            by="Otto",
            words="One ledger by autumn.",
            why="Every counter must see every order.",
        ),
    )
    code, told = run(folder, "-o", tmp_path / "report.html")
    assert code == 0, told
    page = (tmp_path / "report.html").read_text()
    assert page.count("<svg") == 2
    first = page.index("Mastodon changes (EUR 25k to 279k a year)")
    assert first < page.index("Engagement ledger comes")
    assert "12 disconnects, EUR 208k to 1.6M a year" in page
    assert "<b>Ines</b>" in page
    assert "The file runs at noon &lt;now&gt;." in page
    assert "One ledger by autumn." in page
    assert "≠" in page, "the disagreement is on the drawing"
    assert 'src="' not in page
    code, _ = run(folder, "-o", tmp_path / "report.pdf")
    assert code == 0
    assert (tmp_path / "report.pdf").read_bytes().startswith(b"%PDF-")


@pytest.mark.parametrize("name", ["report.docx", "report"])
def test_a_file_of_another_kind_is_refused(tmp_path: Path, name: str) -> None:
    code, told = run(LAMPS, "-o", tmp_path / name)
    assert code == 1
    assert "neither .html nor .pdf" in told


def test_a_folder_without_a_model_is_refused(tmp_path: Path) -> None:
    code, told = run(tmp_path, "-o", tmp_path / "report.html")
    assert code == 1
    assert "model/as_is.yaml" in told


def test_check_of_the_project_reports_the_model_too(tmp_path: Path) -> None:
    folder = copytree(LAMPS, tmp_path / "lamps")
    place = folder / "model" / "as_is.yaml"
    place.write_text(place.read_text().replace("uses: [till]", "uses: [tile]"))
    result = CliRunner().invoke(main, ["check", str(folder)])
    assert result.exit_code == 1
    assert "model/as_is.yaml" in result.output
