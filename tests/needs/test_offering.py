"""What answers a need is offered once for each spell of it, and passes the one gate."""

from __future__ import annotations

from regard.core.facts import Decided
from tests.needs.house import Airline, program_of, said

WORDS = said("please rebook me")


def felt(house: Airline) -> None:
    house.does("Flight Disrupted")
    house.does("Message Received", **WORDS)


def test_what_answers_a_need_is_offered_when_it_is_felt() -> None:
    house = Airline()
    felt(house)
    assert house.decisions() == [("other_flights", "send", "owed")]
    texts = [message.text for message in house.channels["sms"].messages]
    assert texts == ["You may fly later: “rebook” in Message Received.\n"]


def test_it_is_offered_once_for_each_spell() -> None:
    house = Airline()
    felt(house)
    house.does("Message Received", **said("another flight"))
    assert len(house.decisions()) == 1
    house.after(days=2)
    felt(house)
    assert len(house.decisions()) == 2


def test_what_waits_for_the_morning_is_dropped_when_the_need_is_met() -> None:
    house = Airline()
    house.after(hours=13)
    felt(house)
    assert house.decisions() == [("other_flights", "hold", "quiet_hours")]
    house.does("Rebooked")
    house.after(hours=12)
    assert house.decisions()[1:] == [("other_flights", "silence", "need_over")]
    assert house.channels["sms"].messages == []


def test_a_journey_starts_when_a_need_is_felt_and_ends_when_it_is_met() -> None:
    house = Airline(
        program_of(
            journeys__care="""
id: care
start: {need: rebook, when: facts.belief > 0.6}
exit_when: [{need: rebook, on: met}]
steps:
  - {id: pause, wait: 2 hours}
  - {id: say, offer: other_flights}
"""
        )
    )
    felt(house)
    assert [state.change.status for state in house.person().runs.values()] == ["waiting"]
    house.does("Rebooked")
    assert [state.change.status for state in house.person().runs.values()] == ["exited"]


def test_an_audience_of_those_who_want_it_empties_by_itself() -> None:
    members = "id: wanting\nmembers: \"need('rebook') >= 0.5\"\n"
    house = Airline(program_of(audiences__wanting=members))
    felt(house)
    assert [change.change.is_member for change in house.person().audiences.values()] == [True]
    house.after(days=2)
    assert [change.change.is_member for change in house.person().audiences.values()] == [False]
    assert house.changed_views() == []


def test_the_belief_and_the_moment_weigh_in_the_score() -> None:
    engagement = """
title: Other flights
need: rebook
offer_when: needed
purpose: travel
class: marketing
value: {customer: 5, company: 1}
channels: [sms]
context:
  - {when: local_hour() between 9 and 11, weight: 1.3}
  - {when: context.device = 'phone', weight: 3}
"""
    house = Airline(program_of(engagements__other_flights__engagement=engagement))
    felt(house)
    found = [body for body in house.bodies() if isinstance(body, Decided)]
    assert found[0].reason == "best_value"
    assert found[0].factors["context.need"] == 2.0
    assert found[0].factors["context.moment"] == 1.3
    assert found[0].factors["context"] == 2.0 * 1.3
