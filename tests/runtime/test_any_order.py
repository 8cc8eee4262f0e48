"""Nothing may need an order (INTAKE rule 6): what somebody did may arrive before who they are."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from regard.assembly import build_ledger
from regard.core.event import Event, Identifier
from regard.core.facts import Decided
from regard.core.ids import identity_of
from regard.core.ports import Draft, Message
from regard.project import load
from regard.runtime.rebuild import verify
from regard.store import open_store
from regard.testing.clock import VirtualClock
from regard.testing.house import VirtualHouse

START = datetime(2026, 3, 2, 9, tzinfo=UTC)
AIRLINE = Path(__file__).parents[2] / "examples" / "airline"


@pytest.fixture
def house() -> VirtualHouse:
    program = load(AIRLINE, {})
    ledger = build_ledger(open_store(":memory:"), lambda: program)
    return VirtualHouse(ledger, program, VirtualClock(START))


def reasons(house: VirtualHouse) -> list[tuple[str, str]]:
    with house.ledger.store.reading() as reading:
        entries = reading.tail.after(0, 1_000)
    decided = [e.body for e, _, _ in entries if isinstance(e.body, Decided)]
    return [(d.verdict, d.reason) for d in decided]


@pytest.mark.parametrize("minutes", [0, 5])
def test_what_a_shared_laptop_saw_is_folded_as_it_is_rebuilt(
    house: VirtualHouse, minutes: int
) -> None:
    """Found by random lives: who came last, but had been there before, was not folded again."""
    items = [(0, {"user_id": "bruno"}), (10, {}), (10 - minutes, {"user_id": "ada"})]
    for number, (at, who) in enumerate(items):
        moment = (START + timedelta(minutes=at)).isoformat()
        house.run_until(START + timedelta(minutes=at))
        item = {"id": f"e{number}", "event": "Looked", "anonymous_id": "laptop", "at": moment}
        house.take("website", item | who)
    with house.ledger.store.reading() as reading:
        ada = reading.people.read(reading.people.find(Identifier("user_id", "ada")) or "")
    assert ada is not None
    assert ada.seen["Looked"].count == 2
    rules, kernel = house.program.identity, house.ledger.kernel
    assert verify(house.ledger.store, kernel, rules, lambda _done, _all: None) == []


def test_an_event_that_overtakes_the_address_is_served_seconds_later(house: VirtualHouse) -> None:
    house.take("website", {"event": "Signed Up", "user_id": "ada"})
    house.take("website", {"identify": {"email": "ada@example.com"}, "user_id": "ada"})
    house.run_until(START + timedelta(seconds=5))
    assert [m.address for m in house.channels["email"].messages] == ["ada@example.com"]
    assert reasons(house)[0] == ("hold", "unreachable")


def test_somebody_who_never_tells_an_address_is_left_in_silence(house: VirtualHouse) -> None:
    house.take("website", {"event": "Signed Up", "user_id": "ada"})
    house.run_until(START + timedelta(hours=1))
    assert reasons(house)[-1] == ("silence", "unreachable")
    assert len(reasons(house)) == 5


def test_somebody_known_for_long_is_not_waited_for(house: VirtualHouse) -> None:
    house.take("website", {"page": "Home", "user_id": "ada"})
    house.run_until(START + timedelta(hours=1))
    house.take("website", {"event": "Signed Up", "user_id": "ada"})
    assert reasons(house) == [("silence", "unreachable")]


def test_a_bounce_that_overtakes_the_outcome_has_the_last_word(house: VirtualHouse) -> None:
    identify = {"email": "ada@example.com", "phone": "+436641234567"}
    house.take("website", {"identify": identify, "user_id": "ada"})
    departs = (START + timedelta(days=3)).isoformat()
    facts = {"booking_number": "SK1", "flight_number": "SK204", "from": "Vienna", "to": "Lisbon"}
    booked = {"event": "Booking Confirmed", "user_id": "ada"}
    house.take("website", booked | {"properties": facts | {"departure_at": departs}})

    def bounce_at_once(message: Message) -> str:
        event = Event(
            message_id=f"bounce-{message.message_id}",
            source="mail",
            type="track",
            name="Email Bounced",
            channel="email",
            at=house.clock.now(),
            received_at=house.clock.now(),
            identifiers=(Identifier("user_id", "ada"),),
            facts={"message_id": message.message_id, "address": message.address},
        )
        draft = Draft(
            key=event.message_id.encode(),
            identity=identity_of("user_id", "ada"),
            at=event.at,
            received_at=event.received_at,
            body=event,
        )
        house.ledger.append([draft], house.clock.now())
        return "sent"

    house.channels["email"].rule = bounce_at_once
    house.run_until(START + timedelta(days=3))
    assert [m.channel for m in house.channels["sms"].messages] == ["sms"]
    with house.ledger.store.reading() as reading:
        (promise,) = reading.registers.promises()
    assert (promise.change.status, promise.change.channels_tried) == ("kept", ("email", "sms"))
