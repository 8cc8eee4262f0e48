"""The plan of a day: pure, repeatable, within bounds, and in the words of the airline."""

from __future__ import annotations

from collections import Counter
from datetime import timedelta
from pathlib import Path

import pytest

from regard.project import load
from regard.world import SOURCES, plan_day, settle
from regard.world.records import Parcel

from .conftest import START

AIRLINE = Path(__file__).parents[2] / "examples" / "airline"
DAY = timedelta(days=1)


@pytest.fixture(scope="module")
def parcels() -> list[Parcel]:
    return plan_day(settle(7, 200), 7, START, is_first=True)


@pytest.fixture(scope="module")
def second_day() -> list[Parcel]:
    return plan_day(settle(7, 200), 7, START + DAY, is_first=False)


def test_same_seed_gives_same_plan(parcels: list[Parcel]) -> None:
    assert plan_day(settle(7, 200), 7, START, is_first=True) == parcels


def test_another_seed_gives_another_plan(parcels: list[Parcel]) -> None:
    assert plan_day(settle(8, 200), 8, START, is_first=True) != parcels


def test_one_more_neighbour_changes_nobody_elses_bookings() -> None:
    small, large = (
        {
            act.properties["booking_number"]
            for parcel in plan_day(settle(7, count), 7, START, is_first=True)
            for act in parcel.acts
            if act.name == "Booking Confirmed"
        }
        for count in (50, 51)
    )
    assert small <= large


def test_parcels_leave_in_order_and_never_before_they_are_said(parcels: list[Parcel]) -> None:
    assert [p.send_at for p in parcels] == sorted(p.send_at for p in parcels)
    assert all(act.at <= parcel.send_at for parcel in parcels for act in parcel.acts)


def test_message_ids_are_unique_over_days(parcels: list[Parcel], second_day: list[Parcel]) -> None:
    ids = Counter(act.message_id for p in parcels + second_day for act in p.acts)
    assert max(ids.values()) == 1


def test_a_day_stays_within_the_pace_of_a_demonstration(parcels: list[Parcel]) -> None:
    requests = sum(len(p.acts) if p.dialect == "browser" else 1 for p in parcels)
    assert requests < 86 * 150


def test_every_source_and_dialect_and_flaw_occurs(parcels: list[Parcel]) -> None:
    assert {p.source for p in parcels} == set(SOURCES) - {"mail"}  # mail answers messages
    assert {p.dialect for p in parcels} == {
        "browser",
        "segment",
        "rudder",
        "posthog",
        "cloudevents",
        "plain",
    }
    assert {"no_identifier", "no_name", "not_an_object"} <= {p.broken for p in parcels}
    assert any(p.is_repeated for p in parcels)
    assert any(p.skew_s for p in parcels)
    assert any(p.send_at - p.acts[0].at > timedelta(minutes=20) for p in parcels)


def test_every_event_keeps_to_the_airlines_tracking_plan(
    parcels: list[Parcel], second_day: list[Parcel]
) -> None:
    plans = load(AIRLINE, {}).events
    for parcel in parcels + second_day:
        for act in parcel.acts:
            if act.type == "track":
                assert plans[act.name].violations(act.properties) == ()


def test_every_source_has_a_key_at_the_airline() -> None:
    assert set(load(AIRLINE, {}).sources) >= set(SOURCES)


def test_most_reminders_fall_due_within_the_day(parcels: list[Parcel]) -> None:
    due = [
        act.properties["departure_at"]
        for parcel in parcels
        for act in parcel.acts
        if act.name == "Booking Confirmed" and act.at >= START
    ]
    within = [moment for moment in due if moment <= (START + 2 * DAY).isoformat()]
    assert len(due) > 60
    assert len(within) == len(due)


def test_cancelled_bookings_do_not_travel(parcels: list[Parcel], second_day: list[Parcel]) -> None:
    cancelled = {
        act.properties["booking_number"]
        for parcel in parcels
        for act in parcel.acts
        if act.name == "Booking Cancelled"
    }
    boarded = {
        act.properties["booking_number"]
        for parcel in second_day
        for act in parcel.acts
        if act.name == "Boarded"
    }
    assert cancelled
    assert boarded
    assert not cancelled & boarded


def test_the_cast_comes_first_and_the_okafors_share_one_phone() -> None:
    people = settle(7, 20)
    assert [p.user for p in people[:8]] == [
        "ada",
        "bruno",
        "chen",
        "dalia",
        "dario",
        "ngozi",
        "emeka",
        "chidi",
    ]
    assert len({p.phone for p in people[5:8]}) == 1


def test_bruno_borrows_adas_laptop(parcels: list[Parcel]) -> None:
    ada, bruno = settle(7, 2)
    assert any(
        act.user == bruno.user and act.anonymous == ada.laptop
        for parcel in parcels
        for act in parcel.acts
    )


def test_a_world_of_one_works() -> None:
    assert plan_day(settle(7, 1), 7, START, is_first=True)
