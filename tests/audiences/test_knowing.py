"""What makes somebody a member, what triggers, and what is only learned."""

from __future__ import annotations

from datetime import timedelta

from regard.audiences import changed_audiences
from regard.core.event import TimerDue
from regard.core.facts import AudienceChanged, LimitReached, Noted
from tests.audiences.shop import START, OnePerson, program_of

FREQUENT = {"frequent": "count_events('Order', '30 days') >= 2"}
CALM = {"calm": "count_events('Order') = 0"}


def test_what_she_does_is_noted_with_since_and_reason() -> None:
    ada = OnePerson(program_of(**FREQUENT))
    ada.does("Order")
    ada.at(START + timedelta(days=1))
    ada.does("Order")
    changed, noted = (fact.body for fact in ada.facts)
    assert isinstance(changed, AudienceChanged)
    assert isinstance(noted, Noted)
    assert (changed.is_member, changed.reason, changed.has_moved) == (True, "event:Order", True)
    assert changed.wake_at == START + timedelta(days=30, microseconds=1)
    assert noted.keys == ("Audience Entered", "Audience Entered|frequent")
    assert noted.facts == {"audience": "frequent", "since": "2026-03-03T09:00:00+00:00"}
    ada.at(START + timedelta(days=60))
    assert ada.noted() == ["Audience Entered|frequent", "Audience Left|frequent"]
    assert ada.person.audiences["frequent"].change.reason == "time"


def test_history_makes_a_member_and_starts_nothing() -> None:
    ada = OnePerson(program_of(**FREQUENT))
    ada.does("Order", late=timedelta(days=2), is_history=True)
    ada.does("Order", late=timedelta(days=1), is_history=True)
    assert ada.audiences == {"frequent"}
    assert ada.noted() == []
    ada.at(START + timedelta(days=40))
    assert ada.noted() == ["Audience Left|frequent"], "what time does after an import is news"


def test_a_new_definition_is_learned_without_a_word() -> None:
    ada = OnePerson(program_of())
    ada.does("Order")
    ada.does("Order")
    ada.program = program_of(**FREQUENT)
    assert [type(body) for body in ada.reach("frequent")] == [AudienceChanged]
    assert ada.audiences == {"frequent"}
    assert ada.reach("frequent") == []
    ada.program = program_of(frequent="count_events('Order', '30 days') >= 3")
    (left,) = ada.reach("frequent")
    assert isinstance(left, AudienceChanged)
    assert (left.is_member, left.wake_at, left.reason) == (False, None, "definition")
    assert ada.timers == {}


def test_an_audience_that_is_gone_is_left_and_leaves_no_timer() -> None:
    ada, bruno = (OnePerson(program_of(**FREQUENT)) for _ in range(2))
    for person in (ada, bruno):
        person.does("Order")
        person.does("Order")
        person.program = program_of()
    ada.reach("frequent")
    bruno.at(START + timedelta(days=31))
    for person in (ada, bruno):
        assert (person.audiences, person.timers) == (set(), {})
        assert person.noted() == ["Audience Entered|frequent"]
    assert bruno.reach("frequent") == []


def test_who_did_nothing_yet_belongs_from_the_first_sight() -> None:
    ada = OnePerson(program_of(**CALM))
    ada.does("Visit")
    assert ada.audiences == {"calm"}
    ada.does("Order")
    assert ada.noted() == ["Audience Entered|calm", "Audience Left|calm"]


def test_erased_and_frozen_people_are_in_no_audience() -> None:
    ada = OnePerson(program_of(**FREQUENT, **CALM))
    ada.does("Order")
    ada.does("Order")
    ada.does("Person Frozen")
    assert (ada.audiences, ada.timers) == (set(), {})
    ada.does("Order")
    assert ada.audiences == set()
    ada.does("Person Unfrozen")
    assert ada.audiences == {"frequent"}
    ada.does("Person Erased")
    assert (ada.audiences, ada.timers) == (set(), {})
    assert ada.noted() == ["Audience Entered|frequent"], "rights are nobody's trigger"


