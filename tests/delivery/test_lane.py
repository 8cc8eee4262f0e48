"""Pace and pause of one channel, in virtual time."""

from __future__ import annotations

from datetime import timedelta

from msgspec.structs import replace

from regard.core.event import MessageOutcome, Outcome
from regard.delivery.lane import FAILURES_MAX, PAUSE_FIRST, PAUSE_MAX, SLOW_DOWN, WAIT_MAX, Lane
from regard.delivery.pacing import RECOVERED, REST, SLOW_FIRST
from regard.testing import RecordingChannel
from tests.delivery.cast import NOW

SECOND = timedelta(seconds=1)


def outcome(kind: Outcome) -> MessageOutcome:
    return MessageOutcome(message_id="m", channel="email", outcome=kind)


def note(lane: Lane, kind: Outcome, count: int, now=NOW) -> bool:
    return [lane.note(outcome(kind), now) for _ in range(count)][-1]


def test_without_a_pace_everything_goes_at_once():
    lane = Lane(RecordingChannel(), 0.0)
    assert {lane.enter(f"m{n}", 1, NOW).go_at for n in range(100)} == {NOW}


def test_a_pace_is_never_exceeded_and_fully_used():
    lane = Lane(RecordingChannel(), 10.0)
    going = [lane.enter(f"m{n}", 1, NOW).go_at for n in range(11)]
    assert going == [NOW + n * SECOND / 10 for n in range(11)]


def test_what_would_wait_long_is_handed_back_one_after_the_other():
    lane = Lane(RecordingChannel(), 1.0)
    tickets = [lane.enter(f"m{n}", 1, NOW) for n in range(5)]
    assert [t.go_at for t in tickets] == [NOW, NOW + SECOND, None, None, None]
    assert [t.back_at for t in tickets[2:]] == [NOW + n * SECOND for n in (2, 3, 4)]
    assert tickets[2].reason == "paced"
    assert lane.enter("m2", 2, NOW + 2 * SECOND).go_at == NOW + 2 * SECOND
    assert WAIT_MAX == SECOND


def test_an_idle_channel_saves_up_no_burst():
    lane = Lane(RecordingChannel(), 10.0)
    later = NOW + timedelta(hours=1)
    assert [lane.enter("m", 1, t).go_at for t in (NOW, later, later)] == [
        NOW,
        later,
        later + SECOND / 10,
    ]


def test_a_provider_that_is_down_is_left_alone_for_a_while():
    lane = Lane(RecordingChannel(), 0.0)
    assert not note(lane, "try_again", FAILURES_MAX - 1)
    assert note(lane, "try_again", 1)
    ticket = lane.enter("m", 1, NOW + SECOND)
    assert (ticket.go_at, ticket.reason) == (None, "channel_paused")
    assert ticket.back_at >= NOW + PAUSE_FIRST
    assert lane.enter("m", 1, NOW + PAUSE_FIRST).go_at == NOW + PAUSE_FIRST


def test_after_a_pause_one_failure_is_enough_for_a_longer_one():
    lane = Lane(RecordingChannel(), 0.0)
    note(lane, "try_again", FAILURES_MAX)
    now, pauses = NOW, []
    for _ in range(8):
        until = lane.paused_until
        pauses.append(until - now)
        now = until
        assert note(lane, "try_again", 1, now)
    assert pauses[:3] == [PAUSE_FIRST, PAUSE_FIRST * 2, PAUSE_FIRST * 4]
    assert pauses[-1] == PAUSE_MAX


def test_failures_that_were_under_way_do_not_lengthen_the_pause():
    lane = Lane(RecordingChannel(), 0.0)
    note(lane, "try_again", FAILURES_MAX)
    until = lane.paused_until
    assert not note(lane, "try_again", 50)
    assert lane.paused_until == until


def test_any_other_answer_starts_the_count_again():
    lane = Lane(RecordingChannel(), 0.0)
    for kind in ("sent", "refused", "unknown"):
        note(lane, "try_again", FAILURES_MAX - 1)
        assert not lane.note(outcome(kind), NOW)
    assert not note(lane, "try_again", FAILURES_MAX - 1)


def test_who_is_urgent_comes_back_for_the_next_place_not_behind_all():
    lane = Lane(RecordingChannel(), 1.0)
    bulk = [lane.enter(f"m{n}", 1, NOW) for n in range(100)]
    assert bulk[-1].back_at > NOW + 90 * SECOND
    urgent = lane.enter("receipt", 1, NOW, is_urgent=True)
    assert urgent.back_at <= NOW + 3 * SECOND


def test_a_domain_with_a_pace_of_its_own_holds_up_nobody_else():
    lane = Lane(RecordingChannel(), 0.0, {"gmail.com": 1.0})
    own = [lane.enter(f"m{n}", 1, NOW, domain="gmail.com") for n in range(4)]
    assert [t.go_at for t in own] == [NOW, NOW + SECOND, None, None]
    assert [t.back_at for t in own[2:]] == [NOW + 2 * SECOND, NOW + 3 * SECOND]
    assert {lane.enter(f"o{n}", 1, NOW, domain="gmx.de").go_at for n in range(9)} == {NOW}


def test_both_paces_hold_and_a_slow_domain_takes_no_place_of_the_channel():
    lane = Lane(RecordingChannel(), 10.0, {"gmail.com": 1.0})
    for n in range(5):
        lane.enter(f"m{n}", 1, NOW, domain="gmail.com")
    assert lane.enter("o", 1, NOW, domain="gmx.de").go_at == NOW + SECOND * 0.2


def slowed(lane: Lane, now, count: int = 1) -> bool:
    asked = replace(outcome("try_again"), reason=SLOW_DOWN)
    return [lane.note(asked, now, "gmail.com") for _ in range(count)][-1]


def test_a_domain_that_asks_for_less_rests_and_goes_on_slowly_and_the_channel_goes_on():
    lane = Lane(RecordingChannel(), 0.0)
    assert not slowed(lane, NOW, FAILURES_MAX * 3)
    assert lane.paused_until is None
    assert lane.enter("o", 1, NOW, domain="gmx.de").go_at == NOW
    ticket = lane.enter("m", 1, NOW, domain="gmail.com")
    assert (ticket.go_at, ticket.reason, ticket.back_at) == (None, "paced", NOW + REST)
    later = NOW + REST
    going = [lane.enter(f"m{n}", 1, later, domain="gmail.com").go_at for n in range(3)]
    assert going == [later + n * SLOW_FIRST for n in range(3)]


def test_a_domain_is_slowed_further_each_time_and_recovers_step_by_step():
    lane, now = Lane(RecordingChannel(), 0.0), NOW
    for _ in range(3):
        slowed(lane, now)
        now += REST
    gaps = []
    for _ in range(5):
        first, second = (lane.enter("m", 1, now, domain="gmail.com").go_at for _ in range(2))
        gaps.append(second - first)
        now += RECOVERED
    assert gaps == [SLOW_FIRST * 4, SLOW_FIRST * 2, SLOW_FIRST, timedelta(0), timedelta(0)]


def test_a_pace_that_was_set_is_what_a_slowed_domain_comes_back_to():
    lane = Lane(RecordingChannel(), 0.0, {"gmail.com": 2.0})
    slowed(lane, NOW)
    now = NOW + RECOVERED
    for _ in range(3):
        tickets = [lane.enter("m", 1, now, domain="gmail.com") for _ in range(2)]
        now += RECOVERED
    assert tickets[1].go_at - tickets[0].go_at == SECOND / 2
