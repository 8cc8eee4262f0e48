"""Dates of birth, however they are written: one column in any usual order, or three columns."""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence

_DATE = re.compile(r"(\d{1,4})\D+(\d{1,2})\D+(\d{1,4})")
_NO_DIGIT = re.compile(r"\D+")


def date_reader(texts: Sequence[str]) -> Callable[[str], str]:
    """Return a reader of dates as ``yyyymmdd`` (``yyyy`` when only the year is told).

    Whether ``03/04/1980`` or ``03041980`` begins with the day or the month is what most of the
    column's other dates allow; the day, when they do not say.
    """
    begins = [found for text in texts if (found := _begin(text))]
    month_first = sum(b > 12 for _, b in begins) > sum(a > 12 for a, _ in begins)

    def read(text: str) -> str:
        digits = _NO_DIGIT.sub("", text)
        if len(digits) == 4 and len(text) == 4:
            return digits
        match = _DATE.match(text)
        if match is None:
            return _tight(digits, month_first=month_first)
        first, second, third = match.groups()
        if len(first) == 4:
            return f"{first}{int(second):02}{int(third[:2]):02}"
        if len(third) == 4:
            return _turned(first, second, third, month_first=month_first)
        return ""

    return read


def _begin(text: str) -> tuple[int, int] | None:
    """Return the two numbers in front of the year, where it comes last."""
    match = _DATE.match(text)
    if match is not None:
        return (int(match[1]), int(match[2])) if len(match[1]) < 3 else None
    is_tight = len(text) == 8 and text.isdecimal() and not _is_year(text[:4])
    return (int(text[:2]), int(text[2:4])) if is_tight else None


def _is_year(digits: str) -> bool:
    return "1850" <= digits <= "2100"


def _tight(digits: str, *, month_first: bool) -> str:
    """Return a date written without signs: year first, or last where no year comes first."""
    if len(digits) != 8 or len(set(digits)) < 3:
        return ""
    if not _is_year(digits[:4]) and _is_year(digits[4:]):
        return _turned(digits[:2], digits[2:4], digits[4:], month_first=month_first)
    return digits


def _turned(first: str, second: str, year: str, *, month_first: bool) -> str:
    month, day = (first, second) if month_first else (second, first)
    return f"{year}{int(month):02}{int(day):02}"


def put_together(year: str, month: str, day: str) -> str:
    """Return the date that three columns tell; the year alone where another is missing."""
    parts = [_NO_DIGIT.sub("", text.partition(".0")[0]) for text in (year, month, day)]
    if len(parts[0]) != 4:
        return ""
    if not all(parts) or len(parts[1]) > 2 or len(parts[2]) > 2:
        return parts[0]
    return f"{parts[0]}{int(parts[1]):02}{int(parts[2]):02}"
