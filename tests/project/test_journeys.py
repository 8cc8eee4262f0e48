"""Journeys as written: every entry, step and end is compiled, every slip has its place."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta

import pytest

from regard.core.flows import Journey, LocalTime, Schedule, Step, Trigger
from regard.core.program import Program
from regard.project import load_text
from tests.project.hotel import HOTEL, found, scope, warned

FILE = "journeys/stay.yaml"
STAY = """
id: stay
start: {event: Booking Confirmed}
schedule: {cron: "0 9 * * mon", zone: America/New_York, audience: regulars}
reentry: {after: 30 days}
goals: [{event: Booking Confirmed, when: facts.total > 100}]
exit_when: [{audience: regulars, on: leave}]
steps:
  - {id: nine, wait: {local_time: "09:00", weekdays: [wed, mon]}}
  - id: gold
    wait_until: [{event: Booking Confirmed}, {condition: "traits.tier = 'gold'"}]
    within: 7 days
    on_timeout: halves
  - id: halves
    split:
      - {share: 33.5%, goto: ask}
      - {share: 66.5 %, goto: told}
  - {id: ask, call: {webhook: rooms, within: 10 seconds, on_timeout: told}}
  - id: free
    branch: [{when: facts.ask.rooms > 0, goto: told}]
    otherwise: done
  - {id: told, promise: room_ready}
  - {id: done, exit: true}
"""
FILES = {
    **HOTEL,
    "regard.toml": HOTEL["regard.toml"] + "\n[channels.rooms]\nreaches_by = 'email'\n",
    "audiences/regulars.yaml": "id: regulars\nmembers: count_events('Booking Confirmed') >= 2\n",
    "promises/room_ready.yaml": """
