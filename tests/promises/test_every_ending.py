"""Whatever happens in whatever order, each promise ends, once, and says nothing afterwards."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from regard.core.codec import encode_person
from regard.core.facts import OPEN_PROMISE
from regard.core.flows import Repair
from regard.core.person import Person
from tests.promises.house import (
    DAY,
    HOUR,
    MINUTE,
    START,
    House,
    check_in_reminder,
    facts_at,
    program,
)

REPAIRS = (
    Repair(engagement="check_in"),
    Repair(engagement="thanks", wait=HOUR),
    Repair(department="call_centre", title="Call"),
)

happenings = st.one_of(
    st.tuples(st.just("outcome"), st.integers(0, 5), st.sampled_from(
        ["sent", "refused", "try_again", "unknown", "withdrawn"])),
    st.tuples(st.just("wait"), st.sampled_from([MINUTE, 15 * MINUTE, HOUR, DAY])),
    st.tuples(st.just("event"), st.sampled_from(["Check-in Completed", "Booking Cancelled"])),
    st.tuples(st.just("bounce"), st.integers(0, 5)),
    st.tuples(st.just("move"), st.integers(2, 6)),
    st.tuples(st.just("close"), st.sampled_from(["email", "sms", "push.web"])),
)  # fmt: skip


def live(house: House, happening: tuple) -> None:
    match happening:
        case ("outcome", number, outcome) if number < len(house.sent):
            house.outcome(house.sent[number].decision_id, outcome)
        case ("bounce", number) if number < len(house.sent):
            house.event("Email Bounced", message_id=house.sent[number].decision_id)
        case ("wait", length):
            house.wait(house.now + length)
        case ("event", name):
            house.event(name, booking_number="SK1")
        case ("move", days):
            house.event("Booking Confirmed", **facts_at(START + days * DAY))
        case ("close", channel):
            house.gate.closed ^= {channel}


@given(st.sampled_from(["sent", "delivered"]), st.lists(happenings, max_size=12))
def test_every_promise_ends_and_stays_silent(receipt: str, story: list[tuple]) -> None:
    definition = check_in_reminder(repairs=REPAIRS, kept_by_receipt=receipt)
    house = House(program([definition]))
    house.event("Booking Confirmed", **facts_at(START + 3 * DAY))
    for happening in story:
        live(house, happening)
    house.wait(house.now + 30 * DAY)
    assert not house.timers
    for state in house.person.promises.values():
        assert state.change.status not in OPEN_PROMISE
        assert state.change.wake_at is None
    said = len(house.sent)
    house.event("Check-in Completed", booking_number="SK1")
    house.wait(house.now + 30 * DAY)
    assert len(house.sent) == said


@given(st.lists(happenings, max_size=12))
def test_person_is_the_fold_of_the_journal(story: list[tuple]) -> None:
    house = House(program([check_in_reminder(repairs=REPAIRS)]))
    house.event("Booking Confirmed", **facts_at(START + 3 * DAY))
    for happening in story:
        live(house, happening)
    again = Person(id="ada")
    for entry in house.journal:
        again = house.kernel.fold(again, entry)
    assert encode_person(again) == encode_person(house.person)
