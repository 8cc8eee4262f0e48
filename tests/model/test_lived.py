"""What customers lived, from events alone: a disconnect that nobody declared is found."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from random import Random

import pytest

from regard.core.errors import Refused
from regard.core.lived import LivedTouch
from regard.model.conforming import conformance
from regard.model.lived import measure_lived, measuring
from tests.model.clean import model_of

MONDAY = datetime(2026, 3, 2, 9, tzinfo=UTC)
HOUR = timedelta(hours=1)


def touch(
    person: str, at: datetime, channel: str, activity: str, matter: str = "", **more: object
) -> LivedTouch:
    return LivedTouch(
        person=person,
        at=at,
        channel=channel,
        direction="in",
        activity=activity,
        matter=matter,
        **more,  # type: ignore[arg-type]
    )


def returns(seed: int, known_after: timedelta, count: int = 240) -> Iterator[LivedTouch]:
    """Yield orders on the web and returns at the till, which knows them only after a while."""
    random = Random(seed)
    for n in range(count):
        person, matter = f"p{n}", f"order_number=L-{n}"
        at = MONDAY + random.random() * 200 * HOUR
        yield touch(person, at, "web.desktop", "Order Completed", matter)
        age = random.random() * 72 * HOUR
        refused = age < known_after and random.random() < 0.95
        done = "Return Refused" if refused else "Return Accepted"
        yield touch(person, at + age, "store.pos", done, matter)


@pytest.mark.parametrize("seed", [1, 2, 3])
def test_the_till_that_learns_of_web_orders_a_day_late_is_found(seed: int) -> None:
    with measuring(returns(seed, 24 * HOUR)) as measure:
        (late,) = measure_lived(measure).late
    assert (late.source, late.target, late.activity) == (
        "web.desktop",
        "store.pos",
        "Return Refused",
    )
    assert 20 * HOUR < late.age < 28 * HOUR
    assert late.rate_young > 0.9
    assert late.rate_old < 0.1
    assert len(late.persons) == 3


@pytest.mark.parametrize("seed", range(5))
def test_refusals_by_chance_are_no_late_knowledge(seed: int) -> None:
    random = Random(seed)
    touches = list(returns(seed, timedelta(0)))
    shuffled = [
        t
        if t.channel != "store.pos" or random.random() > 0.3
        else touch(t.person, t.at, t.channel, "Return Refused", t.matter)
        for t in touches
    ]
    with measuring(shuffled) as measure:
        assert measure_lived(measure).late == ()


def test_hand_overs_have_their_times_and_examples() -> None:
    touches = [
        touch("ada", MONDAY, "web.desktop", "Order Completed", "order_number=1"),
        touch("ada", MONDAY + HOUR, "phone.call", "Call Received", "order_number=1"),
        touch("bruno", MONDAY, "web.desktop", "Order Completed", "order_number=2"),
        touch("bruno", MONDAY + 3 * HOUR, "phone.call", "Call Received", "order_number=2"),
        touch("chen", MONDAY, "web.desktop", "Order Completed", "order_number=3"),
        touch("chen", MONDAY + 300 * HOUR, "phone.call", "Call Received", "order_number=3"),
    ]
    with measuring(touches) as measure:
        lived = measure_lived(measure)
    (passing,) = lived.handovers
    assert (passing.source, passing.target, passing.count) == ("web.desktop", "phone.call", 2)
    assert passing.median == 2 * HOUR
    assert passing.persons == ("ada", "bruno")
    assert lived.flows[0].count == 3
    assert lived.variants[0].steps == (
        "Order Completed · web.desktop",
        "Call Received · phone.call",
    )


def test_what_was_told_is_asked_again_on_the_phone() -> None:
    said = (("iban", "AT12"), ("order_number", "1"))
    touches = [
        touch("ada", MONDAY, "web.desktop", "Return Requested", "order_number=1", told=said),
        touch("ada", MONDAY + HOUR, "phone.call", "Call Received", "order_number=1", told=said),
        touch("ada", MONDAY + 2 * HOUR, "web.phone", "page", told=said),
    ]
    with measuring(touches) as measure:
        found = [f for f in measure_lived(measure).findings if f.what == "asked_again"]
    assert [(f.title, f.count) for f in found] == [("iban is asked again on phone.call", 1)]


def test_who_is_sent_away_and_who_is_left_standing() -> None:
    touches = [
        touch(
            "ada",
            MONDAY,
            "phone.call",
            "Call Ended",
            "order_number=1",
            referred="organisation:web_team",
        ),
        touch("ada", MONDAY + HOUR, "web.desktop", "Form Sent", "order_number=1"),
        touch("bruno", MONDAY + 400 * HOUR, "web.desktop", "page"),
    ]
    with measuring(touches) as measure:
        found = {f.what: f for f in measure_lived(measure).findings}
        assert found["sent_away"].title == "phone.call sends people to web_team"
        assert found["dead_end"].title == "after Form Sent on web.desktop nothing follows"
        ended = measure_lived(measure, endings=["Form Sent"]).findings
    assert [f.what for f in ended] == ["sent_away"]


def test_declared_and_seen_are_told_apart() -> None:
    touches = [
        touch("ada", MONDAY, "web.desktop", "Order Changed", "order_number=1"),
        touch("bruno", MONDAY, "chat.web", "Order Changed", "order_number=2"),
    ]
    with measuring(touches) as measure:
        sights = {sight.key: sight for sight in conformance(model_of(), measure)}
    assert (
        sights["channel:web.desktop"].is_declared,
        sights["channel:web.desktop"].person_count,
    ) == (True, 1)
    assert (
        sights["channel:phone.call"].is_declared,
        sights["channel:phone.call"].person_count,
    ) == (True, 0)
    assert not sights["channel:chat.web"].is_declared
    assert sights["need:change_order@channel:chat.web"].persons == ("bruno",)
    assert sights["need:change_order@channel:phone.call"].person_count == 0


def test_an_empty_stretch_is_refused_with_what_to_do() -> None:
    with pytest.raises(Refused, match="longer stretch"), measuring([]):
        pass
