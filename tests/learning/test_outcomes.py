"""What counts as taken up: the event, its facts, within the time, for the right message."""

from __future__ import annotations

from collections.abc import Mapping
from datetime import UTC, datetime, timedelta
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from regard.core.event import Event, Identifier
from regard.core.offers import Success
from regard.core.scope import Scope
from regard.learning.outcomes import Watch

NOON = datetime(2026, 3, 2, 12, tzinfo=UTC)
HOUR = timedelta(hours=1)
BOOKED = Success(event="Booked", within=HOUR)


def event(name: str, after: timedelta, **changes: Any) -> Event:
    known = {
        "message_id": f"{name}{after}",
        "source": "website",
        "type": "track",
        "name": name,
        "channel": "web.desktop",
        "at": NOON + after,
        "received_at": NOON + after,
        "identifiers": (Identifier("user_id", "ada"),),
    }
    return Event(**{**known, **changes})


def took(success: Success, *events: Event, message: str = "m1") -> bool:
    watch: Watch[str] = Watch()
    watch.add("offer", "p_ada", NOON, [(success, message)])
    for found in events:
        watch.see("p_ada", found)
    ((thing, came),) = watch.ended(NOON + success.within)
    assert thing == "offer"
    assert not len(watch)
    return came[0]


def test_success_is_the_event_within_its_time() -> None:
    assert took(BOOKED, event("Booked", HOUR / 2))
    assert took(BOOKED, event("Booked", HOUR))
    assert not took(BOOKED)
    assert not took(BOOKED, event("Looked", HOUR / 2))
    assert not took(BOOKED, event("Booked", timedelta(0)))
    assert not took(BOOKED, event("Booked", HOUR * 2))
    assert not took(BOOKED, event("Booked", HOUR / 2, is_history=True))


def test_success_of_another_message_is_not_its_own() -> None:
    own, other = ({"message_id": name} for name in ("m1", "m2"))
    clicked = Success(event="Message Clicked", within=HOUR)
    assert took(clicked, event("Message Clicked", HOUR / 2, facts=own))
    assert not took(clicked, event("Message Clicked", HOUR / 2, facts=other))


def test_facts_of_the_event_decide_where_it_is_said_so() -> None:
    class Dear:
        text = "facts.total > 100"

        def __call__(self, scope: Scope) -> object:
            found: Mapping[str, Any] = scope.facts
            return found.get("total", 0) > 100

    dear = Success(event="Booked", within=HOUR, when=Dear())
    assert took(dear, event("Booked", HOUR / 2, facts={"total": 200}))
    assert not took(dear, event("Booked", HOUR / 2, facts={"total": 20}))
    assert took(
        dear,
        event("Booked", HOUR / 3, facts={"total": 20}),
        event("Booked", HOUR / 2, facts={"total": 200}),
    )


def test_nobody_answers_for_somebody_else() -> None:
    watch: Watch[str] = Watch()
    watch.add("offer", "p_ada", NOON, [(BOOKED, "")])
    watch.see("p_bruno", event("Booked", HOUR / 2))
    assert [list(found) for _, found in watch.ended(NOON + HOUR)] == [[False]]


@settings(max_examples=20)
@given(st.lists(st.integers(0, 300), min_size=1, max_size=12), st.sets(st.integers(0, 400)))
def test_what_ends_does_not_depend_on_how_often_one_asks(
    begins: list[int], looks: set[int]
) -> None:
    def ended(moments: list[int]) -> list[tuple[int, bool]]:
        watch: Watch[int] = Watch()
        found: list[tuple[int, bool]] = []
        for minute in range(500):
            now = NOON + timedelta(minutes=minute)
            if minute in moments or minute == 499:
                found += [(thing, came[0]) for thing, came in watch.ended(now)]
            for number, begin in enumerate(begins):
                if begin == minute:
                    watch.add(number, f"p{number % 2}", now, [(BOOKED, "")])
            if minute % 50 == 49:
                # An event is taken only after what ended before it, as the journal has it.
                found += [(thing, came[0]) for thing, came in watch.ended(now)]
                watch.see("p0", event("Booked", now - NOON))
        return found

    assert ended(sorted(looks)) == ended([])
