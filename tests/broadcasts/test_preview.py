"""The numbers of a preview are those that then pass the gate, and it writes nothing."""

from __future__ import annotations

from datetime import timedelta

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from regard.broadcasts import started
from regard.core.program import Program
from regard.core.rows import Outlook
from regard.runtime.previews import preview
from regard.testing import VirtualClock
from tests.broadcasts.house import HOUR, Shop, at_noon, shop


def outlook(house: Shop) -> Outlook:
    now = house.clock.now()
    change = started(house.program.broadcasts["summer"], house.program, now, "")
    ledger = house.ledger
    return preview(ledger.store, ledger.kernel, house.program, change, now)


def what_came(house: Shop) -> Outlook:
    """Return what really became of a broadcast, counted as a preview counts."""
    house.broadcast("summer")
    house.run_until(house.clock.now() + timedelta(minutes=1))  # a shared address takes turns
    found = house.progress()
    channels = {name: len(channel.messages) for name, channel in house.channels.items()}
    return Outlook(
        recipients=found.reached,
        sent=found.messages.get("sent", 0),
        same_address=found.failures.get("same_address", 0),
        held=found.held,
        unmoved=0,
        channels={name: count for name, count in channels.items() if count},
        holds={"quiet_hours": found.held} if found.held else {},
        silences=found.silences,
    )


@pytest.fixture
def program() -> Program:
    return shop(pace_per_s="")


CUSTOMERS = st.lists(
    st.fixed_dictionaries(
        {
            "consents": st.booleans(),
            "city": st.sampled_from(["Graz", "Linz"]),
            "email": st.sampled_from(["", "own", "family@example.com"]),
            "phone": st.sampled_from(["", "+436641234567", "+436641234568"]),
        }
    ),
    max_size=8,
)


@settings(max_examples=40, deadline=None)
@given(CUSTOMERS, st.sampled_from([11, 23]))
def test_a_preview_equals_what_is_then_sent(customers: list[dict[str, object]], hour: int) -> None:
    clock = VirtualClock()
    clock.set(clock.now().replace(hour=hour))
    house = Shop(clock=clock, program=shop(pace_per_s=""))
    for number, customer in enumerate(customers):
        own = {"email": f"{number}@example.com"} if customer["email"] == "own" else {}
        house.customer(f"c{number}", **{**customer, **own})  # type: ignore[arg-type]
    house.run_until(clock.now() + timedelta(minutes=11))  # nobody is new, no address on its way
    expected = outlook(house)
    assert what_came(house) == expected


def test_a_preview_writes_nothing(program: Program) -> None:
    house = Shop(clock=at_noon(), program=program)
    house.customer("ada")
    before = house.ledger.store.digest()
    assert outlook(house).sent == 1
    assert house.ledger.store.digest() == before
    assert house.got() == {}


def test_people_who_got_it_are_told_apart(program: Program) -> None:
    house = Shop(clock=at_noon(), program=program)
    house.customer("ada")
    house.broadcast("summer")
    house.run_until(house.clock.now() + HOUR)
    assert outlook(house).unmoved == 1
