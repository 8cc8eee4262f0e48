"""Quiet hours: where the person could be, when it is night there, and what happens then."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, time, timedelta
from zoneinfo import ZoneInfo

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regard.core.facts import Decided
from regard.core.person import Person
from regard.core.program import Program
from regard.core.rules import QuietHours
from regard.core.settings import Company
from regard.decisions.quiet import Window, free_at
from regard.decisions.zones import zones_of
from tests.decisions.house import (
    GATE,
    NIGHT,
    NOON,
    ada,
    candidate,
    claimed,
    decide_one,
    engagement,
    outcome,
    program,
    promised,
    refusals,
    with_promise,
)

BY_SMS = engagement("check_in", channels=("sms",))
NIGHTLY = program(BY_SMS, quiet_hours=(NIGHT,))
LATE = datetime(2026, 3, 2, 22, 30, tzinfo=UTC)
MORNING = datetime(2026, 3, 3, 7, 0, tzinfo=UTC)
"""Eight o'clock in Vienna, in winter."""


def names(person: Person, rules: Program = NIGHTLY) -> list[str]:
    return [zone.key for zone in zones_of(person, rules)]


def at_night(person: Person, at: datetime = LATE, rules: Program = NIGHTLY) -> Decided:
    return decide_one(person, rules, candidate(made_at=at), at=at)


def test_a_disturbing_channel_waits_for_the_morning() -> None:
    decided = at_night(ada())
    assert (decided.verdict, decided.reason) == ("hold", "quiet_hours")
    assert decided.wake_at == decided.refusals[0].next_allowed_at == MORNING
    assert at_night(ada(), MORNING).verdict == "send"
    assert at_night(ada(), MORNING - timedelta(microseconds=1)).verdict == "hold"


def test_a_silent_channel_does_not_wait_even_when_it_comes_second() -> None:
    rules = program(engagement("check_in", channels=("sms", "email")), quiet_hours=(NIGHT,))
    decided = at_night(ada(), rules=rules)
    assert (decided.verdict, decided.channel) == ("send", "email")
    assert refusals(decided) == [("sms", "quiet_hours")]


def test_quiet_hours_hold_only_the_classes_they_are_for() -> None:
    marketing_only = replace(NIGHT, message_classes=("marketing",))
    assert at_night(ada(), rules=program(BY_SMS, quiet_hours=(marketing_only,))).verdict == "send"


@pytest.mark.parametrize("limit", ["deadline_at", "useful_until"])
def test_a_hold_that_would_come_too_late_is_silence_with_its_reason(limit: str) -> None:
    person = with_promise(ada())
    for end, verdict in ((MORNING, "silence"), (MORNING + timedelta(minutes=1), "hold")):
        wish = promised(made_at=LATE, **{limit: end})
        decided = decide_one(person, NIGHTLY, wish, at=LATE)
        assert (decided.verdict, decided.reason) == (verdict, "quiet_hours")


def test_the_hold_looks_at_the_next_best_channel_too() -> None:
    """A closed desk opens at 8, an SMS is allowed at 8, a capped one later."""
    rules = program(
        engagement("check_in", channels=("sms", "phone.call"), department="desk"),
        quiet_hours=(NIGHT,),
    )
    decided = at_night(ada(), rules=rules)
    assert (decided.verdict, decided.channel, decided.wake_at) == ("hold", "sms", MORNING)


def test_no_zone_no_quiet_is_never_true() -> None:
    """Adobe sends when the zone is unknown; here every zone that is possible must be awake."""
    british = ada(phone="+447911123456")
    assert {"Europe/London", "Europe/Jersey"} <= set(names(british))
    tourist = ada(phone="+6626123456", country="AT")
    assert names(tourist) == ["Asia/Bangkok", "Europe/Vienna"]
    decided = at_night(tourist, datetime(2026, 3, 2, 5, 0, tzinfo=UTC))
    assert decided.reason == "quiet_hours"
    assert decided.wake_at == datetime(2026, 3, 2, 7, 0, tzinfo=UTC)


def test_an_area_code_is_no_place() -> None:
    """A number of New York is taken along to Los Angeles; at 8 in New York it is 5 there."""
    moved = ada(phone="+12125550123", country="US")
    assert {"America/New_York", "America/Los_Angeles", "Pacific/Honolulu"} <= set(names(moved))
    decided = at_night(moved, datetime(2026, 3, 2, 13, 0, tzinfo=UTC))
    assert (decided.verdict, decided.reason) == ("hold", "quiet_hours")
    assert decided.wake_at == datetime(2026, 3, 2, 18, 0, tzinfo=UTC)