id: room_ready
made_by: {journey: true}
about: facts.booking_number
due_at: now() + interval '2 hours'
kept_by: {events: [{event: Booking Confirmed}]}
""",
    FILE: STAY,
}


@pytest.fixture(scope="module")
def hotel() -> Program:
    return load_text(FILES, {})


@pytest.fixture(scope="module")
def stay(hotel: Program) -> Journey:
    return hotel.journeys["stay"]


def step(journey: Journey, name: str) -> Step:
    return journey.steps[journey.position(name)]


def test_it_has_nothing_to_complain_about() -> None:
    assert found(FILES) == []
    assert warned(FILES) == []


def test_entries_and_ends(stay: Journey) -> None:
    assert stay.start == Trigger(event="Booking Confirmed")
    assert stay.schedule == Schedule(
        cron="0 9 * * mon", zone="America/New_York", audience="regulars"
    )
    assert (stay.reentry, stay.reentry_after) == ("after_end", timedelta(days=30))
    assert [t.event for t in stay.goals] == ["Booking Confirmed"]
    assert [t.event for t in stay.exit_when] == ["Audience Left|regulars"]


def test_what_triggers_it_is_indexed_the_goal_first(hotel: Program) -> None:
    found = [t for t in hotel.journeys_by_event["Booking Confirmed"] if t.journey.id == "stay"]
    assert [t.role for t in found] == ["goal", "await", "start"]
    assert [t.role for t in hotel.journeys_by_event["Journey Called|stay"]] == ["start"]
    assert [t.role for t in hotel.promises_by_event["Promise Asked|room_ready"]] == ["made"]


def test_a_wait_for_a_time_of_day(stay: Journey) -> None:
    assert step(stay, "nine").local_time == LocalTime(at=time(9), weekdays=(0, 2))
    text = STAY.replace(", weekdays: [wed, mon]", "")
    journey = load_text({**FILES, FILE: text}, {}).journeys["stay"]
    assert step(journey, "nine").local_time == LocalTime(at=time(9))


def test_a_wait_for_an_event_or_a_condition(stay: Journey) -> None:
    gold = step(stay, "gold")
    assert [t.event for t in gold.events] == ["Booking Confirmed"]
    assert gold.condition is not None
    assert gold.condition(scope()) is False
    assert gold.horizon is not None
    assert gold.horizon(scope()) is None


def test_a_split_a_call_and_a_promise(stay: Journey) -> None:
    assert step(stay, "halves").shares == ((0.335, "ask"), (0.665, "told"))
    ask = step(stay, "ask")
    assert (ask.channel, ask.wait_for, ask.on_timeout) == ("rooms", timedelta(seconds=10), "told")
    assert step(stay, "told").promise == "room_ready"


def test_two_readings_of_one_file_are_equal(hotel: Program, stay: Journey) -> None:
    again = load_text(FILES, {}).journeys["stay"]
    assert again == stay
    assert again.steps[1] == replace(stay.steps[1], horizon=None)


def test_what_a_call_answers_may_be_asked_for(stay: Journey) -> None:
    condition = step(stay, "free").arms[0][0]
    assert condition(scope(ask={"rooms": 2})) is True
    assert condition(scope(ask={"failed": "timeout"})) is False


@pytest.mark.parametrize(
    ("start", "event"),
    [
        ("start: {api: true}", "Journey Called|stay"),
        ("start: {audience: regulars}", "Audience Entered|regulars"),
        ("start: {promise: reminder, on: missed}", "Promise Missed|reminder"),
        ("title: Only by the calendar", "Journey Called|stay"),
    ],
)
def test_other_ways_in(start: str, event: str) -> None:
    text = STAY.replace("start: {event: Booking Confirmed}", start)
    text = text.replace("facts.total > 100", "facts.total is not null")
    assert load_text({**FILES, FILE: text}, {}).journeys["stay"].start.event == event


def test_the_zone_of_a_schedule_is_the_companys_unless_said() -> None:
    text = STAY.replace("zone: America/New_York, ", "")
    schedule = load_text({**FILES, FILE: text}, {}).journeys["stay"].schedule
    assert schedule is not None
    assert schedule.zone == "Europe/Vienna"


@pytest.mark.parametrize(
    ("old", "new", "path", "message"),
    [
        ("0 9 * * mon", "0 9 * *", "schedule.cron", "not a cron line"),
        ("0 9 * * mon", "0 25 * * *", "schedule.cron", "Bad hour"),
        ("0 9 * * mon", "0 0 30 2 *", "schedule.cron", "not a cron line"),
        ("America/New_York", "Mars/Base", "schedule.zone", "not a time zone"),
        (", audience: regulars}", "}", "schedule", "'audience' is missing"),
        ("audience: regulars}", "audience: regular}", "schedule.audience", "no audience"),
        ("start: {event: Booking Confirmed}", "start: {api: false}", "start.api", "says so"),
        ("{after: 30 days}", "{after: soon}", "reentry.after", "not a duration"),
        ("{after: 30 days}", "{}", "reentry", "'after' is missing"),
        ("{after: 30 days}", "often", "reentry", "'often'"),
        ('"09:00"', '"25:00"', "steps.0.wait.local_time", "not a time of day"),
        ("[wed, mon]", "[wednesday]", "steps.0.wait.weekdays.0", "no weekday"),
        ('local_time: "09:00", ', "", "steps.0.wait", "'until' is missing"),
        ('local_time: "09:00"', 'until: now(), local_time: "09:00"', "steps.0.wait", "not both"),
        ("traits.tier = 'gold'", "event.name = 'x'", "steps.1.wait_until.1.condition", "over a"),
        ("traits.tier = 'gold'", "facts.nobody", "steps.1.wait_until.1.condition", "no fact"),
        (
            "{event: Booking Confirmed}, {cond",
            "{condition: now() > facts.arrival_at}, {cond",
            "steps.1.wait_until.1",
            "one condition",
        ),
        ("66.5 %", "66.4 %", "steps.2.split", "99.9 %"),
        ("66.5 %", "most", "steps.2.split.1.share", "not a share"),
        ("33.5%, goto: ask", "33.5%, goto: aks", "steps.2.split.0.goto", "no step 'aks'"),
        ("webhook: rooms", "webhook: room", "steps.3.call.webhook", "no channel 'room'"),
        ("on_timeout: told}}", "on_timeout: tld}}", "steps.3.call.on_timeout", "no step 'tld'"),
        ("within: 10 seconds", "within: 10 s", "steps.3.call.within", "not a duration"),
        ("facts.ask.rooms", "facts.aks.rooms", "steps.4.branch.0.when", "no fact 'aks.rooms'"),
        ("promise: room_ready", "promise: room", "steps.5.promise", "no promise 'room'"),
        ("promise: room_ready", "promise: reminder", "steps.5.promise", "not made by journeys"),
        ("{id: done, exit: true}", "{id: done, promise: room_ready, goto: halves}", "steps.2", ""),
    ],
)
def test_every_slip_has_its_place(old: str, new: str, path: str, message: str) -> None:
    assert old in STAY
    problems = found({**FILES, FILE: STAY.replace(old, new, 1)})
    told = [p for p in problems if p.file == FILE and p.path == path and message in p.message]
    assert told, problems
    assert all(p.line for p in told)


def test_a_channel_on_which_nobody_answers_cannot_be_called() -> None:
    toml = FILES["regard.toml"].replace(
        "[channels.rooms]\n", "[channels.rooms]\nadapter = 'smtp'\nhost = 'localhost'\n"
    )
    (problem,) = found({**FILES, "regard.toml": toml})
    assert (problem.path, problem.message) == (
        "steps.3.call.webhook",
        "nobody answers on the channel 'rooms'",
    )


def test_the_post_room_stands_in_for_whoever_answers() -> None:
    assert found({**FILES, FILE: STAY.replace("webhook: rooms", "webhook: sms")}) == []


def test_an_answer_may_not_hide_a_fact() -> None:
    text = STAY.replace("id: ask,", "id: total,").replace("goto: ask}", "goto: total}")
    text = text.replace("facts.ask.rooms", "facts.total")
    (problem,) = found({**FILES, FILE: text})
    assert (problem.path, problem.message) == (
        "steps.3.id",
        "the answer would hide the fact 'total'",
    )


def test_a_promise_that_journeys_make_says_so() -> None:
    text = FILES["promises/room_ready.yaml"].replace("true", "false")
    assert found({**FILES, "promises/room_ready.yaml": text})[0].path == "made_by.journey"
