"""Durations, times, zones, languages, ids and moments as they are written."""

from __future__ import annotations

from collections.abc import Callable
from datetime import UTC, datetime, timedelta

import pytest

from regard.project.words import (
    channel_of,
    duration_of,
    id_of,
    language_of,
    moment_of,
    pattern_of,
    time_of,
    zone_of,
)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("15 minutes", timedelta(minutes=15)), ("1 day", timedelta(days=1)),
        ("2 Weeks", timedelta(weeks=2)), ("1 day 2 hours", timedelta(hours=26)),
        ("1 day, 15 minutes", timedelta(days=1, minutes=15)), ("0 minutes", timedelta(0)),
        ("1.5 hours", timedelta(minutes=90)),
    ],
)  # fmt: skip
def test_durations_are_words(text: str, expected: timedelta) -> None:
    assert duration_of(text) == expected


@pytest.mark.parametrize(
    ("parse", "text"),
    [
        (duration_of, "3 months"), (duration_of, "ten minutes"), (duration_of, "15"),
        (duration_of, "1 hour and more"), (duration_of, "99999 days"), (duration_of, "-1 day"),
        (time_of, "24:00"), (time_of, "8"), (zone_of, "Europe/Wien"), (zone_of, "../etc/passwd"),
        (zone_of, ""), (language_of, "english"), (language_of, "xx-QQ"), (id_of, "Check-in"),
        (channel_of, "E-Mail"), (pattern_of, "("), (pattern_of, "a" * 201),
        (moment_of, "tomorrow"),
    ],
)  # fmt: skip
def test_what_is_not_a_word_says_what_was_expected(
    parse: Callable[[str], object], text: str
) -> None:
    with pytest.raises(ValueError, match=r"\w+"):
        parse(text)


def test_months_have_no_fixed_length() -> None:
    with pytest.raises(ValueError, match="say it in days or weeks"):
        duration_of("1 month")


def test_moments_are_utc() -> None:
    ten = datetime(2026, 3, 2, 10, tzinfo=UTC)
    assert moment_of("2026-03-02T10:00:00Z") == ten
    assert moment_of("2026-03-02T11:00:00+01:00").utcoffset() == timedelta(0)
    assert moment_of("2026-03-02T10:00:00") == ten
    assert moment_of("2026-03-02") == datetime(2026, 3, 2, tzinfo=UTC)
