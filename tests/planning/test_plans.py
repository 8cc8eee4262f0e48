"""The difference that a plan tells: same, moved, gained, lost, kept and missed."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache

import pytest

from regard.assembly import build_kernel
from regard.core.facts import CALL_PREFIX
from regard.planning import (
    InFlight,
    Lived,
    Plan,
    Versions,
    course,
    draw_plan,
    in_flight,
    rehearsal,
)
from regard.planning.touching import marks_of
from regard.project.changes import changes
from regard.store import MemoryStore
from regard.testing.simulation import Item
from tests.planning.test_as_published import AIRLINE, LAMPS, PEOPLE
from tests.planning.test_reading import DAY, HOUR, booked, known
from tests.planning.worlds import START, Edit, World, edited, shoppers
from tests.simulate.lives import lives

REMINDER, CARE = "promises/check_in_reminder.yaml", "journeys/miles_after_flight.yaml"
EARLIER = (REMINDER, "interval '24 hours'", "interval '30 hours'")
UNTIL = START + 12 * DAY


def planned(lived: Lived, *edits: Edit, example: str = "airline") -> Plan:
    versions = Versions(old=edited(example), new=edited(example, *edits))
    return draw_plan(lived, versions, build_kernel(), MemoryStore)


@pytest.fixture
def two_bookings() -> World:
    """Return a world in which Ada and Bruno have booked."""
    world = World(edited("airline"))
    bookings = [booked("ada", "SK1", HOUR, 4 * DAY), booked("bruno", "SK2", DAY, 9 * DAY)]
    world.live([known("ada"), known("bruno"), *bookings], START + 2 * DAY)
    return world


@lru_cache(maxsize=8)
def random_lives(example: str, seed: int) -> Lived:
    """Return a window of random lives under an example as it is."""
    items = lives(seed, PEOPLE) if example == "airline" else shoppers(seed, PEOPLE)
    world = World(edited(example))
    world.live(items, START + 20 * DAY)
    return world.read(START + 6 * DAY, START + 26 * DAY)


@pytest.mark.parametrize("seed", range(3))
@pytest.mark.parametrize("example", ["airline", "lamps"])
def test_a_version_beside_itself_changes_nothing_for_anybody(example: str, seed: int) -> None:
    plan = planned(random_lives(example, seed), example=example)
    assert plan.people == ()
    assert plan.messages.old == plan.messages.new > 0
    assert plan.shared_count == plan.lived_count > 0


@pytest.mark.parametrize("name", AIRLINE)
def test_whom_no_edit_concerns_would_have_lived_the_same(name: str) -> None:
    check_sharing("airline", AIRLINE[name])


@pytest.mark.parametrize("name", LAMPS)
def test_which_shopper_no_edit_concerns_would_have_lived_the_same(name: str) -> None:
    check_sharing("lamps", LAMPS[name])


def check_sharing(example: str, edits: tuple[Edit, ...]) -> None:
    """Live those whom the marks leave out under the new version as well."""
    lived, kernel = random_lives(example, 0), build_kernel()
    old, new = edited(example), edited(example, *edits)
    marks = marks_of(old, new, changes(old, new))
    before = rehearsal(lived, old, kernel, MemoryStore)
    after = rehearsal(lived, new, kernel, MemoryStore, publishing=old)
    for one in lived.everyone:
        was = course(one, before)
        if marks is not None and not marks & was.marks:
            assert course(one, after) == was


def test_a_message_at_another_time_has_moved(two_bookings: World) -> None:
    plan = planned(two_bookings.read(START, UNTIL), EARLIER)
    assert [len(person.moved) for person in plan.people] == [1, 1]
    assert not any(person.gained or person.lost for person in plan.people)
    for person in plan.people:
        assert person.moved[0].old.at - person.moved[0].new.at == timedelta(hours=6)
    assert (plan.messages.old, plan.messages.new) == (2, 2)
    assert (plan.recipients.old, plan.recipients.new) == (2, 2)


def test_messages_are_counted_by_the_days_of_the_company(two_bookings: World) -> None:
    plan = planned(two_bookings.read(START, UNTIL), EARLIER)
    found = {(one.day, one.engagement, one.channel): one.count for one in plan.days}
    assert {key: (pair.old, pair.new) for key, pair in found.items()} == {
        ("2026-03-05", "check_in", "email"): (1, 1),
        ("2026-03-10", "check_in", "email"): (1, 1),
    }


def test_a_message_that_nobody_offers_any_more_is_lost_with_its_promise(
    two_bookings: World,
) -> None:
    plan = planned(two_bookings.read(START + HOUR / 2, UNTIL), (REMINDER, "", ""))
    assert [person.lost[0].engagement for person in plan.people] == ["check_in", "check_in"]
    assert {turned.told for person in plan.people for turned in person.promises} == {
        "kept → not made"
    }
    assert (plan.messages.old, plan.messages.new) == (2, 0)


def test_what_would_be_silenced_is_told_by_reason(two_bookings: World) -> None:
    edit = ("engagements/check_in/engagement.yaml", "class: service", "class: marketing")
    asks = ("consent.yaml", '"Your journeys", needs_consent: false', '"J", needs_consent: true')
    plan = planned(two_bookings.read(START, UNTIL), edit, asks)
    found = {(q.engagement, q.verdict, q.reason): (q.count.old, q.count.new) for q in plan.quiet}
    assert found["check_in", "silence", "no_consent"] == (0, 4)
    assert {t.new for person in plan.people for t in person.promises} == {"broken"}
    assert all(t.is_worse for person in plan.people for t in person.promises)


def edits_in_flight(world: World, *edits: Edit) -> dict[str, InFlight]:
    versions = Versions(old=edited("airline"), new=edited("airline", *edits))
    with world.store.reading() as reading:
        found = in_flight(reading, versions, world.clock.now())
    return {edit.change.name: edit for edit in found}


def boarded(name: str, after: timedelta) -> Item:
    facts = {"booking_number": f"SK-{name}", "flight_number": "SK204"}
    data = {"event": "Boarded", "user_id": name, "properties": facts, "id": f"boarded-{name}"}
    return Item(at=START + after, source="operations", data=data)


@pytest.fixture
def three_landed() -> World:
    """Return a world in which three wait to be told of miles, one of them for longer than a day."""
    world = World(edited("airline"))
    people = [known(name) for name in ("ada", "bruno", "chen")]
    flights = [boarded("ada", HOUR), boarded("bruno", DAY), boarded("chen", DAY + HOUR)]
    world.live([*people, *flights], START + DAY + 2 * HOUR)
    return world


def test_a_shorter_wait_tells_who_goes_on_at_once(three_landed: World) -> None:
    found = edits_in_flight(three_landed, (CARE, "wait: 2 days", "wait: 1 day"))
    edit = found["miles_after_flight/settle"]
    assert (edit.count, edit.people) == (3, 3)
    assert {fate.what: fate.count for fate in edit.fates} == {
        "go on at may_we at once, 50 a second": 1,
        "wake sooner": 2,
    }


def test_a_deleted_step_tells_where_people_go_on(three_landed: World) -> None:
    found = edits_in_flight(three_landed, (CARE, "  - {id: settle, wait: 2 days}\n", ""))
    edit = found["miles_after_flight/settle"]
    assert edit.told == "3 runs of 3 people"
    assert [(f.what, f.count) for f in edit.fates] == [("go on at may_we at once, 50 a second", 3)]


def test_a_journey_that_goes_tells_who_leaves_it(three_landed: World) -> None:
    edit = edits_in_flight(three_landed, (CARE, "", ""))["miles_after_flight"]
    assert [(f.what, f.count) for f in edit.fates] == [("leave the journey (journey_gone)", 3)]


def test_an_edited_promise_tells_how_many_are_open(two_bookings: World) -> None:
    edit = edits_in_flight(two_bookings, EARLIER)["check_in_reminder"]
    assert edit.told == "2 promises of 2 people"
    assert edits_in_flight(two_bookings, (REMINDER, "", ""))["check_in_reminder"].fates[0].what == (
        "are void when their moment comes"
    )


def test_calls_are_no_messages(two_bookings: World) -> None:
    plan = planned(two_bookings.read(START, UNTIL))
    assert not any(one.engagement.startswith(CALL_PREFIX) for one in plan.days)


def test_an_answer_counts_where_its_message_is_said_again() -> None:
    told = {"email": "ada@example.com", "phone": "+436641234567"}
    ada = Item(at=START, source="website", data={"identify": told, "user_id": "ada", "id": "1"})
    world = World(edited("airline"))
    world.live([ada, booked("ada", "SK1", HOUR, 4 * DAY)], START + 3 * DAY + HOUR)
    message_id = world.house.channels["email"].messages[0].message_id
    facts = {"message_id": message_id, "address": "ada@example.com", "permanent": True}
    bounced = {"event": "Email Bounced", "user_id": "ada", "properties": facts, "id": "2"}
    world.live([Item(at=START + 3 * DAY + 2 * HOUR, source="mail", data=bounced)], UNTIL)
    lived = world.read(START + 2 * HOUR, UNTIL)
    by_mail = course(
        lived.lives[0], rehearsal(lived, edited("airline"), build_kernel(), MemoryStore)
    )
    assert [said.channel for said in by_mail.said] == ["email", "sms"]
    assert [owed.status for owed in by_mail.promises.values()] == ["repaired"]
    sms_first = ("engagements/check_in/engagement.yaml", "[email, sms", "[sms, email")
    plan = planned(lived, sms_first)
    assert [m.new.channel for m in plan.people[0].moved] == ["sms"]
    assert [t.told for t in plan.people[0].promises] == ["repaired → kept"]
