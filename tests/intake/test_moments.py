"""When an event happened, by the receiver's clock."""

from __future__ import annotations

from datetime import timedelta

import pytest

from tests.intake.house import NOW

TRACK = {"type": "track", "event": "Seen", "userId": "ada"}


def iso(minutes: float) -> str:
    return (NOW + timedelta(minutes=minutes)).isoformat()


def minutes_before(event) -> float:
    return (NOW - event.at) / timedelta(minutes=1)


@pytest.mark.parametrize(
    ("said", "sent", "before"),
    [
        (-10, None, 10),
        (-10, 0, 10),
        (-70, -60, 10),  # the browser's clock is an hour behind
        (50, 60, 10),  # and here an hour ahead
        (30, None, 0),  # the future is not believed
        (5, 0, 0),
    ],
)
def test_skew_of_the_senders_clock_is_taken_out(event_of, said, sent, before):
    item = {**TRACK, "timestamp": iso(said), "sentAt": None if sent is None else iso(sent)}
    assert minutes_before(event_of(item)) == before


def test_the_envelopes_clock_serves_items_without_one(take):
    [draft] = take({"sentAt": iso(-60), "batch": [{**TRACK, "timestamp": iso(-70)}]})
    assert minutes_before(draft.body) == 10


def test_rudderstacks_first_sent_at_of_a_late_retry_is_not_believed(event_of):
    """RudderStack's Node SDK keeps its first sentAt; after an outage of an hour it is stale."""
    item = {**TRACK, "channel": "server", "originalTimestamp": iso(-60.1), "sentAt": iso(-60)}
    assert minutes_before(event_of(item)) == pytest.approx(60.1)
    fresh = {**item, "originalTimestamp": iso(-0.2), "sentAt": iso(-0.1)}
    assert minutes_before(event_of(fresh)) == pytest.approx(0.1)


def test_the_original_moment_goes_before_a_timestamp(event_of):
    item = {**TRACK, "originalTimestamp": iso(-9), "timestamp": iso(-1)}
    assert minutes_before(event_of(item)) == 9


@pytest.mark.parametrize(
    "said",
    [
        "2026-03-02T11:00:00Z",
        "2026-03-02T12:00:00+01:00",
        "2026-03-02 11:00",
        "2026-03-02T11:00:00.000000000Z",
        1_772_449_200,
        1_772_449_200_000,
    ],
)
def test_moments_are_read_in_every_usual_form(event_of, said):
    assert minutes_before(event_of({**TRACK, "timestamp": said})) == 60


@pytest.mark.parametrize("said", ["yesterday", -5, 1e300, "9999-01-01", True, {"a": 1}, []])
def test_an_unreadable_moment_is_the_receipt_and_said_so(event_of, said):
    event = event_of({**TRACK, "timestamp": said})
    assert event.at == NOW
    assert len(event.violations) == 1


@pytest.mark.parametrize("sent", ["2999-01-01", "1970-01-01", "junk", 7])
def test_no_clock_however_wrong_breaks_the_sum(event_of, sent):
    event = event_of({**TRACK, "timestamp": "1971-01-01", "sentAt": sent})
    assert event.at <= NOW
