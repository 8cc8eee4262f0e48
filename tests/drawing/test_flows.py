"""What a journey and a promise are as flows: stations, ways and their words."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import time, timedelta
from typing import Any, get_args

import pytest

from regard.core.flows import Journey, LocalTime, Repair, Schedule, Step, StepKind, Trigger
from regard.core.program import Program
from regard.drawing import END, START, Flow, journey_flow, promise_flow
from regard.drawing.durations import duration_words, short_duration


@dataclass(frozen=True)
class Written:
    """An expression as far as a drawing looks at it."""

    text: str

    def __call__(self, scope: object) -> bool:
        return bool(self.text)


def journey(*steps: Step, **changes: Any) -> Journey:
    start = Trigger(event="Signed Up")
    return Journey(**{"id": "j", "title": "J", "start": start, "steps": steps} | changes)


def ways(flow: Flow) -> dict[tuple[str, str], str]:
    return {(way.source, way.target): way.words for way in flow.ways}


def titles(flow: Flow) -> dict[str, str]:
    return {station.id: station.title for station in flow.stations}


def test_the_welcome_of_the_airline(airline: Program) -> None:
    flow = journey_flow(airline.journeys["welcome"], airline)
    assert flow.id == "journey:welcome"
    assert [station.id for station in flow.stations][:2] == [START, "hello"]
    assert titles(flow)["hello"] == "Welcome aboard"
    assert ways(flow) == {
        (START, "hello"): "",
        ("hello", "first_booking"): "",
        ("first_booking", "travelled"): "Booking Confirmed",
        ("first_booking", "ask"): "after 14 days",
        ("ask", "idea"): "has_consent('offers')",
        ("ask", "done"): "otherwise",
        ("idea", "done"): "",
    }
    assert END not in titles(flow), "every way ends at an exit of its own"


def test_a_journey_says_what_ends_it_wherever_one_stands(airline: Program) -> None:
    flow = journey_flow(airline.journeys["disruption_care"], airline)
    assert flow.notes == ("Left by Booking Cancelled",)
    assert ways(flow)["help", END] == ""


@pytest.mark.parametrize("kind", get_args(StepKind))
def test_every_kind_of_step_can_be_drawn(kind: Any, airline: Program) -> None:
    flow = journey_flow(
        journey(Step(id="only", kind=kind, engagement="gone", promise="gone")), airline
    )
    assert flow.stations[1].title
    assert (START, "only") in ways(flow)


@pytest.mark.parametrize(
    ("step", "title"),
    [
        ({"wait_for": timedelta(days=1, hours=2)}, "1 day 2 hours"),
        ({"until": Written("facts.departure_at")}, "Until facts.departure_at"),
        ({"local_time": LocalTime(at=time(9))}, "Until 09:00 their time"),
        (
            {"local_time": LocalTime(at=time(9), weekdays=(0, 4))},
            "Until 09:00 their time on Mon, Fri",
        ),
    ],
)
def test_a_wait_says_how_long(step: dict[str, Any], title: str, airline: Program) -> None:
    flow = journey_flow(journey(Step(id="a", kind="wait", **step)), airline)
    assert titles(flow)["a"] == title


def test_ways_say_when_they_are_taken(airline: Program) -> None:
    arms = ((Written("traits.tier = 'gold'"), "b"), (Written("facts.a"), "b"), (Written("x"), "c"))
    came = {"events": (Trigger(event="Boarded", when=Written("facts.seat = 1")),)}
    late = {"wait_for": timedelta(minutes=5), "on_timeout": "c"}
    flow = journey_flow(
        journey(
            Step(id="a", kind="branch", arms=arms, otherwise="d"),
            Step(id="b", kind="wait_until", **came, **late),
            Step(id="c", kind="call", channel="crm", **late | {"on_timeout": ""}),
            Step(id="d", kind="split", shares=((0.25, "e"), (0.75, "b"))),
            Step(id="e", kind="exit"),
        ),
        airline,
    )
    assert ways(flow) == {
        (START, "a"): "",
        ("a", "b"): "traits.tier = 'gold' or facts.a",
        ("a", "c"): "x",
        ("a", "d"): "otherwise",
        ("b", "c"): "Boarded, when facts.seat = 1 or after 5 minutes",
        ("c", "d"): "answered or no answer in 5 minutes",
        ("d", "e"): "25 %",
        ("d", "b"): "75 %",
    }
    assert [way.target for way in flow.ways if way.is_else] == ["d"]


def test_starts_by_calendar_call_and_audience(airline: Program) -> None:
    def start(**changes: Any) -> str:
        return (
            journey_flow(journey(Step(id="a", kind="exit"), **changes), airline).stations[0].title
        )

    calendar = Schedule(cron="0 9 * * 1", zone="Europe/Vienna", audience="gold_members")
    assert start(schedule=calendar) == (
        "By the calendar (0 9 * * 1, Europe/Vienna) for gold_members"
    )
    assert start(start=Trigger(event="Audience Entered|vip")) == "Audience Entered: vip"
    assert start(start=Trigger(event="Journey Called|j")) == "When another system starts it"


def test_a_promise_from_made_to_its_outcomes(airline: Program) -> None:
    flow = promise_flow(airline.promises["check_in_reminder"], airline)
    assert [station.id for station in flow.stations] == [
        *(START, "expected", "offered", "missed", "repair_1", "repair_2"),
        *("kept", "repaired", "void", "broken"),
    ]
    assert ways(flow)["offered", "kept"] == "its message is sent or Check-in Completed"
    assert ways(flow)["expected", "void"] == "Booking Cancelled"
    assert ("repair_1", "repaired") in ways(flow)
    assert ("repair_2", "repaired") not in ways(flow), "a case reaches nobody by itself"


def test_a_promise_that_another_system_keeps_has_no_act_of_ours(airline: Program) -> None:
    flow = promise_flow(airline.promises["bag_delivery_watch"], airline)
    assert ways(flow)["expected", "kept"] == "Bag Delivered"
    assert "offered" not in titles(flow)
    assert "void" not in titles(flow)


def test_ways_that_were_taken_are_drawn_though_nobody_declared_them(airline: Program) -> None:
    taken = [("kept", "missed"), ("kept", "doubled"), ("gone", "kept"), ("", "expected")]
    flow = promise_flow(airline.promises["check_in_reminder"], airline, taken)
    assert ways(flow)["kept", "missed"] == ""
    assert titles(flow)["doubled"] == "Given twice"
    assert "gone" not in titles(flow)


def test_a_promise_without_repairs_is_broken_when_missed(airline: Program) -> None:
    found = airline.promises["check_in_reminder"]
    bare = type(found)(
        **{name: getattr(found, name) for name in found.__dataclass_fields__}
        | {"repairs": (), "void_when": ()}
    )
    assert ("missed", "broken") in ways(promise_flow(bare, airline))
    waits = Repair(engagement="check_in", wait=timedelta(minutes=10))
    slow = type(found)(
        **{name: getattr(found, name) for name in found.__dataclass_fields__}
        | {"repairs": (waits,)}
    )
    assert titles(promise_flow(slow, airline))["repair_1"].startswith("After 10 minutes: ")


def test_lengths_of_time_in_words() -> None:
    assert duration_words(timedelta(0)) == "0 seconds"
    assert duration_words(timedelta(weeks=1, minutes=1)) == "7 days 1 minute"
    assert [short_duration(s) for s in (0, 59, 3_600, 93_784)] == ["0 s", "59 s", "1 h", "1 d 2 h"]
