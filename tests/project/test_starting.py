"""`regard init`: a folder that works from the first minute."""

from __future__ import annotations

from pathlib import Path

import pytest

from regard.core.errors import Refused
from regard.project import check, init, load, parse_yaml


@pytest.mark.parametrize(
    ("name", "company_id"),
    [
        ('Hôtel "Zum \\ Hafen"', "hotel_zum_hafen"),
        ("24/7 Repairs", "company_24_7_repairs"),
        ("東京", "company"),
    ],
)
def test_the_new_folder_has_nothing_wrong(tmp_path: Path, name: str, company_id: str) -> None:
    files = init(tmp_path / "new", name)
    assert all(path.is_file() for path in files)
    assert check(tmp_path / "new", {}) == ()
    company = load(tmp_path / "new", {}).company
    assert (company.id, company.name) == (company_id, name)


def test_the_new_folder_has_one_of_each_and_a_readable_story(tmp_path: Path) -> None:
    init(tmp_path, "Harbour Hotel")
    program = load(tmp_path, {})
    assert (len(program.promises), len(program.journeys), len(program.engagements)) == (1, 1, 2)
    languages = {v.language for v in program.engagements["stay_reminder"].variants}
    assert languages == {"*", "de"}
    story, problems = parse_yaml((tmp_path / "stories" / "reminder.yaml").read_text())
    assert not problems
    assert set(story.data) == {"story", "why", "start_at", "given", "when", "then"}


def test_nothing_is_overwritten(tmp_path: Path) -> None:
    (tmp_path / "mine.txt").write_text("mine")
    with pytest.raises(Refused, match="not an empty folder"):
        init(tmp_path, "Harbour Hotel")
    with pytest.raises(Refused, match="not an empty folder"):
        init(tmp_path / "mine.txt", "Harbour Hotel")


@pytest.mark.parametrize("name", ["", "  ", "a\nb", "x" * 81])
def test_a_name_that_is_none_is_refused(tmp_path: Path, name: str) -> None:
    with pytest.raises(Refused, match="cannot be the name"):
        init(tmp_path / "new", name)
    assert not (tmp_path / "new").exists()
