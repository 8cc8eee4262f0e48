"""Stores that already hold many people, filled through the store's own drawers.

Each person has a user id, an address and a browser, the traits of one login and one entry in the
journal, as if it had come in through the loop; only deciding about it is skipped, so that a
million take a few minutes.
"""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from regard.core.event import Event, Identifier
from regard.core.facts import Entry
from regard.core.graph import Cluster, Edge, GraphChange, Node
from regard.core.ids import STAMP_BITS, identity_of, message_key, person_id_of
from regard.core.person import Claim, Person, Seen
from regard.core.ports import LOOP
from regard.core.storage import Store, Writing

AT_ONCE = 25_000
"""People in one transaction: every page of the indexes is written once for many of them."""
START = datetime.now(UTC) - timedelta(days=1)


def fill(store: Store, first: int, end: int) -> None:
    """Add people number `first` up to before `end`; the store holds `first` of them already."""
    for start in range(first, end, AT_ONCE):
        with store.writing(is_durable=False) as writing:
            _add(writing, range(start, min(start + AT_ONCE, end)))


def _add(writing: Writing, numbers: range) -> None:
    last = writing.journal.last()
    entries, keys, nodes, edges, clusters, persons = [], [], [], [], [], []
    for offset, number in enumerate(numbers, last + 1):
        event = _login(number)
        ids = [identity_of(i.kind, i.value) for i in event.identifiers]
        person_id = person_id_of(ids[0])
        keys.append(message_key(event.source, event.message_id))
        entries.append(
            Entry(offset=offset, identity=ids[0], at=START, received_at=START, body=event)
        )
        nodes += [
            Node(
                identity=i,
                identifier=key,
                person_id=person_id,
                first_at=START,
                offset=offset,
                origin="" if i == ids[0] else person_id,
            )
            for i, key in zip(ids, event.identifiers, strict=True)
        ]
        edges += [_edge(ids[0], other, offset) for other in ids[1:]]
        clusters.append(
            Cluster(
                person_id=person_id,
                anchor=(1, offset, event.identifiers[0].value),
                exclusive={"user_id": ids[0]},
                node_count=len(ids),
                counts={key.kind: 1 for key in event.identifiers},
            )
        )
        persons.append(_person(person_id, event, offset << STAMP_BITS))
    writing.journal.append(entries, keys)
    writing.graph.save(
        GraphChange(nodes=tuple(nodes), edges=tuple(edges), clusters=tuple(clusters))
    )
    writing.states.save(persons, ())
    writing.states.advance(LOOP, writing.states.cursor(LOOP), entries[-1].offset)


def _login(number: int) -> Event:
    return Event(
        message_id=f"filled-{number}",
        source="website",
        type="identify",
        name="identify",
        channel="web.desktop",
        at=START,
        received_at=START,
        identifiers=(
            Identifier("user_id", f"u{number}"),
            Identifier("email", f"person{number}@people.example"),
            Identifier("anonymous_id", f"browser-{number}"),
        ),
        traits={"first_name": "Ada", "last_name": f"Number {number}", "tier": "blue"},
    )


def _person(person_id: str, event: Event, stamp: int) -> Person:
    told = event.traits | {i.kind: i.value for i in event.identifiers[:2]}
    return Person(
        id=person_id,
        claims={name: Claim(value, START, "website", 2, stamp) for name, value in told.items()},
        seen={"identify": Seen(1, START, START, (int(START.timestamp() * 1e6),), {}, stamp)},
        first_seen_at=START,
        last_seen_at=START,
        last_channel="web.desktop",
        stamp=stamp,
    )


def _edge(one: int, two: int, offset: int) -> Edge:
    left, right = min(one, two), max(one, two)
    return Edge(
        left=left, right=right, at=START, offset=offset, source="website", rule="same_event"
    )
