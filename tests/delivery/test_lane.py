"""Pace and pause of one channel, in virtual time."""

from __future__ import annotations

from datetime import timedelta

from regard.core.event import MessageOutcome, Outcome
from regard.delivery.lane import FAILURES_MAX, PAUSE_FIRST, PAUSE_MAX, WAIT_MAX, Lane
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
