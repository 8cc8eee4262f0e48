"""`regard learn` and `regard evaluate` at a terminal, over a store on disk."""

from __future__ import annotations

from contextlib import closing
from pathlib import Path

import msgspec
import pytest
from click.testing import CliRunner

from regard.cli import main
from regard.core.event import PolicyTrained
from regard.runtime.teaching import records
from regard.store import open_library, open_store
from tests.learning.shop import FILES, live, shop, visit

pytestmark = pytest.mark.slow


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    place = tmp_path_factory.mktemp("sky")
    for name, text in FILES.items():
        path = place / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (place / ".regard").mkdir()
    with closing(open_store(str(place / ".regard" / "regard.db"))) as store:
        live(shop(store=store), days=4)
    return place


def run(*arguments: object, code: int = 0) -> str:
    done = CliRunner().invoke(main, [str(one) for one in arguments])
    assert done.exit_code == code, done.output
    return done.output


def trained(folder: Path) -> list[PolicyTrained]:
    library = open_library(str(folder / ".regard" / "regard.db"))
    bodies = [entry.body for entry, _ in records(library)]
    return [body for body in bodies if isinstance(body, PolicyTrained)]


def test_what_is_learned_is_told_and_journaled_once(folder: Path) -> None:
    told = run("learn", folder)
    (found,) = trained(folder)
    assert f"Learned version {found.version}." in told
    assert "80 outcomes" in told
    assert "core holds: " in told
    assert "Nothing new was learned" in run("learn", folder)
    assert trained(folder) == [found]
    assert msgspec.json.decode(run("learn", folder, "--json"))["version"] == ""
    with closing(open_store(str(folder / ".regard" / "regard.db"))) as store:
        (first, *_) = visit(shop(store=store), "u3")
    assert first.policy == found.version


def test_a_log_that_is_too_small_is_refused_with_the_reason(folder: Path) -> None:
    told = run("evaluate", folder, code=1)
    assert "Not told: the effective sample is" in told
    told = run("evaluate", folder, "--policy", "nothing", code=1)
    assert "There is no version 'nothing'." in told


def test_a_log_of_some_days_judges_what_is_written_and_what_it_teaches(tmp_path: Path) -> None:
    for name, text in FILES.items():
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
    (tmp_path / ".regard").mkdir()
    with closing(open_store(str(tmp_path / ".regard" / "regard.db"))) as store:
        house = shop(store=store)
        live(house, days=26)
    found = msgspec.json.decode(run("evaluate", tmp_path, "--json", "--against", tmp_path))
    assert [one["name"] for one in found] == [
        "as written",
        "learned from the older half",
        "the other folder, as written",
        "the other folder, learned",
    ]
    written, learned = found[0], found[1]
    assert written["occasions"] == 260
    assert found[2]["rate"] == written["rate"]
    assert learned["rate"]["doubly_robust"]["low"] <= learned["rate"]["snips"]["value"]
    assert "doubly robust" in run("evaluate", tmp_path)
    assert "no experiment and no holdout" in run("evaluate", tmp_path, "--reports")
