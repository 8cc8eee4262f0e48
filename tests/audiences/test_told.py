"""What a story tells when somebody is not where it expects them."""

from __future__ import annotations

from datetime import timedelta

import pytest

from regard.testing.expectations import CHECKS
from tests.audiences.shop import START, Shop, program_of


@pytest.fixture(scope="module")
def shop() -> Shop:
    """Ada left after 30 days; Bruno was never in."""
    shop = Shop(program_of(buyers="count_events('Order', '30 days') >= 1"))
    shop.after(hours=1)
    shop.does("Order", user_id="ada")
    shop.does("Visit", user_id="bruno")
    shop.run_until(START + timedelta(days=40))
    return shop


@pytest.mark.parametrize(
    ("expected", "told"),
    [
        ({"person": "ada", "is_member": False, "since": "30 days 1 hour"}, ""),
        ({"person": "ada", "is_member": False}, ""),
        ({"person": "bruno", "is_member": False}, ""),
        ({"person": "ada"}, "is not in buyers"),
        (
            {"person": "ada", "is_member": False, "since": "30 days"},
            "left buyers after 30 days, 1:00:00.000001",
        ),
        ({"person": "bruno", "is_member": False, "since": "1 hour"}, "was never in buyers"),
        ({"person": "chen"}, "nobody is known as chen"),
    ],
)
def test_where_somebody_belongs_is_told(shop: Shop, expected: dict, told: str) -> None:
    assert CHECKS["audience"](shop, START, expected | {"audience": "buyers"}) == told


def test_coming_and_going_stand_in_the_timeline(shop: Shop) -> None:
    names = ["Order", "entered buyers", "left buyers"]
    assert CHECKS["timeline"](shop, START, {"person": "ada", "timeline": names}) == ""
