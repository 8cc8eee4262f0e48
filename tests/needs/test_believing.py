"""Belief is a number with reasons: evidence adds up, fades by halves, is over when it is met."""

from __future__ import annotations

from datetime import timedelta

import pytest

from regard.core.belief import log_odds, probability
from tests.needs.house import START, Airline, said


def test_evidence_adds_up_in_log_odds_and_says_what_it_is() -> None:
    house = Airline()
    house.does("Flight Disrupted")
    house.does("Message Received", **said("Please REBOOK me"))
    need = house.need()
    assert need is not None
    assert need.belief == pytest.approx(probability(log_odds(0.02) + 6))
    assert [reason.told for reason in need.reasons] == [
        "“rebook” in Message Received",
        "Flight Disrupted",
    ]


def test_half_of_it_is_left_after_its_half_life() -> None:
    house = Airline()
    house.does("Flight Disrupted")
    house.after(hours=6)
    assert house.belief() == pytest.approx(probability(log_odds(0.02) + 1.5))
    house.after(days=30)
    assert house.belief() == pytest.approx(0.02)


def test_what_speaks_against_it_lowers_it_below_the_prior() -> None:
    house = Airline()
    house.does("Check In Completed")
    assert house.belief() == pytest.approx(probability(log_odds(0.02) - 3))


def test_a_condition_decides_whether_an_event_is_evidence() -> None:
    house = Airline()
    house.does("Booking Viewed", properties={"section": "seats"})
    assert house.need() is None
    house.does("Booking Viewed", properties={"section": "change"})
    assert house.belief() == pytest.approx(probability(log_odds(0.02) + 1.5))


def test_ten_looks_at_one_page_are_not_ten_reasons() -> None:
    house = Airline()
    for _ in range(10):
        house.does("Booking Viewed", properties={"section": "change"})
        house.after(minutes=1)
    need = house.need()
    assert need is not None
    assert len(need.reasons) == 3


def test_it_is_felt_and_has_faded_at_the_exact_moment() -> None:
    house = Airline()
    house.does("Flight Disrupted")
    house.does("Message Received", **said("umbuchen bitte"))
    assert house.moves() == [("felt", timedelta(0))]
    need = house.need()
    assert need is not None
    assert need.fades_at is not None
    house.run_until(need.fades_at - timedelta(microseconds=1))
    assert house.moves()[1:] == []
    assert house.belief() >= 0.6
    house.after(microseconds=1)
    assert house.moves()[1:] == [("time", need.fades_at - START)]
    assert house.belief() < 0.6
    assert house.noted() == ["Need Felt|rebook", "Need Faded|rebook"]


def test_more_evidence_moves_the_end_without_a_fact_for_each() -> None:
    house = Airline()
    house.does("Flight Disrupted")
    house.does("Message Received", **said("umbuchen"))
    house.after(minutes=30)
    house.does("Message Received", **said("rebook"))
    assert len(house.moves()) == 1
    house.after(days=2)
    assert [name for name, _ in house.moves()] == ["felt", "time"]


def test_what_meets_it_ends_all_evidence_until_then() -> None:
    house = Airline()
    house.does("Flight Disrupted")
    house.does("Message Received", **said("rebook"))
    house.after(minutes=5)
    house.does("Booking Changed", properties={"kind": "seat"})
    assert len(house.moves()) == 1
    house.does("Booking Changed", properties={"kind": "flight"})
    assert [name for name, _ in house.moves()] == ["felt", "met"]
    assert house.noted() == ["Need Felt|rebook", "Need Met|rebook"]
    assert house.belief() == pytest.approx(0.02)
    late = (START + timedelta(minutes=1)).isoformat()
    house.does("Flight Disrupted", at=late)
    assert house.belief() == pytest.approx(0.02)
    house.after(minutes=1)
    house.does("Flight Disrupted")
    assert house.belief() > 0.2


def test_late_evidence_is_over_though_nothing_was_known_when_it_was_met() -> None:
    house = Airline()
    house.after(hours=1)
    house.does("Rebooked")
    house.does("Flight Disrupted", at=START.isoformat())
    assert house.need() is None


def test_silence_is_evidence_when_its_time_is_over() -> None:
    house = Airline()
    house.does("Check In Opened")
    house.after(hours=2, minutes=59)
    assert house.belief() == pytest.approx(0.02)
    house.after(minutes=1)
    need = house.need()
    assert need is not None
    assert [reason.told for reason in need.reasons] == [
        "no Check In Completed after Check In Opened"
    ]
    assert house.belief() == pytest.approx(probability(log_odds(0.02) + 1.5))
    house.after(days=3)
    assert len([b for b in house.bodies() if type(b).__name__ == "NeedEvidence"]) == 1


def test_who_does_not_stay_silent_is_no_evidence() -> None:
    house = Airline()
    house.does("Check In Opened")
    house.after(hours=1)
    house.does("Check In Completed")
    house.after(hours=5)
    need = house.need()
    assert need is not None
    assert [reason.weight for reason in need.reasons] == [-3]


def test_what_regard_notes_is_evidence_too() -> None:
    house = Airline()
    house.does("Question Asked")
    house.after(hours=2)
    need = house.need()
    assert need is not None
    assert [reason.told for reason in need.reasons] == ["Promise Missed: reply"]


def test_history_teaches_but_starts_nothing() -> None:
    house = Airline()
    house.imports("Flight Disrupted")
    house.imports("Message Received", **said("rebook"))
    assert house.belief() > 0.6
    assert [name for name, _ in house.moves()] == ["felt"]
    assert house.noted() == []
    assert house.decisions() == []
    house.after(days=2)
    assert house.need().is_felt is False  # type: ignore[union-attr]


def test_machines_and_the_erased_want_nothing() -> None:
    house = Airline()
    house.does("Flight Disrupted", properties={"is_machine": True})
    assert house.need() is None
    house.does("Person Frozen")
    house.does("Flight Disrupted")
    assert house.need() is None
