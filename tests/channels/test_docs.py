"""Every setting and every reason has its line in docs/channels.md."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

import regard.channels
import regard.delivery
from regard.channels.settings import HOUSE_KEYS
from regard.channels.smtp.answers import (
    REASON_BY_RECIPIENT_CODE,
    REASON_BY_STATUS,
    REASON_BY_SUBJECT,
)

DOCS = (Path(__file__).parents[2] / "docs" / "channels.md").read_text(encoding="utf-8")
ROOMS = [Path(room.__path__[0]) for room in (regard.channels, regard.delivery)]
SOURCES = {path: path.read_text(encoding="utf-8") for room in ROOMS for path in room.rglob("*.py")}

READ = re.compile(r"read\.(?:text|choice|number|whole|flag|secret)\(\s*\"(\w+)\"")
SAID = re.compile(r"(?:reason=|code=|handed_back\(claimed, |refused\(claimed, )\"(\w+)\"")
NOT_OUTCOMES = {
    *("channel_settings", "channel_adapter", "signature", "receipt", "too_large"),
    *("link", "public_url", "link_secret", "no_sender", "unread_full"),
    *("visitor", "subscription"),
}
"""Codes of refusals that are told to the caller and never become an outcome."""


def found(pattern: re.Pattern[str]) -> set[str]:
    return {name for text in SOURCES.values() for name in pattern.findall(text)}


@pytest.mark.parametrize("key", sorted(found(READ) | HOUSE_KEYS))
def test_a_setting_is_documented(key):
    assert re.search(rf"^\|[^|]*`{key}`|`{key} = ", DOCS, re.MULTILINE)


REASONS = {
    *(found(SAID) - NOT_OUTCOMES),
    *REASON_BY_STATUS.values(),
    *REASON_BY_SUBJECT.values(),
    *REASON_BY_RECIPIENT_CODE.values(),
}


@pytest.mark.parametrize("reason", sorted(REASONS))
def test_a_reason_is_documented(reason):
    assert re.search(rf"^\|[^|]*`{reason}`", DOCS, re.MULTILINE)
