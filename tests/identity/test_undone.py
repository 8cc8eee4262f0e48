"""Merge then split leaves every view as if the merge had never been, whatever happens between.

`EXAMPLES=3000 pytest tests/identity/test_undone.py` looks longer.
"""

from __future__ import annotations

import os
from collections.abc import Sequence

import pytest
from hypothesis import assume, given, note, settings
from hypothesis import strategies as st
from msgspec.structs import replace

from regard.core.event import Event, IdentityAct
from regard.core.facts import Body, PersonsMerged, PersonSplit
from regard.core.person import Person
from regard.identity.partition import is_hard
from regard.store import MemoryStore
from tests.identity.draws import NARROW, lives, names_in, undo_of
from tests.identity.house import KINDS, LINKING, Input, Registry, event, said

EXAMPLES = int(os.environ.get("EXAMPLES", "60"))


def houses(
    inputs: Sequence[Input], words: Sequence[Input], kinds: str
) -> tuple[Registry, Registry]:
    """Live with some words and without them: every event stands at the same place."""
    merged, never = Registry(kinds), Registry(kinds)
    for one in inputs:
        if one not in words:
            place = max(merged.last(), never.last()) + 1
            never.pad(place)
            merged.pad(place)
            never.see(one)
        merged.see(one)
    return merged, never


def people(
    registry: Registry, events: Sequence[Event]
) -> list[tuple[list[str], Person, list[str]]]:
    """Return everybody by their identifiers, whatever they are called: state and life."""
    groups, _ = registry.groups(events)
    found = []
    for group in sorted(sorted(names) for names in groups):
        with registry.store.reading() as reading:
            person = reading.people.read(str(registry.id(group[0])))
        state = replace(person, id="") if person else Person(id="")
        found.append((group, state, registry.lives(group[0])))
    return found


def tables(registry: Registry) -> dict[str, object]:
    """Return who is who as it stands. Which of two rules first found an identifier shared for good
    is told as found: an act judges it anew, by all evidence, and may tell the other."""
    assert isinstance(registry.store, MemoryStore)
    nodes = registry.store._shared.tables.nodes.values()
    known = [replace(n, shared="hard" if is_hard(n.shared) else n.shared, origin="") for n in nodes]
    return {**registry.views(), "identifiers": sorted(known, key=lambda node: node.identity)}


def forwards(registry: Registry) -> dict[str, str]:
    """Return where ids lead that nobody bears any more."""
    assert isinstance(registry.store, MemoryStore)
    return registry.store._shared.tables.forwards


def bodies_of(registry: Registry) -> list[Body]:
    """Return all that was journaled."""
    with registry.store.reading() as reading:
        return [entry.body for entry, _, _ in reading.tail.after(0, 100_000)]


def borne(registry: Registry) -> set[str]:
    """Return the ids that somebody bore who was merged or split."""
    found: set[str] = set()
    for body in bodies_of(registry):
        if isinstance(body, PersonsMerged):
            found |= {body.winner, body.loser}
        elif isinstance(body, PersonSplit):
            found |= {body.person_id, body.other}
    return found


def came_loose(registry: Registry) -> bool:
    """Return whether evidence took somebody out of a person between a word and its undo."""
    bodies = bodies_of(registry)
    places = [
        place
        for place, body in enumerate(bodies)
        if isinstance(body, IdentityAct) and body.act != "dismiss"
    ]
    between = bodies[places[0] : places[-1]]
    return any(isinstance(body, PersonSplit) and body.rule == "evidence" for body in between)


def first_sights(events: Sequence[Event]) -> dict[str, int]:
    """Return the number of the first event that names each identifier."""
    return {str(i): n for n, e in reversed(list(enumerate(events))) for i in e.identifiers}