def test_nothing_known_means_every_zone_of_the_companys_country() -> None:
    company = Company(id="x", name="X", zone="America/New_York", languages=("en",))
    rules = replace(NIGHTLY, company=company)
    assert {"America/New_York", "Pacific/Honolulu"} <= set(names(ada(phone=None), rules))
    assert names(ada(phone=None)) == ["Europe/Vienna"]
    assert names(ada(phone=None), replace(rules, company=replace(company, zone="UTC"))) == ["UTC"]


def test_a_zone_set_that_never_is_awake_together_is_silent() -> None:
    """A toll-free number may be in Guam or on Hawaii; from Austria there is no hour for both."""
    decided = at_night(ada(phone="+18005551212", country="AT"))
    assert (decided.verdict, decided.reason) == ("silence", "quiet_hours")
    assert decided.refusals[0].next_allowed_at is None


@pytest.mark.parametrize(
    ("traits", "expected"),
    [
        ({"time_zone": "Asia/Tokyo"}, ["Asia/Tokyo"]),
        ({"time_zone": "Mars/Base"}, ["Europe/Vienna"]),
        ({"time_zone": "../etc/passwd"}, ["Europe/Vienna"]),
        ({"time_zone": 7}, ["Europe/Vienna"]),
        ({"phone": "0664 1234567"}, ["Europe/Vienna"]),
        ({"phone": "nonsense", "country": "Portugal"}, names(ada(phone=None, country="PT"))),
        ({"phone": None, "country": "jp"}, ["Asia/Tokyo"]),
        ({"phone": None, "country": "JPN"}, ["Asia/Tokyo"]),
        ({"phone": None, "country": "UK"}, ["Europe/London"]),
        ({"phone": None, "country": "Atlantis"}, ["Europe/Vienna"]),
        ({"phone": None, "address": {"country": "Japan"}}, ["Asia/Tokyo"]),
        ({"phone": None, "locale": "ja-JP"}, ["Asia/Tokyo"]),
        ({"phone": None, "locale": "ja_JP.UTF-8"}, ["Asia/Tokyo"]),
        ({"locale": "ja"}, ["Europe/Vienna"]),
        ({"locale": "!!"}, ["Europe/Vienna"]),
        ({"locale": "ja-JP"}, ["Asia/Tokyo", "Europe/Vienna"]),
    ],
)
def test_zones_come_from_zone_else_phone_country_and_locale(
    traits: dict[str, object], expected: list[str]
) -> None:
    assert names(ada(**traits)) == expected


def test_a_persons_own_quiet_hours_only_make_the_rule_stricter() -> None:
    assert at_night(ada(quiet_from="23:00", quiet_to="10:00")).wake_at == datetime(
        2026, 3, 3, 9, 0, tzinfo=UTC
    )
    assert at_night(ada(quiet_from="23:00", quiet_to="07:00")).wake_at == MORNING
    assert at_night(ada(quiet_from="soon", quiet_to="10:00")).wake_at == MORNING
    alone = program(BY_SMS)
    own = at_night(ada(quiet_from="22:00", quiet_to="09:30"), rules=alone)
    assert own.wake_at == datetime(2026, 3, 3, 8, 30, tzinfo=UTC)


def test_a_closed_department_opens_in_the_companys_zone() -> None:
    desk = replace(program().departments["desk"], weekdays=(0, 1, 2, 3, 4))
    rules = program(engagement("check_in", department="desk"), departments={"desk": desk})
    friday_night = datetime(2026, 3, 6, 19, 0, tzinfo=UTC)
    decided = at_night(ada(), friday_night, rules)
    assert (decided.verdict, decided.reason) == ("hold", "no_capacity")
    assert decided.wake_at == datetime(2026, 3, 9, 7, 0, tzinfo=UTC)
    assert at_night(ada(), NOON, rules).verdict == "send"
    shut = replace(rules, departments={"desk": replace(desk, weekdays=())})
    assert at_night(ada(), NOON, shut).verdict == "silence"


def test_a_night_shift_belongs_to_the_day_on_which_it_begins() -> None:
    night = replace(program().departments["desk"], opens=time(22), closes=time(6), weekdays=(0,))
    rules = program(engagement("check_in", department="desk"), departments={"desk": night})
    assert at_night(ada(), datetime(2026, 3, 3, 4, 59, tzinfo=UTC), rules).verdict == "send"
    decided = at_night(ada(), datetime(2026, 3, 3, 5, 0, tzinfo=UTC), rules)
    assert decided.wake_at == datetime(2026, 3, 9, 21, 0, tzinfo=UTC)


