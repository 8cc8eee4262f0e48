"""The timers say what looking at every moment would say."""

from __future__ import annotations

from datetime import datetime, timedelta
from itertools import pairwise
from statistics import median

from hypothesis import given, settings
from hypothesis import strategies as st

from tests.rhythms.house import DAY, HOUR, START, Life, lived, program, rhythm

END = 900.0
days = st.lists(st.integers(0, 24 * 500), min_size=0, max_size=40).map(
    lambda hours: sorted(hour / 24 for hour in hours)
)


def late_moments(orders: list[float], factor: float = 2.0) -> list[datetime]:
    """Return when somebody is late, told after each order by what is known then."""
    found = []
    moments = [START + day * DAY for day in orders]
    for place, last in enumerate(moments):
        following = moments[place + 1] if place + 1 < len(moments) else START + END * DAY
        known = moments[max(place - 31, 0) : place + 1]
        visits = [m for n, m in enumerate(known) if n == 0 or m - known[n - 1] >= HOUR]
        if len(visits) < 3:
            continue
        wait = timedelta(seconds=median((b - a).total_seconds() for a, b in pairwise(visits)))
        late_at = last + factor * wait
        if factor * wait <= 365 * DAY and late_at <= following:
            found.append(late_at)
    return found


@settings(max_examples=30)
@given(days)
def test_late_is_who_brute_force_finds(orders: list[float]) -> None:
    life = lived(orders, END)
    wanted = [(moment - START) / DAY for moment in late_moments(orders)]
    assert [round(day, 6) for day in life.late_days] == [round(day, 6) for day in wanted]


@settings(max_examples=30)
@given(days)
def test_no_silence_is_told_twice(orders: list[float]) -> None:
    told = [facts["last_at"] for _, facts in lived(orders, END).late]
    assert len(told) == len(set(told))


@settings(max_examples=30)
@given(st.integers(1, 150), st.lists(st.floats(0.55, 0.95), min_size=5, max_size=40))
def test_regular_customers_are_never_flagged(gap: int, steps: list[float]) -> None:
    """Whoever never waits twice their own typical gap: all gaps within a factor below 2."""
    orders, day = [], 0.0
    for step in steps:
        day += gap * step
        orders.append(day)
    assert lived(orders, day).late == []


@settings(max_examples=30)
@given(days, days)
def test_two_records_tell_nothing_twice_when_they_merge(one: list[float], two: list[float]) -> None:
    left, right = Life(program(rhythm())), Life(program(rhythm()), "ada-2", identity=8)
    for life, orders in ((left, one), (right, two)):
        for order in orders:
            life.order(order)
        life.wait_days(500)
    left.merge(right)
    before = len(left.late)
    left.wait_days(END)
    told = [facts["last_at"] for _, facts in left.late]
    assert len(told[before:]) <= 1
    assert not set(told[before:]) & set(told[:before])
