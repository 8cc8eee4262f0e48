"""Any arrival order and any batching give the same persons and the same lives."""

from __future__ import annotations

from hypothesis import given, settings
from hypothesis import strategies as st

from regard.core.event import Event
from regard.core.graph import Edge
from regard.core.ids import identity_of
from regard.identity import partition
from regard.store import open_store
from tests.identity.conftest import RULES, Registry, event

KINDS = {kind.kind: kind for kind in RULES.kinds}


@st.composite
def lives(draw: st.DrawFn) -> list[Event]:
    """Draw events of a few people over a few shared and own identifiers, each at its own minute."""
    count = draw(st.integers(2, 9))
    events = []
    for number in range(count):
        named = {
            "user_id": draw(st.sampled_from(["", "ada", "bruno", "chen"])),
            "loyalty_number": draw(st.sampled_from(["", "", "", "L1", "L2"])),
            "email": draw(st.sampled_from(["", "", "e1", "e2"])),
            "phone": draw(st.sampled_from(["", "", "f1"])),
            "anonymous_id": draw(st.sampled_from(["", "a1", "a2", "a3"])),
        }
        named = {kind: value for kind, value in named.items() if value} or {"anonymous_id": "a1"}
        events.append(event(number, f"m{number}", **named))
    return events


def picture(registry: Registry, events: list[Event]) -> tuple[object, object]:
    """Return who is one person (as sets of identifiers) and whose each event is."""
    nodes = registry.nodes(events)
    persons: dict[str, set[str]] = {}
    for node in nodes.values():
        persons.setdefault(node.person_id, set()).add(str(node.identifier))
    shared = frozenset(str(node.identifier) for node in nodes.values() if node.shared)
    owned = {
        message_id: frozenset(names)
        for person_id, names in persons.items()
        for message_id in registry.lives(person_id)
    }
    return (frozenset(frozenset(names) for names in persons.values()), shared), owned


def seen(events: list[Event], cuts: set[int]) -> Registry:
    registry = Registry(open_store(":memory:"))
    batch: list[Event] = []
    for number, one in enumerate(events):
        batch.append(one)
        if number in cuts:
            registry.see(*batch)
            batch = []
    if batch:
        registry.see(*batch)
    return registry


@settings(max_examples=400, deadline=None)
@given(st.data())
def test_any_order_and_any_batching_give_the_same_persons(data: st.DataObject) -> None:
    events = data.draw(lives())
    shuffled = data.draw(st.permutations(events))
    cuts = data.draw(st.sets(st.integers(0, len(events))))
    one = seen(events, set(range(len(events))))
    other = seen(shuffled, cuts)
    assert picture(one, events) == picture(other, events)


@settings(max_examples=300, deadline=None)
@given(st.data())
def test_online_graph_equals_the_batch_partition(data: st.DataObject) -> None:
    events = data.draw(lives())
    registry = seen(data.draw(st.permutations(events)), set())
    nodes = registry.nodes(events)
    edges: dict[tuple[int, int], Edge] = {}
    for one in events:
        first, *rest = [identity_of(i.kind, i.value) for i in one.identifiers]
        for other in rest:
            low, high = sorted((first, other))
            found = Edge(left=low, right=high, at=one.at, offset=0, source="", rule="")
            known = edges.setdefault(found.pair, found)
            if found.at < known.at:
                edges[found.pair] = found
    batch = partition(nodes, list(edges.values()), KINDS)
    online: dict[str, set[int]] = {}
    for node in nodes.values():
        if not node.shared:
            online.setdefault(node.person_id, set()).add(node.identity)
    assert {frozenset(group) for group in online.values()} == {
        frozenset(group) for group in batch.components()
    }
    assert {i for i, node in nodes.items() if node.shared} == set(batch.shared)
