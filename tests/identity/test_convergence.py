"""Any arrival order and any batching give the same persons and the same lives.

`EXAMPLES=1000 pytest tests/identity/test_convergence.py` looks longer.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import pytest
from hypothesis import given, note, settings
from hypothesis import strategies as st

from regard.core.event import Event
from tests.identity.draws import NARROW, lives, names_in, stories, told
from tests.identity.house import KINDS, LINKING, Input, Registry
from tests.identity.recount import recounted

CONVERTING = KINDS.replace("device: true", "device: true, links: new")
FIRSTS = KINDS.replace("normalise: email", "normalise: email, links: first").replace(
    "device: true", "device: true, links: first"
)
ISOLATING = KINDS.replace("device: true", "device: true, links: never")
ODD = """
  user_id: {paths: [userId], exclusive: true, count_max: 1}
  anonymous_id: {paths: [anonymousId], device: true}
  phone: {paths: [traits.phone], normalise: lower}
  email: {paths: [traits.email], normalise: email}
  loyalty_number: {paths: [traits.loyalty_number], count_max: 2}
  order_number: {paths: [properties.order_number], count_max: 1000}
  device_id: {paths: [context.device.id], device: true}
"""
"""An order that nobody would choose: a device tells more than a phone, or than an address."""
EXAMPLES = int(os.environ.get("EXAMPLES", "30"))
ALL = {
    "standard": KINDS,
    "narrow": NARROW,
    "linking": LINKING,
    "odd": ODD,
    "converting": CONVERTING,
    "first": FIRSTS,
    "isolating": ISOLATING,
}


def seen(inputs: Sequence[Input], cuts: set[int], kinds: str = KINDS) -> Registry:
    """Return a house that took inputs in batches, cut behind some of them."""
    registry, batch = Registry(kinds), list[Input]()
    for number, one in enumerate(inputs):
        batch.append(one)
        if number in cuts:
            registry.see(*batch, is_stepped=number % 2 == 0)
            batch = []
    registry.see(*batch)
    return registry


def picture(registry: Registry, inputs: Sequence[Input]) -> tuple[object, object]:
    """Return who is one person, and what each of them lived."""
    groups, shared = registry.groups(inputs)
    owned = {group: sorted(registry.lives(min(group))) for group in groups}
    return (groups, shared), owned


@pytest.mark.parametrize("kinds", ALL.values(), ids=ALL)
@settings(max_examples=EXAMPLES, deadline=None)
@given(data=st.data())
def test_any_order_and_any_batching_give_the_same_persons(kinds: str, data: st.DataObject) -> None:
    inputs = data.draw(stories())
    shuffled = data.draw(st.permutations(inputs))
    cuts = data.draw(st.sets(st.integers(0, len(inputs))))
    note(told(inputs))
    note(told(shuffled) + f" cut behind {cuts}")
    one = seen(inputs, set(range(len(inputs))), kinds)
    other = seen(shuffled, cuts, kinds)
    assert picture(one, inputs) == picture(other, inputs)
    assert other.changed_by_rebuild() == []


@pytest.mark.parametrize("kinds", ALL.values(), ids=ALL)
@settings(max_examples=EXAMPLES, deadline=None)
@given(data=st.data())
def test_the_online_graph_is_that_of_a_recount(kinds: str, data: st.DataObject) -> None:
    inputs = data.draw(stories().flatmap(st.permutations))
    note(told(inputs))
    registry = seen(inputs, data.draw(st.sets(st.integers(0, len(inputs)))), kinds)
    assert registry.groups(inputs) == recounted(registry)


@settings(max_examples=EXAMPLES, deadline=None)
@given(events=lives().flatmap(st.permutations), data=st.data())
def test_words_about_nobody_change_nothing(events: list[Event], data: st.DataObject) -> None:
    registry = seen(events, data.draw(st.sets(st.integers(0, 9))))
    before = registry.groups(events)
    assert names_in(events)
    assert before == recounted(registry)