@pytest.mark.parametrize("kinds", [KINDS, NARROW, LINKING])
@settings(max_examples=EXAMPLES, deadline=None)
@given(data=st.data())
def test_a_link_that_was_undone_leaves_no_trace(kinds: str, data: st.DataObject) -> None:
    events = data.draw(lives().flatmap(st.permutations))
    names = names_in(events)
    assume(len(names) > 1)
    chosen = data.draw(st.lists(st.sampled_from(names), min_size=2, max_size=2, unique=True))
    confidence = data.draw(st.sampled_from([1.0, 0.9]))
    merge = said(30, "link", chosen[0], chosen[1], confidence=confidence)
    undo = undo_of(merge, 40)
    sights = first_sights(events)
    first = data.draw(st.integers(max(sights[name] for name in chosen) + 1, len(events)))
    second = data.draw(st.integers(first, len(events)))
    inputs: list[Input] = [*events[:first], merge, *events[first:second], undo, *events[second:]]
    note(" / ".join(" ".join(names_in([e])) + f" @{e.at.minute}" for e in events))
    note(f"{chosen} {confidence} between {first} and {second}")
    merged, never = houses(inputs, [merge, undo], kinds)
    if not any(first <= n < second for n in sights.values()) and not came_loose(merged):
        assert tables(merged) == tables(never)
        # An id that somebody bore in between still leads to them; all others lead where they would,
        # but those that nobody ever got because the word held together what evidence took apart.
        known = borne(merged)
        would = {(old, to) for old, to in forwards(never).items() if old in known}
        assert would <= forwards(merged).items()
    # Who was first seen, or came loose, in between may bear another id: that of whom they were
    # with then.
    assert merged.groups(events) == never.groups(events)
    assert people(merged, events) == people(never, events)
    assert merged.changed_by_rebuild() == []


def test_a_place_beside_an_event_takes_no_id_from_whom_it_leads_to() -> None:
    house = Registry(NARROW)
    house.see(event(3, "a:a2 e:e2@x.at l:L1"))
    seen = house.id("l:L1")
    house.see(event(7, "a:a3 e:e3@x.at p:1 u:chen"), event(6, "a:a2 e:e3@x.at l:L2 p:2"))
    house.see(event(0, "e:e3@x.at l:L1 p:1"))
    assert forwards(house) == {seen: house.id("u:chen")}
    # Bruno's event is seen near a place (the browser a2) that the id was brought by, too.
    house.see(event(4, "p:2 u:bruno"))
    assert forwards(house) == {seen: house.id("u:chen")}


def test_whose_id_leads_to_another_takes_no_life_there() -> None:
    house = Registry(NARROW)
    house.see(event(0, "u:ada"), event(1, "l:L1"), event(2, "a:a1 l:L2"))
    house.see(event(3, "a:a1 e:e1@x.at"))
    # L2 is Ada's now, and the id that it brought leads to her; what the address did is its own.
    house.see(event(5, "e:e2@x.at l:L2 u:ada"), event(4, "e:e1@x.at l:L1"))
    assert sorted(house.person("e:e1@x.at").seen) == sorted(house.person("l:L1").seen)
    assert house.lives("e:e1@x.at") == ["Seen", "Seen", "Seen"]
    assert house.person("u:ada").seen["Seen"].count == 3
    assert house.changed_by_rebuild() == []


def test_who_was_with_somebody_for_a_while_does_not_take_their_id_along() -> None:
    house = Registry(NARROW)
    house.see(event(0, "a:a1"), event(2, "a:a1 e:e3@x.at u:ada"))
    house.see(event(3, "a:a2 e:e2@x.at"), event(4, "a:a1 l:L1"))
    before = house.id("e:e2@x.at")
    merge = said(30, "link", "email:e2@x.at", "anonymous_id:a1")
    house.see(merge, undo_of(merge, 40))
    # What is heard late takes the card out of Ada; while linked it bore the id of the address.
    house.see(event(1, "a:a1 e:e1@x.at"))
    assert house.id("e:e2@x.at") == before
    assert house.id("l:L1") not in {before, house.id("u:ada")}


def test_an_undone_link_changes_nothing_in_where_ids_lead() -> None:
    house = Registry(NARROW)
    house.see(event(3, "e:e1@x.at u:ada"), event(1, "e:e3@x.at u:ada"), event(2, "e:e2@x.at"))
    old = house.id("e:e2@x.at")
    merge = said(30, "link", "email:e1@x.at", "email:e2@x.at")
    house.see(merge, undo_of(merge, 40))
    # Ada has two addresses already: the third becomes a place, and its old id leads there, not
    # to her whose address bore it while they were linked.
    house.see(event(4, "e:e2@x.at u:ada"))
    assert house.id("e:e2@x.at") != old
    assert forwards(house) == {old: house.id("e:e2@x.at")}
