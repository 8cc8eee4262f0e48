"""A decision about an ordinary person costs less than 60 microseconds of CPU."""

from __future__ import annotations

from collections.abc import Callable
from datetime import timedelta
from timeit import repeat

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


def best_us(work: Callable[[], object]) -> float:
    """Return the microseconds of the quickest of many short runs: the machine is shared."""
    return min(repeat(work, number=20, repeat=150)) / 20 * 1e6


def test_deciding_is_quick() -> None:
    person, now = ordinary(), timer(NOON)
    for wish in (candidate(), candidate("miles", ref="m")):
        cost = best_us(lambda wish=wish: GATE.decide(person, [wish], now, RULES))
        assert cost < 60, f"{wish.engagement} took {cost:.0f} µs"


def test_folding_what_is_not_about_touches_is_nearly_free() -> None:
    person, page = ordinary(), entry(event("Page Viewed"), NOON, 999)
    assert best_us(lambda: fold(person, page)) < 3
