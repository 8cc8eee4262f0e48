"""Who is late by their own rhythm is told once, at the right moment, and costs little."""

from __future__ import annotations

import pytest

from regard.core.event import Event, Identifier
from regard.core.facts import Noted
from regard.core.person import Person
from tests.rhythms.house import DAY, START, Life, Says, lived, program, rhythm


def test_twice_the_own_gap_is_late() -> None:
    life = lived([0, 30, 60, 90], until=400)
    assert life.late_days == [150]
    (noted,) = [e.body for e in life.journal if isinstance(e.body, Noted)]
    assert noted.keys == ("Person Late", "Person Late|orders")
    assert noted.facts == {
        "rhythm": "orders",
        "typical_gap_days": 30.0,
        "last_at": (START + 90 * DAY).isoformat(),
        "expected_at": (START + 120 * DAY).isoformat(),
        "late_factor": 2.0,
    }


def test_everybody_is_late_by_their_own_rhythm() -> None:
    assert lived([0, 7, 14, 21], until=300).late_days == [35]
    assert lived([0, 60, 120], until=300).late_days == [240]


def test_who_comes_again_is_not_late() -> None:
    life = lived([0, 30, 60, 90, 119, 152, 180], until=200)
    assert life.late == []


def test_a_silence_is_told_once_and_the_next_one_again() -> None:
    life = lived([0, 10, 20, 30], until=200)
    assert life.late_days == [50]
    life.order(200)
    life.wait_days(500)
    assert life.late_days == [50, 220], "the holiday does not change what is typical"


def test_one_long_holiday_does_not_change_the_rhythm() -> None:
    assert lived([0, 10, 20, 80, 90, 100], until=300).late_days == [40, 120]


def test_two_moments_are_no_rhythm() -> None:
    life = lived([0, 10], until=300)
    assert (life.late, life.armed) == ([], [])


def test_moments_of_one_visit_count_once() -> None:
    """An order in two parcels is one order, or a typical gap would be minutes."""
    life = lived([0, 0.01, 30, 30.01, 60, 60.01], until=300)
    assert life.late_days == [pytest.approx(120.01)]


def test_slow_people_are_not_waited_for_beyond_the_limit() -> None:
    slow = rhythm(at_most=100 * DAY)
    assert lived([0, 60, 120], 900, slow).late == []
    assert lived([0, 49, 98], 900, slow).late_days == [196]


@pytest.mark.parametrize(("late_after", "part"), [(2.0, 1.0), (3.0, 0.5), (5.0, 0.25)])
def test_regular_customers_cost_one_fact_per_silence_waited_for(
    late_after: float, part: float
) -> None:
    """A look finds the last order at most one gap ago, so the next one is all but one ahead."""
    orders = [float(day) for day in range(200)]
    life = lived(orders, 199, rhythm(late_after=late_after))
    assert life.late == []
    assert len(life.armed) <= part * len(orders) + 1


def test_an_event_of_another_name_costs_nothing() -> None:
    life = Life(program(rhythm(event="Lamp Lit")))
    assert [life.order(day) for day in range(5)] == [[]] * 5


def test_only_whom_it_is_about_is_told() -> None:
    rich = rhythm(when=Says(lambda scope: scope.facts.get("total", 0) > 50))
    for total, days in ((100, [60]), (10, [])):
        life = Life(program(rich))
        for day in (0, 20, 40):
            life.order(day)
        life.order(40.5, total=total)
        life.wait_days(300)
        assert [round(day - 40.5, 2) for day in life.late_days] == [40.0 for _ in days]


def test_history_teaches_the_rhythm_and_its_silence_comes_after_the_import() -> None:
    life = Life(program(rhythm()))
    life.wait_days(100)
    for day in (10, 40, 70):
        life.order(day, is_history=True)
    assert life.late == []
    life.wait_days(400)
    assert life.late_days == [130]


def test_a_silence_that_was_over_before_the_import_is_no_news() -> None:
    life = Life(program(rhythm()))
    life.wait_days(100)
    for day in (10, 20, 30):
        life.order(day, is_history=True)
    life.wait_days(400)
    assert (life.late, life.armed) == ([], [])


def test_who_was_imported_as_silent_and_comes_again_is_watched_again() -> None:
    life = Life(program(rhythm()))
    life.wait_days(100)
    for day in (10, 20, 30):
        life.order(day, is_history=True)
    life.order(101)
    life.wait_days(400)
    assert life.late_days == [121]


def test_what_comes_late_may_make_the_silence_shorter() -> None:
    life = lived([0, 40, 80], until=90)
    for day in (10, 20, 30, 50, 60, 70):
        life.order(day)
    assert life.armed[-1].wake_at == START + 100 * DAY
    life.wait_days(400)
    assert life.late_days == [100]


def test_an_erased_person_is_left_alone() -> None:
    life = lived([0, 10, 20], until=21)
    gone = Event(
        message_id="gone",
        source="console",
        type="track",
        name="Person Erased",
        channel="",
        at=life.now,
        received_at=life.now,
        identifiers=(Identifier("user_id", "ada"),),
    )
    life.put(gone)
    life.wait_days(300)
    assert life.late == []


def test_a_rhythm_that_is_gone_waits_for_nobody() -> None:
    life = lived([0, 10, 20], until=21)
    life.program = program()
    life.wait_days(300)
    assert (life.late, life.timers) == ([], {})


def test_a_changed_rhythm_holds_when_the_timer_fires() -> None:
    life = lived([0, 10, 20], until=21)
    life.program = program(rhythm(late_after=3.0))
    life.wait_days(300)
    assert life.late_days == [50]


def test_two_records_of_one_person_have_one_rhythm() -> None:
    one, other = Life(program(rhythm())), Life(program(rhythm()), "ada-2", identity=8)
    for day in (0, 20, 40):
        one.order(day)
    for day in (10, 30, 50):
        other.order(day)
    one.wait_days(50)
    one.merge(other)
    one.wait_days(400)
    assert one.late_days == [70], "every 10 days together, though each alone comes every 20"
    assert one.timers == {}


def test_a_silence_told_before_a_merge_is_not_told_after_it() -> None:
    one, other = Life(program(rhythm())), Life(program(rhythm()), "ada-2", identity=8)
    for day in (20, 30, 40):
        one.order(day)
    for day in (0, 10, 20):
        other.order(day)
    one.wait_days(61)
    other.wait_days(61)
    assert (one.late_days, other.late_days) == ([60], [40])
    one.merge(other)
    one.wait_days(400)
    assert [facts["last_at"] for _, facts in one.late].count((START + 40 * DAY).isoformat()) == 1


def test_a_person_is_the_same_in_whatever_order_facts_are_folded() -> None:
    life = lived([0, 10, 20, 70, 80], until=200)
    forward = backward = Person(id="ada")
    for entry in life.journal:
        forward = life.kernel.fold(forward, entry)
    for entry in reversed(life.journal):
        backward = life.kernel.fold(backward, entry)
    assert forward.rhythms == backward.rhythms == life.person.rhythms