def test_who_asks_for_an_audience_moves_with_it_and_not_before() -> None:
    asking = "in_audience('frequent') and not in_audience('gold')"
    ada = OnePerson(program_of(**FREQUENT, gold="traits.tier = 'gold'", asking=asking))
    ada.does("Order")
    ada.does("Order", traits={"tier": "gold"})
    assert ada.audiences == {"frequent", "gold"}
    assert ada.moves("asking") == []
    ada.does("Visit", traits={"tier": "tin"})
    assert ada.audiences == {"frequent", "asking"}
    ada.at(START + timedelta(days=31))
    assert ada.audiences == set()


def test_what_regard_noted_counts_as_well() -> None:
    disappointed = "count_events('Promise Missed|lamp', '30 days') >= 2"
    ada = OnePerson(program_of(disappointed=disappointed))
    for number in range(2):
        ada.take(Noted(note_id=f"n{number}", name="Promise Missed", about="lamp"))
    assert ada.audiences == {"disappointed"}
    assert ada.noted() == ["Audience Entered|disappointed"]


def test_a_foreign_timer_or_one_that_came_twice_does_nothing() -> None:
    ada = OnePerson(program_of(**FREQUENT))
    ada.does("Order")
    ada.does("Order")
    for ref in ("audience:of_somebody_else", "run:1"):
        assert ada.take(TimerDue(ref=ref, due_at=START)) == []
    assert ada.audiences == {"frequent"}


def test_being_revised_sets_her_own_timer_again() -> None:
    ada = OnePerson(program_of(**FREQUENT))
    ada.does("Order")
    ada.does("Order")
    ada.timers.clear()  # as if the timer had stayed with whom she was parted from
    ada.revise()
    assert list(ada.timers.values()) == [START + timedelta(days=30, microseconds=1)]
    assert ada.moves("frequent") == [(True, timedelta(0))]


def test_a_trait_that_lost_changes_nothing() -> None:
    ada = OnePerson(program_of(gold="traits.tier = 'gold'"))
    ada.does("Visit", traits={"tier": "tin"}, trust=0)
    ada.does("Visit", traits={"tier": "gold"}, trust=2)
    assert ada.audiences == set()
    ada.does("Visit", traits={"tier": "gold"}, trust=0)
    assert ada.audiences == {"gold"}


def test_a_clock_that_went_back_moves_nobody_to_and_fro() -> None:
    ada = OnePerson(program_of(**FREQUENT))
    ada.does("Order")
    ada.does("Order")
    ada.at(START + timedelta(days=30, microseconds=1))
    ada.now = START + timedelta(days=30)
    ada.does("Visit")
    ada.does("Order")
    assert ada.noted() == ["Audience Entered|frequent", "Audience Left|frequent"]


def test_more_changes_than_one_input_may_cause_are_told() -> None:
    program = program_of(
        **{f"a{n}": f"count_events('Order') >= {1 + n // 1000}" for n in range(450)}
    )
    ada = OnePerson(program)
    ada.does("Order")
    last = ada.facts[-1].body
    assert isinstance(last, LimitReached)
    assert last.limit == "audience_changes"
    assert 190 <= len(ada.audiences) <= 200


def test_a_new_program_names_what_must_be_looked_at() -> None:
    old = program_of(**FREQUENT, **CALM, gone="traits.a = 1")
    new = program_of(
        frequent="count_events('Order','30 days')  >=  2",
        calm="count_events('Order') = 0 and traits.tier = 'gold'",
        asked_by_name="in_audience('zebra')",
        zebra="traits.stripes = 1",
    )
    assert changed_audiences(old, new) == ("zebra", "asked_by_name", "calm", "gone")
    assert changed_audiences(None, old) == ("calm", "frequent", "gone")
    assert changed_audiences(old, old) == ()
