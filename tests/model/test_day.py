"""A day with a customer: only with consent, hour by hour, and nobody can tell who it was."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime

import pytest

from regard.core.errors import Refused
from regard.core.event import Identifier
from regard.core.person import Claim, Consent, Person
from regard.model.day import day_with
from tests.model.test_lived import HOUR, MONDAY, touch

NOW = datetime(2026, 3, 1, tzinfo=UTC)


def ada(*, is_granted: bool = True) -> Person:
    claims = {
        name: Claim(value, NOW, "shop", 0, 1)
        for name, value in {
            "name": "Ada Okafor",
            "email": "ada@example.com",
            "address": {"street": "7 Candle Lane", "country": "AT"},
            "locale": "de-AT",
        }.items()
    }
    consent = Consent(is_granted, NOW, "shop", {}, 1)
    return Person(id="p_1", claims=claims, consents={"research|*": consent})


TOUCHES = [
    touch(
        "p_1",
        MONDAY,
        "web.desktop",
        "Order Completed",
        "order_number=L-77",
        told=(("product", "Luna"),),
    ),
    touch(
        "p_1",
        MONDAY + 3 * HOUR,
        "phone.call",
        "Call Received",
        "order_number=L-77",
        told=(("reason", "Ada okafor asks for L-77 to 7 Candle Lane, ada@example.com"),),
    ),
    touch("p_1", MONDAY + 50 * HOUR, "web.desktop", "page"),
]
KEYS = [Identifier("email", "ada@example.com"), Identifier("user_id", "u-4711")]


def test_the_fullest_day_is_told_hour_by_hour_in_the_zone() -> None:
    day = day_with(ada(), KEYS, TOUCHES, "research", "Europe/Vienna")
    assert day.title == "A Monday with a customer"
    assert [(f"{m.at:%H:%M}", m.channel, m.waited / HOUR) for m in day.moments] == [
        ("10:00", "web.desktop", 0),
        ("13:00", "phone.call", 3),
    ]
    assert day.moments[0].words == "Order Completed (order A): product: Luna"


def test_nothing_points_at_the_person() -> None:
    day = day_with(ada(), KEYS, TOUCHES, "research", "Europe/Vienna")
    told = " ".join(m.words for m in day.moments).casefold()
    for secret in ("ada", "okafor", "candle", "example.com", "l-77", "4711"):
        assert secret not in told
    assert "[email]" in told
    assert "order a" in told


def test_without_consent_nothing_is_told() -> None:
    for person in (ada(is_granted=False), Person(id="p_2")):
        with pytest.raises(Refused, match="consent"):
            day_with(person, KEYS, TOUCHES, "research", "Europe/Vienna")


def test_one_no_is_enough() -> None:
    no = Consent(False, NOW, "shop", {}, 2)
    person = ada()
    both = Person(
        id="p_1", claims=person.claims, consents={**person.consents, "research|email": no}
    )
    with pytest.raises(Refused, match="consent"):
        day_with(both, KEYS, [replace(t) for t in TOUCHES], "research", "Europe/Vienna")
