"""A decision about an ordinary person is some 120 calls, and so some 50 microseconds.

Calls are counted, not seconds: the machine has other guests, and `python -m benchmarks` times it.
"""

from __future__ import annotations

import sys
from collections.abc import Callable
from datetime import timedelta
from types import FrameType

from regard.core.person import Person
from tests.decisions.house import (
    GATE,
    NIGHT,
    NOON,
    WEEK_CAP,
    ada,
    candidate,
    decide,
    engagement,
    entry,
    event,
    fold,
    offer,
    program,
    sent,
    timer,
)

CALLS_MAX = 170
"""A third more than today's; a scan over all definitions or all history would be thousands."""

RULES = program(
    engagement("check_in", channels=("sms", "email")),
    offer("miles"),
    quiet_hours=(NIGHT,),
    caps=(WEEK_CAP,),
)


def ordinary() -> Person:
    """Return Ada after ten messages of the last weeks, phone known, zone not."""
    person = ada()
    for number in range(10):
        at = NOON - timedelta(days=40 - 3 * number)
        (decided,) = decide(person, RULES, candidate(ref=f"r{number}", made_at=at), at=at)
        person = sent(person, decided, at, number * 20 + 1)
    return person


def calls(work: Callable[[], object]) -> int:
    """Return how many functions of Python and of C are called, once everything is warm."""
    work()
    count = 0

    def note(_frame: FrameType, kind: str, _value: object) -> None:
        nonlocal count
        count += kind in ("call", "c_call")

    before = sys.getprofile()
    sys.setprofile(note)
    try:
        work()
    finally:
        sys.setprofile(before)
    return count


def test_deciding_is_quick() -> None:
    person, now = ordinary(), timer(NOON)
    for wish in (candidate(), candidate("miles", ref="m")):
        count = calls(lambda wish=wish: GATE.decide(person, [wish], now, RULES))
        assert count < CALLS_MAX, f"{wish.engagement} took {count} calls"


def test_folding_what_is_not_about_touches_is_nearly_free() -> None:
    person, page = ordinary(), entry(event("Page Viewed"), NOON, 999)
    assert calls(lambda: fold(person, page)) < 12
