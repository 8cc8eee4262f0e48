"""A stream with kiosks, family devices and placeholders: whose life is shown to whom."""

from __future__ import annotations

from collections import Counter, defaultdict
from collections.abc import Iterable
from random import Random

import msgspec

from regard.assembly import build_ledger
from regard.core.event import Event
from regard.core.ids import identity_of
from regard.core.ports import Draft
from regard.intake import Arrival, Drafter
from regard.project import load_text
from regard.store import MemoryStore
from tests.identity.crowd import humans, stream
from tests.identity.house import HOUSE, START

EVENTS = 12_000
PURITY = 0.975
IDENTIFIERS_MAX = 20


def lived(seed: int, people: int, events: int) -> tuple[dict[str, list[str]], set[str], int]:
    """Return who really did what each person holds, which of them are places, and the greatest
    number of identifiers of one.
    """
    program = load_text({"regard.toml": HOUSE}, {})
    store, random = MemoryStore(), Random(seed)
    ledger = build_ledger(store, lambda: program)
    drafter, source = Drafter(program), next(iter(program.sources.values()))
    arrival = Arrival(source=source, received_at=START, dialect="plain")
    drafts: list[Draft] = []
    truth: list[str] = []
    for item, human in stream(humans(people, random), events, START.replace(year=2025), random):
        draft = drafter.draft(msgspec.json.encode(item), arrival)
        if isinstance(draft, Draft):
            drafts.append(draft)
            truth.append(human)
    for first in range(0, len(drafts), 500):
        ledger.append(drafts[first : first + 500], START)
    with store.reading() as reading:
        owners = [p for p, _ in reading.tail.named([(d.identity, d.at) for d in drafts])]
        keys = {
            identity_of(i.kind, i.value)
            for d in drafts
            if isinstance(d.body, Event)
            for i in d.body.identifiers
        }
        nodes = reading.identities.graph.nodes(sorted(keys)).values()
    persons: dict[str, list[str]] = defaultdict(list)
    for owner, human in zip(owners, truth, strict=True):
        persons[owner].append(human)
    sizes = Counter(node.person_id for node in nodes)
    return persons, {node.person_id for node in nodes if node.shared}, max(sizes.values())


def pure_count(persons: Iterable[list[str]]) -> int:
    """Return how many events hang on whoever did most of what the person shows."""
    return sum(Counter(doers).most_common(1)[0][1] for doers in persons)


def test_events_stay_with_those_who_did_them() -> None:
    persons, places, largest = lived(seed=1, people=600, events=EVENTS)
    shown = {person: doers for person, doers in persons.items() if person not in places}
    assert pure_count(persons.values()) / EVENTS >= PURITY
    assert pure_count(shown.values()) / sum(map(len, shown.values())) >= PURITY
    assert sum(map(len, shown.values())) / EVENTS >= 0.98, "hardly any event is left to a place"
    assert largest <= IDENTIFIERS_MAX
