"""Every kind of disconnect is found where it was planted, and none where there is none."""

from __future__ import annotations

from pathlib import Path

import pytest

from regard.core.model import Range
from regard.model import advise, compare, find, fresh
from regard.project.model import load_models
from tests.model.clean import model_of

FLOW = (
    "  - {from: orders, to: copies, facts: [order, person], takes: 5 minutes, cost_per_year: 7}\n"
)
EXAMPLES = Path(__file__).parents[2] / "examples"

PLANTED = {
    "late:order:orders>copies": [("takes: 5 minutes", "takes: 1 day")],
    "no_flow:order": [("facts: [order, person], takes", "facts: [person], takes")],
    "incompatible:orders>copies:order": [
        ("copies: {facts: {order: order_number", "copies: {facts: {order: receipt")
    ],
    "conflict:copies>orders:person": [
        ("flows:\n", "flows:\n  - {from: copies, to: orders, facts: [person]}\n")
    ],
    "unowned_channel:phone.call": [
        ("organisation: desk, applications: [desk_tool]", "applications: [desk_tool]")
    ],
    "blind_organisation:desk": [
        (
            "copies: {facts: {order: order_number, person: person_id}",
            "copies: {facts: {order: order_number}",
        ),
        ("facts: [order, person], takes", "facts: [order], takes"),
    ],
    "unsupported_preference:trade": [("prefers: [phone.call]", "prefers: [chat.web]")],
    "deaf_promise:confirmation": [("within: 10 minutes", "within: 1 minute")],
    "separate_applications:change_order": [
        (FLOW, "  []\n"),
    ],
}


def test_nothing_is_found_in_a_clean_model() -> None:
    assert find(model_of()) == ()


@pytest.mark.parametrize("name", PLANTED)
def test_what_was_planted_is_found(name: str) -> None:
    found = {one.id for one in find(model_of(*PLANTED[name]))}
    assert name in found
    # Without a flow the keeper of a promise never learns either: one cause, seen by each rule
    # that it concerns, and never by one that it does not.
    along = {
        "no_flow:order",
        "no_flow:person",
        "deaf_promise:confirmation",
        "separate_applications:change_order",
    }
    assert found <= {name} | along


def test_a_flow_that_maps_the_keys_is_no_disconnect() -> None:
    changes = [
        *PLANTED["incompatible:orders>copies:order"],
        ("cost_per_year: 7}", "cost_per_year: 7, maps_keys: true}"),
    ]
    assert find(model_of(*changes)) == ()


def test_costs_are_the_product_of_what_is_stated() -> None:
    (late,) = find(model_of(*PLANTED["late:order:orders>copies"]))[:1]
    # 100 to 200 times a year, 10 to 20 each, a tenth to a half lost, half of it from the web.
    assert late.opportunity == Range(low=50.0, high=1000.0)
    assert late.customers == ("home", "trade")
    assert late.path == (
        "channel:web.desktop",
        "store:orders",
        "flow:orders>copies",
        "store:copies",
        "channel:phone.call",
    )


def test_a_preference_costs_the_share_of_those_who_have_it() -> None:
    (found,) = find(model_of(*PLANTED["unsupported_preference:trade"]))
    assert found.opportunity == Range(low=25.0, high=500.0)


@pytest.mark.parametrize("example", ["lamps", "airline"])
def test_the_future_of_the_examples_removes_every_disconnect(example: str) -> None:
    models, problems = load_models(EXAMPLES / example)
    assert problems == ()
    assert models.as_is is not None
    assert models.future is not None
    told = advise(models.as_is, models.future)
    assert len(told) >= 6
    assert all(advice.is_removed and advice.by for advice in told)
    assert fresh(models.as_is, models.future) == ()


def test_the_costliest_comes_first() -> None:
    models, _ = load_models(EXAMPLES / "lamps")
    assert models.as_is is not None
    costs = [
        a.disconnect.opportunity.high + a.disconnect.running.high
        for a in advise(models.as_is, None)
    ]
    assert costs == sorted(costs, reverse=True)


def test_what_goes_stays_changes_and_comes() -> None:
    old = model_of()
    new = model_of(
        ("web_team: {uses: [shop]}", "web_team: {uses: [shop], capacity: 3 per hour}\n  it: {}"),
        (FLOW, "  []\n"),
    )
    fates = {change.key: (change.fate, change.words) for change in compare(old, new)}
    assert fates["organisation:web_team"] == ("changes", "capacity")
    assert fates["organisation:it"] == ("comes", "")
    assert fates["flow:orders>copies"] == ("goes", "")
    assert fates["store:orders"] == ("stays", "")
