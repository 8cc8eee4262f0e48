"""Every story of both examples and of the starter folder holds, on the real stages and gate.

The same as `regard test` does, one test a story, so that a failure names the story that broke.
"""

from __future__ import annotations

from functools import cache
from importlib.resources import files
from pathlib import Path

import pytest

from regard.assembly import build_ledger
from regard.core.program import Program
from regard.project import init, load
from regard.runtime.ledger import Ledger
from regard.store import MemoryStore
from regard.testing.stories import Story, play, read_stories

EXAMPLES = Path(__file__).parents[2] / "examples"
TOLD = [
    (name, path.name)
    for name in ("airline", "lamps")
    for path in sorted((EXAMPLES / name / "stories").glob("*.yaml"))
]
STARTER = sorted(path.name for path in (files("regard.project") / "starter" / "stories").iterdir())


@cache
def project(folder: Path) -> tuple[Program, dict[str, Story]]:
    """Read a folder once for all its stories."""
    stories = {Path(story.document.file).name: story for story in read_stories(folder)}
    return load(folder, {}), stories


def ledger(program: Program) -> Ledger:
    return build_ledger(MemoryStore(), lambda: program)


@pytest.fixture(scope="module")
def starter(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("starter") / "harbour"
    init(folder, "Harbour Hotel")
    return folder


@pytest.mark.parametrize(("name", "story"), TOLD, ids=[f"{n}-{s[:-5]}" for n, s in TOLD])
def test_story_of_an_example_holds(name: str, story: str) -> None:
    program, stories = project(EXAMPLES / name)
    assert [str(problem) for problem in play(stories[story], program, ledger).failures] == []


@pytest.mark.parametrize("story", STARTER)
def test_story_of_the_starter_holds(starter: Path, story: str) -> None:
    program, stories = project(starter)
    assert [str(problem) for problem in play(stories[story], program, ledger).failures] == []
