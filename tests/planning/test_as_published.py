"""What a plan says is what happens when the new version is published for real."""

from __future__ import annotations

from datetime import timedelta
from functools import lru_cache

import pytest

from regard.planning import looks_at_everybody
from regard.testing.simulation import Item
from tests.planning.worlds import START, Edit, World, edited, planned, shoppers
from tests.simulate.lives import lives

UNTIL = START + timedelta(days=26)
PEOPLE = 10
SEEDS = (0, *(pytest.param(seed, marks=pytest.mark.slow) for seed in range(1, 8)))

REMINDER, WELCOME = "promises/check_in_reminder.yaml", "journeys/welcome.yaml"
AIRLINE: dict[str, tuple[Edit, ...]] = {
    "nothing": (),
    "an earlier reminder": ((REMINDER, "interval '24 hours'", "interval '30 hours'"),),
    "a shorter wait": ((WELCOME, "within: 14 days", "within: 2 days"),),
    "a step less": ((WELCOME, "  - {id: hello, offer: welcome}\n", ""),),
    "a journey less": (("journeys/second_look.yaml", "", ""),),
    "another channel first": (
        ("engagements/check_in/engagement.yaml", "[email, sms", "[sms, email"),
    ),
    "a tighter cap": (("policies.yaml", "within: 24 hours", "within: 9 days"),),
    "longer quiet hours": (("policies.yaml", 'to: "05:00"', 'to: "11:30"'),),
    "a wider audience": (("audiences/frequent_flyers.yaml", "'30 days') >= 2", "'90 days') >= 1"),),
    "another start": (("journeys/welcome.yaml", "event: Signed Up", "event: Offer Viewed"),),
    "silence worth more": (("policies.yaml", "value: 0.5", "value: 2.5"),),
}
LAMPS: dict[str, tuple[Edit, ...]] = {
    "nothing": (),
    "a shorter wait": (("journeys/after_purchase_care.yaml", "wait: 3 days", "wait: 1 day"),),
    "an impatient cart": (("journeys/open_cart.yaml", "within: 4 hours", "within: 20 minutes"),),
    "less grace": (("promises/delivery_on_time.yaml", "grace: 2 hours", "grace: 1 minute"),),
    "a rarer voice": (("policies.yaml", "within: 24 hours", "within: 6 days"),),
}


@lru_cache(maxsize=8)
def items_of(example: str, seed: int) -> list[Item]:
    """Return what the people of an example do until the window ends."""
    items = lives(seed, PEOPLE) if example == "airline" else shoppers(seed, PEOPLE)
    return [item for item in items if item.at <= UNTIL]


@lru_cache(maxsize=8)
def lived_under(example: str, seed: int) -> World:
    """Return a world in which everything was lived under the example as it is."""
    world = World(edited(example))
    world.live(items_of(example, seed), UNTIL)
    return world


def compare(example: str, edits: tuple[Edit, ...], seed: int, day: int) -> None:
    """Publish the new version on `day` for real, and in a plan."""
    old, new = edited(example), edited(example, *edits)
    since = START + timedelta(days=day)
    items = items_of(example, seed)
    before = [item for item in items if item.at < since]
    lived, published = lived_under(example, seed), World(old)
    published.live(before, since)
    published.publish(new)
    published.live(items[len(before) :], UNTIL)
    window = lived.read(since, UNTIL, everybody=looks_at_everybody(old, new))
    assert planned(window, old) == (lived.messages(since), lived.promises(since))
    assert planned(window, new, old) == (published.messages(since), published.promises(since))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", AIRLINE)
def test_an_edit_of_the_airline_does_what_its_plan_says(name: str, seed: int) -> None:
    compare("airline", AIRLINE[name], seed, 3 + 5 * (seed % 4))


@pytest.mark.parametrize("seed", SEEDS)
@pytest.mark.parametrize("name", LAMPS)
def test_an_edit_of_the_lamp_shop_does_what_its_plan_says(name: str, seed: int) -> None:
    compare("lamps", LAMPS[name], seed, 4 + 4 * (seed % 4))
