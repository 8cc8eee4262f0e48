"""Resolving a batch of appended events: attach, merge, or recompute.

In: entries of events with their offsets, the graph drawer of the same transaction. Out: one
`GraphChange` saved, and the identity facts (merges, shared identifiers) to journal behind their
causes. Most events find everything known and change nothing: two look-ups a batch.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from datetime import datetime

from msgspec import Struct
from msgspec.structs import replace

from regard.core.event import Event, Identifier
from regard.core.facts import Derived, Entry, LimitReached, PersonsMerged
from regard.core.graph import Cluster, Edge, Login, Node
from regard.core.ids import identity_of, person_id_of
from regard.core.program import IdentityRules
from regard.core.storage import GraphDrawer
from regard.identity.partition import Kinds, is_exclusive, strength
from regard.identity.recompute import recompute
from regard.identity.work import Work, pair_of

NODES_MAX = 200
"""More identifiers than this on one person is told as a limit; the person is still served."""

History = Callable[[Sequence[int]], Sequence[Entry]]


class Resolution(Struct, frozen=True, kw_only=True):
    """What identity concluded about a batch: facts, each with the offset of its cause."""

    facts: tuple[tuple[int, Derived], ...]


def resolve(
    entries: Sequence[Entry], graph: GraphDrawer, rules: IdentityRules, history: History
) -> Resolution:
    """Resolve the events among `entries` (already in the journal) in order and save the graph.

    `history` returns journal entries that hang on some identities; it is asked only when a
    device turns out to be shared, to learn who used it when.
    """
    kinds = {kind.kind: kind for kind in rules.kinds}
    events = [(e, e.body, _identities(e.body)) for e in entries if isinstance(e.body, Event)]
    work = Work(graph, kinds)
    work.load([ids for _, _, ids in events])
    for entry, event, identities in events:
        _resolve_one(work, entry, event, identities, history)
    work.flush()
    return Resolution(facts=tuple(work.facts))


def _identities(event: Event) -> tuple[int, ...]:
    return tuple(dict.fromkeys(identity_of(i.kind, i.value) for i in event.identifiers))


class _Arrival(Struct, frozen=True, kw_only=True):
    """One event on its way into the graph, strongest identity first."""

    entry: Entry
    event: Event
    identities: tuple[int, ...]
    fresh: tuple[int, ...]


def _resolve_one(
    work: Work, entry: Entry, event: Event, identities: tuple[int, ...], history: History
) -> None:
    fresh = tuple(i for i in identities if i not in work.nodes)
    links = [pair_of(identities[0], other) for other in identities[1:]]
    new_links = [link for link in links if _is_news(work, link, event.at)]
    _remember_first_sight(work, identities, event.at)
    if fresh or new_links:
        arrival = _Arrival(entry=entry, event=event, identities=identities, fresh=fresh)
        _put_news(work, arrival, new_links)
        if _is_simple(work, arrival):
            _attach(work, arrival)
        else:
            recompute(work, entry, identities, history)
    _log_in(work, event, identities)


def _is_news(work: Work, link: tuple[int, int], at: datetime) -> bool:
    known = work.edges.get(link)
    return known is None or at < known.at


def _remember_first_sight(work: Work, identities: Sequence[int], at: datetime) -> None:
    """Keep the earliest sight of a node: late events must not change who is strongest."""
    for identity in identities:
        node = work.nodes.get(identity)
        if node is not None and at < node.first_at:
            work.put(replace(node, first_at=at))


def _put_news(work: Work, arrival: _Arrival, links: Sequence[tuple[int, int]]) -> None:
    event, offset = arrival.event, arrival.entry.offset
    for identifier in event.identifiers:
        identity = identity_of(identifier.kind, identifier.value)
        if identity in arrival.fresh:
            work.put(
                Node(
                    identity=identity,
                    identifier=identifier,
                    person_id=person_id_of(identity),
                    first_at=event.at,
                    offset=offset,
                )
            )
    rule = "alias" if event.type == "alias" else "same_event"
    for left, right in links:
        work.put_edge(
            Edge(left=left, right=right, at=event.at, offset=offset, source=event.source, rule=rule)
        )


def _is_simple(work: Work, arrival: _Arrival) -> bool:
    """Return whether a plain union is what the canonical partition would give."""
    if any(work.nodes[i].shared for i in arrival.identities):
        return False
    exclusive: dict[str, int] = {}
    for identity in arrival.identities:
        node = work.nodes[identity]
        if identity in arrival.fresh:
            mine = {node.identifier.kind: identity} if is_exclusive(node, work.kinds) else {}
        else:
            cluster = work.cluster(node.person_id)
            if not cluster.is_plain:
                return False
            mine = cluster.exclusive
        if any(exclusive.setdefault(kind, value) != value for kind, value in mine.items()):
            return False
    return True


def _attach(work: Work, arrival: _Arrival) -> None:
    known = [work.nodes[i] for i in arrival.identities if i not in arrival.fresh]
    home = _home(work, arrival, known)
    for identity in arrival.fresh:
        node = replace(work.nodes[identity], person_id=home.person_id)
        work.put(node)
        home = _with_node(home, node, work.kinds)
    work.put_cluster(home)
    if home.node_count > NODES_MAX >= home.node_count - len(arrival.fresh):
        detail = f"{home.node_count} identifiers on one person"
        fact = LimitReached(limit="identifiers", detail=detail)
        work.facts.append((arrival.entry.offset, fact))


def _home(work: Work, arrival: _Arrival, known: Sequence[Node]) -> Cluster:
    """Return the one cluster of the known nodes, merged if there were several."""
    if not known:
        first = work.nodes[arrival.identities[0]]
        anchor = strength(first, work.kinds)
        return Cluster(person_id=first.person_id, anchor=anchor, node_count=0)
    home = work.cluster(known[0].person_id)
    for other in known[1:]:
        cluster = work.cluster(work.nodes[other.identity].person_id)
        if cluster.person_id != home.person_id:
            home, fact = _merge(work, home, cluster, known[0].identifier, other.identifier)
            work.facts.append((arrival.entry.offset, fact))
    return home


def _with_node(cluster: Cluster, node: Node, kinds: Kinds) -> Cluster:
    exclusive = cluster.exclusive
    if is_exclusive(node, kinds):
        exclusive = exclusive | {node.identifier.kind: node.identity}
    return replace(
        cluster,
        anchor=min(cluster.anchor, strength(node, kinds)),
        exclusive=exclusive,
        node_count=cluster.node_count + 1,
    )


def _merge(
    work: Work, one: Cluster, two: Cluster, left: Identifier, right: Identifier
) -> tuple[Cluster, PersonsMerged]:
    winner, loser = sorted((one, two), key=lambda c: (c.anchor, c.person_id))
    work.merge(loser.person_id, winner.person_id)
    merged = replace(
        winner,
        exclusive=winner.exclusive | loser.exclusive,
        node_count=winner.node_count + loser.node_count,
    )
    fact = PersonsMerged(
        winner=winner.person_id, loser=loser.person_id, left=left, right=right, rule="same_event"
    )
    return merged, fact


def _log_in(work: Work, event: Event, identities: Sequence[int]) -> None:
    """Note who used a shared device, and whose entries that moves."""
    anchor = work.nodes[identities[0]]
    if work.is_device(anchor):
        return
    for identity in identities[1:]:
        node = work.nodes[identity]
        if node.shared and work.is_device(node):
            before = work.holder(identity, event.at)
            work.put_login(Login(identity, event.at, anchor.identity))
            if before != anchor.person_id:
                work.stale.update({before, anchor.person_id})
