"""What passed a flow, counted from the passages that a store keeps."""

from __future__ import annotations

from regard.core.program import Program
from regard.core.rows import Passage
from regard.drawing import END, Load, Passing, Traffic, journey_flow, traffic_of
from regard.drawing.painting import short_count


def passage(step: str, what: str, key: str, count: int = 1, seconds: int = 0) -> Passage:
    return Passage(
        flow="journey:welcome",
        step=step,
        what=what,  # type: ignore[arg-type]
        key=key,
        count=count,
        seconds=seconds,
    )


PASSAGES = (
    passage("", "started", "2026-03-02", 60),
    passage("", "started", "2026-03-03", 40),
    passage("", "to", "hello", 100),
    passage("hello", "to", "first_booking", 100),
    passage("first_booking", "to", "travelled", 40),
    passage("first_booking", "to", "ask", 20),
    passage("first_booking", "ended", "exited:erased", 2),
    passage("first_booking", "waited", "1024", 50, 50 * 1_100),
    passage("first_booking", "waited", "1048576", 12, 12 * 1_209_600),
    passage("travelled", "ended", "finished:exit", 40),
    passage("ask", "to", "old_idea", 20),
    passage("old_idea", "ended", "finished:end", 5),
)


def load(traffic: Traffic, station: str) -> Load:
    return next(n for n in (*traffic.loads, *traffic.elsewhere) if n.station == station)


def test_who_came_less_who_went_stands_there(airline: Program) -> None:
    traffic = traffic_of(journey_flow(airline.journeys["welcome"], airline), PASSAGES)
    stands = {n.station: n.standing_count for n in traffic.loads if n.standing_count}
    assert stands == {"first_booking": 38}
    assert load(traffic, "first_booking").came_count == 100
    assert load(traffic, "first_booking").ended == (("exited:erased", 2),)
    assert load(traffic, "").came_count == traffic.start_count == 100
    assert traffic.starts == (("2026-03-02", 60), ("2026-03-03", 40))


def test_the_median_wait_is_that_of_the_one_in_the_middle(airline: Program) -> None:
    traffic = traffic_of(journey_flow(airline.journeys["welcome"], airline), PASSAGES)
    assert load(traffic, "first_booking").wait_s == 1_100
    assert load(traffic, "hello").wait_s is None


def test_ways_have_their_share_of_all_who_left(airline: Program) -> None:
    traffic = traffic_of(journey_flow(airline.journeys["welcome"], airline), PASSAGES)
    shares = {(p.source, p.target): (p.count, round(p.share, 2)) for p in traffic.passings}
    assert shares["first_booking", "travelled"] == (40, 0.65)
    assert shares["ask", "done"] == (0, 0.0)


def test_steps_that_were_deleted_are_told_apart(airline: Program) -> None:
    traffic = traffic_of(journey_flow(airline.journeys["welcome"], airline), PASSAGES)
    assert [n.station for n in traffic.elsewhere] == ["old_idea"]
    assert load(traffic, "old_idea").standing_count == 15
    assert traffic.standing_count == 38 + 15


def test_who_runs_out_of_steps_comes_to_the_end(airline: Program) -> None:
    passages = (passage("help", "to", "x"), passage("help", "ended", "finished:end", 3))
    traffic = traffic_of(journey_flow(airline.journeys["disruption_care"], airline), passages)
    assert load(traffic, END).came_count == 3
    expected = Passing(source="help", target=END, count=3, share=0.75)
    assert expected in traffic.passings


def test_counts_of_any_size_are_short() -> None:
    counts = (0, 9_999, 10_000, 123_456, 12_345_678, 4_000_000_000)
    assert [short_count(n) for n in counts] == ["0", "9,999", "10.0k", "123.5k", "12.3M", "4,000M"]
