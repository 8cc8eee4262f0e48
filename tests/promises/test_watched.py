"""Promises that another system keeps: seen by its reports, in time, late, or after the outcome."""

from __future__ import annotations

from datetime import timedelta

import pytest

from regard.core.facts import PromiseChanged
from regard.core.flows import Repair, Trigger
from regard.runtime.projection import Projector
from tests.promises.house import START, House, Says, check_in_reminder, fact, facts_at, program

MINUTE = timedelta(minutes=1)
DEPARTURE = START + timedelta(days=3)
DUE = DEPARTURE - timedelta(days=1)
LAG = timedelta(minutes=15)
"""The grace: how long the other system's log may take to arrive."""

ABOUT = fact("booking_number")
IS_OURS = Says(
    "facts.state in ('sent', 'delivered')", lambda s: s.facts.get("state") in ("sent", "delivered")
)


@pytest.fixture
def house() -> House:
    watched = check_in_reminder(
        engagement="",
        kept_by=(Trigger(event="Mail Logged", when=IS_OURS, about=ABOUT),),
        repairs=(Repair(engagement="check_in"), Repair(department="desk", title="Call")),
    )
    house = House(program([watched]))
    house.event("Booking Confirmed", **facts_at(DEPARTURE))
    return house


def logged(house: House, after: timedelta, state: str = "sent") -> None:
    """Hear now from the other system that it mailed `after` the due moment."""
    facts = {"booking_number": "SK1", "state": state}
    house.event("Mail Logged", at=DUE + after, **facts)


def test_a_report_in_time_keeps_it(house: House) -> None:
    house.wait(DUE + MINUTE)
    logged(house, MINUTE)
    assert house.statuses() == ["expected", "kept"]


def test_a_report_within_the_grace_of_a_mail_in_time_keeps_it(house: House) -> None:
    house.wait(DUE + LAG - MINUTE)
    logged(house, -MINUTE)
    assert house.promise.status == "kept"
    assert house.sent == []


def test_a_report_that_says_it_failed_keeps_nothing(house: House) -> None:
    house.wait(DUE)
    logged(house, timedelta(0), state="bounced")
    house.wait(DUE + LAG)
    assert house.statuses() == ["expected", "missed"]
    assert [m.channel for m in house.sent] == ["email"], "the repair"


def test_a_log_that_comes_while_we_repair_corrects_the_miss(house: House) -> None:
    house.wait(DUE + LAG + MINUTE)
    logged(house, -MINUTE)
    assert house.statuses() == ["expected", "missed", "kept"]
    assert house.promise.kept_at == DUE - MINUTE


def test_a_log_of_a_late_mail_that_comes_while_we_repair_is_late(house: House) -> None:
    house.wait(DUE + LAG + 2 * MINUTE)
    logged(house, LAG + MINUTE)
    assert house.promise.status == "late"


def test_a_log_that_comes_after_we_gave_up_corrects_the_outcome(house: House) -> None:
    house.gate.silenced["check_in"] = "unreachable"
    house.wait(DUE + LAG)
    assert house.promise.status == "broken"
    logged(house, -MINUTE)
    assert house.promise.status == "kept"


def test_a_log_that_comes_after_the_repair_is_evidence_and_changes_no_outcome(house: House) -> None:
    house.wait(DUE + LAG)
    house.outcome(house.sent[0].decision_id, "sent")
    house.wait(DUE + 4 * LAG)
    logged(house, -MINUTE)
    assert house.statuses() == ["expected", "missed", "repaired"]
    assert house.promise.reported_at == DUE - MINUTE
    assert house.promise.reason == "reported:event:Mail Logged"
    before = house.facts_of(PromiseChanged)
    logged(house, -MINUTE, state="delivered")
    assert house.facts_of(PromiseChanged) == before, "one piece of evidence is enough"


def test_evidence_is_not_counted_as_a_second_outcome(house: House) -> None:
    house.wait(DUE + LAG)
    house.outcome(house.sent[0].decision_id, "sent")
    logged(house, -MINUTE)
    projector = Projector()
    for entry in house.journal:
        projector.add(entry)
    counts = {(name, key): n for _, name, key, n in projector.done().tallies}
    assert counts["promise:check_in_reminder", "repaired"] == 1


def test_what_happened_after_the_repair_is_no_evidence(house: House) -> None:
    house.wait(DUE + LAG)
    house.outcome(house.sent[0].decision_id, "sent")
    before = house.facts_of(PromiseChanged)
    house.wait(DUE + 4 * LAG)
    logged(house, 3 * LAG)
    assert house.facts_of(PromiseChanged) == before
