"""Asking a virtual house what to offer: what a story says of it, and what it refuses."""

from __future__ import annotations

from pathlib import Path

import pytest

from regard.assembly import build_ledger
from regard.core.program import Program
from regard.project import load_text
from regard.store import MemoryStore
from regard.testing.stories import StoryResult, play, read_stories
from tests.api.shop import FOLDER

HEAD = """story: The lamp on the page
start_at: 2026-03-02T12:00:00Z
given:
  - {at: 0 minutes, source: server, identify: {first_name: Ada}, user: ada}
"""
ASK = "{at: 1 hour, source: website, asks: hero, channel: web.desktop, user: ada}"


def told(folder: Path, given: str, *then: str) -> StoryResult:
    (folder / "stories").mkdir()
    expected = "".join(f"  - {{{one}}}\n" for one in then)
    text = f"{HEAD}  - {given}\nwhen: {{until: 2 hours}}\nthen:\n{expected}"
    (folder / "stories/a.yaml").write_text(text)
    [story] = read_stories(folder)
    program: Program = load_text(FOLDER, {})
    return play(story, program, lambda p: build_ledger(MemoryStore(), lambda: p))


def test_what_is_offered_to_who_asks_can_be_expected(tmp_path):
    holds = ("person: ada, offered: lamp, channel: web.desktop, times: 1", "books: balance")
    result = told(tmp_path, ASK, *holds, "person: ada, offered: shade, times: 0")
    assert result.failures == ()


def test_what_was_not_offered_is_told(tmp_path):
    result = told(tmp_path, ASK, "person: ada, offered: lamp, times: 2")
    assert [f.message for f in result.failures] == ["lamp was offered 1 times instead of 2"]


@pytest.mark.parametrize(
    ("change", "message"),
    [
        (("user: ada", "user: bruno"), "Nobody knows whom is asked about"),
        (("web.desktop", "web.phone"), "There is no channel 'web.phone'"),
        (("website", "till"), "The project has no source 'till'"),
        ((", user: ada", ""), "no usable identifier"),
    ],
)
def test_a_question_that_makes_no_sense_is_told(tmp_path, change, message):
    result = told(tmp_path, ASK.replace(*change), "person: ada, offered: lamp, times: 0")
    assert message in result.failures[0].message