def test_night_fell_between_decision_and_hand_over() -> None:
    decided = at_night(ada(), NOON)
    assert GATE.recheck(claimed(ada(), decided), NIGHTLY, LATE) == "quiet_hours"
    assert GATE.recheck(claimed(ada(), decided), NIGHTLY, MORNING) == ""
    assert outcome(decided, "withdrawn", "quiet_hours").message_id == decided.decision_id


def test_clocks_that_jump_over_the_end_of_quiet_hours() -> None:
    """On 29 March 2026 Vienna skips 02:00 to 03:00; on 25 October it sees them twice."""
    zone = (ZoneInfo("Europe/Vienna"),)
    spring = datetime(2026, 3, 29, 0, 10, tzinfo=UTC)
    assert free_at(((time(1), time(2, 30)),), zone, spring) == datetime(
        2026, 3, 29, 1, 0, tzinfo=UTC
    )
    autumn = datetime(2026, 10, 25, 0, 40, tzinfo=UTC)
    assert free_at(((time(2, 30), time(8)),), zone, autumn) == datetime(
        2026, 10, 25, 1, 0, tzinfo=UTC
    )
    before = datetime(2026, 10, 24, 23, 30, tzinfo=UTC)
    first_half_past_two = datetime(2026, 10, 25, 0, 30, tzinfo=UTC)
    assert free_at(((time(1), time(2, 30)),), zone, before) == first_half_past_two


PLACES = [
    "Europe/Vienna",
    "Europe/London",
    "America/New_York",
    "America/St_Johns",
    "Australia/Lord_Howe",
    "Asia/Kathmandu",
    "Pacific/Auckland",
    "Pacific/Honolulu",
]
moments = st.one_of(
    st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)),
    st.sampled_from([(3, 29), (10, 25), (3, 8), (11, 1), (4, 5), (10, 4), (9, 27)]).flatmap(
        lambda day: st.datetimes(
            datetime(2026, *day) - timedelta(hours=14), datetime(2026, *day) + timedelta(hours=14)
        )
    ),
).map(lambda moment: moment.replace(tzinfo=UTC))
clock_times = st.times(max_value=time(23, 59)).map(lambda t: t.replace(second=0, microsecond=0))
windows = st.tuples(clock_times, clock_times).filter(lambda w: w[0] != w[1])


def is_quiet(window: Window, zone: ZoneInfo, moment: datetime) -> bool:
    """The rule as a human reads a wall clock."""
    wall, (start, end) = moment.astimezone(zone).time(), window
    return start <= wall < end if start < end else not end <= wall < start


@given(
    places=st.lists(st.sampled_from(PLACES), min_size=1, max_size=3, unique=True),
    rules=st.lists(windows, min_size=1, max_size=2),
    now=moments,
)
@settings(max_examples=60, deadline=None)
def test_no_touch_ever_falls_into_anybodys_quiet_hours_and_none_waits_too_long(
    places: list[str], rules: list[Window], now: datetime
) -> None:
    zones = tuple(ZoneInfo(place) for place in places)

    def quiet(moment: datetime) -> bool:
        return any(is_quiet(window, zone, moment) for window in rules for zone in zones)

    found = free_at(tuple(rules), zones, now)
    minute = now.replace(second=0, microsecond=0) + timedelta(minutes=1)
    last = found if found is not None else now + timedelta(hours=26)
    while minute < last:
        assert quiet(minute), f"{minute} was free, but {found} was given"
        minute += timedelta(minutes=1)
    if found is not None:
        assert not quiet(found)
        assert found == now or quiet(found - timedelta(microseconds=1))


@given(
    start=clock_times,
    end=clock_times,
    place=st.sampled_from([*PLACES, ""]),
    phone=st.sampled_from(["+436641234567", "+447911123456", "+14155550123", "+6421123456"]),
    now=moments,
)
@settings(max_examples=60)
def test_the_gate_never_sends_at_night_and_wakes_at_an_hour_that_is_allowed(
    start: time, end: time, place: str, phone: str, now: datetime
) -> None:
    hours = QuietHours(start=start, end=end, message_classes=("service",))
    rules = program(BY_SMS, quiet_hours=(hours,))
    person = ada(phone=phone, time_zone=place or None)
    decided = at_night(person, now, rules)
    asleep = start != end and any(
        is_quiet((start, end), zone, now) for zone in zones_of(person, rules)
    )
    assert (decided.verdict == "send") is not asleep
    if decided.wake_at is not None:
        assert at_night(person, decided.wake_at, rules).verdict == "send"
        before = decided.wake_at - timedelta(minutes=1)
        assert before <= now or at_night(person, before, rules).verdict == "hold"
