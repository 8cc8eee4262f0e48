"""docs/pains.md says what the scenarios say, and every scenario has its row."""

from __future__ import annotations

from tests.pains.page import COMMAND, PAGE, page, scenarios

ROWS_MIN = 33
"""The rows that were promised; more are welcome."""


def test_the_page_is_current() -> None:
    assert PAGE.read_text(encoding="utf-8") == page(), f"docs/pains.md is not current: {COMMAND}"


def test_every_row_is_there_once_and_complete() -> None:
    found = scenarios()
    assert len({one.name for one in found}) == len(found) >= ROWS_MIN
    for one in found:
        assert one.elsewhere, one.name
        assert one.here, one.name
        assert "|" not in one.play(), one.name
