"""Resolving a batch of appended events and acts: attach, merge, or recompute.

In: entries with their offsets, the graph drawer of the same transaction. Out: one `GraphChange`
saved, and the identity facts (merges, splits, shared identifiers, refused evidence) to journal
behind their causes. Most events find everything known and change nothing: two look-ups a batch.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Sequence
from datetime import UTC, datetime

from msgspec import Struct
from msgspec.structs import replace

from regard.core.event import Event, Identifier, IdentityAct
from regard.core.facts import Derived, Entry, EvidenceRefused, LimitReached, PersonsMerged
from regard.core.graph import Cluster, Edge, Login, Node, Ruling
from regard.core.ids import identity_of, person_id_of
from regard.core.rules import IdentityRules
from regard.core.rulings import named
from regard.core.storage import GraphDrawer
from regard.identity.recompute import Cause, recompute
from regard.identity.strength import Kinds, anchor, is_exclusive
from regard.identity.work import History, Star, Work, star_of

NODES_MAX = 200
"""More identifiers than this on one person is told as a limit; the person is still served."""

FACTS_MAX = 60
"""Identity facts behind one entry: parts below 64 are theirs. What is beyond is told as a limit."""

UNSEEN = datetime(9999, 12, 31, tzinfo=UTC)
"""First sight of an identifier that somebody spoke of before any event named it."""


class Resolution(Struct, frozen=True, kw_only=True):
    """What identity concluded about a batch: facts, each with the offset of its cause."""

    facts: tuple[tuple[int, Derived], ...]


def resolve(
    entries: Sequence[Entry], graph: GraphDrawer, rules: IdentityRules, history: History
) -> Resolution:
    """Resolve the events and acts among `entries` (all journaled) in order and save the graph.

    `history` is asked only when an identifier turns out to be shared: what hangs on it, and who
    used a device when.
    """
    stars = {e.offset: star_of(e.body) for e in entries if isinstance(e.body, Event)}
    acts = [e.offset for e in entries if isinstance(e.body, IdentityAct)]
    if not stars and not acts:
        return Resolution(facts=())
    work = Work(graph, {kind.kind: kind for kind in rules.kinds})
    work.load(stars.values())
    moving = {e.offset for e in entries if e.offset in stars and _moves(work, e, stars[e.offset])}
    if not moving and not acts:
        return Resolution(facts=())
    work.load_owners([star for offset, star in stars.items() if offset in moving])
    moving.update(acts)
    for entry in entries:
        if entry.offset not in moving and not work.is_stirred:
            continue
        if isinstance(entry.body, Event):
            _resolve_one(work, entry, entry.body, stars[entry.offset], history)
        elif isinstance(entry.body, IdentityAct):
            _hear(work, entry, entry.body, history)
    work.flush()
    return Resolution(facts=tuple(_bounded(work.facts)))


def _moves(work: Work, entry: Entry, star: Star) -> bool:
    """Return whether an event may move anything; what no recomputation stirs, stays as it is."""
    if not _is_old_news(work, entry.at, star):
        return True
    if star.pairs:
        for identity in star.identities:
            if work.nodes[identity].shared:
                return True
    return False


def _bounded(facts: Sequence[tuple[int, Derived]]) -> Sequence[tuple[int, Derived]]:
    """Return facts, at most `FACTS_MAX` of a cause; one more tells that there were others."""
    if len(facts) <= FACTS_MAX:
        return facts
    counts: dict[int, int] = {}
    kept: list[tuple[int, Derived]] = []
    for cause, fact in facts:
        counts[cause] = counts.get(cause, 0) + 1
        if counts[cause] <= FACTS_MAX:
            kept.append((cause, fact))
    for cause, count in counts.items():
        if count > FACTS_MAX:
            detail = f"{count - FACTS_MAX} more identity facts behind entry {cause}"
            kept.append((cause, LimitReached(limit="identity_facts", detail=detail)))
    return kept


def _hear(work: Work, entry: Entry, act: IdentityAct, history: History) -> None:
    """Take what somebody said; nothing moves by a question, or by its dismissal."""
    identities = named(act)
    work.put_ruling(Ruling(act=act, at=entry.at, offset=entry.offset))
    if act.act in ("propose", "dismiss") or not identities:
        return
    work.load_nodes(identities)
    for identifier in (*act.left, *act.right):
        identity = identity_of(identifier.kind, identifier.value)
        if identity not in work.nodes:
            _put_fresh(work, identifier, entry, UNSEEN)
    rule = "undo" if act.act == "undo" else act.rule
    cause = Cause(entry=entry, identities=identities, rule=rule, is_ruling=True)
    recompute(work, cause, history)


class _Arrival(Struct, frozen=True, kw_only=True):
    """One event on its way into the graph, strongest identity first."""

    entry: Entry
    event: Event
    identities: tuple[int, ...]
    fresh: tuple[int, ...]


def _resolve_one(work: Work, entry: Entry, event: Event, star: Star, history: History) -> None:
    identities = star.identities
    if _is_old_news(work, event.at, star):
        _log_in(work, event, identities)
        return
    fresh = tuple([i for i in identities if i not in work.nodes])
    new_links = [link for link in star.pairs if _is_news(work, entry, link)]
    is_earlier = _remember_first_sight(work, identities, event.at)
    if fresh or new_links or is_earlier:
        arrival = _Arrival(entry=entry, event=event, identities=identities, fresh=fresh)
        _put_news(work, arrival, new_links)
        if not _is_simple(work, arrival) or (is_earlier and work.is_minding_time):
            recompute(work, Cause(entry=entry, identities=identities, links=new_links), history)
        elif fresh or new_links:
            _attach(work, arrival)
    _log_in(work, event, identities)


def _is_old_news(work: Work, at: datetime, star: Star) -> bool:
    """Return whether nothing that an event shows is new, or earlier than it was known to be."""
    nodes, edges = work.nodes, work.edges
    for identity in star.identities:
        node = nodes.get(identity)
        if node is None or at < node.first_at:
            return False
    for pair in star.pairs:
        edge = edges.get(pair)
        if edge is None or at < edge.at or (edge.refused and not edge.is_told):
            return False
    return True


def _is_news(work: Work, entry: Entry, link: tuple[int, int]) -> bool:
    """Return whether a link is new, or shown earlier; tell once that one is refused again."""
    known = work.edges.get(link)
    if known is None or entry.at < known.at:
        return True
    if known.refused and not known.is_told:
        left, right = (work.nodes[identity].identifier for identity in link)
        fact = EvidenceRefused(left=left, right=right, rule=known.refused)
        work.tell(entry.offset, fact)
        work.put_edge(replace(known, is_told=True))
    return False


def _remember_first_sight(work: Work, identities: Sequence[int], at: datetime) -> bool:
    """Keep the earliest sight of a node, whatever order events come in; return if it is news."""
    is_earlier = False
    for identity in identities:
        node = work.nodes.get(identity)
        if node is not None and at < node.first_at:
            work.put(replace(node, first_at=at))
            is_earlier = True
    return is_earlier


def _put_news(work: Work, arrival: _Arrival, links: Sequence[tuple[int, int]]) -> None:
    event, offset = arrival.event, arrival.entry.offset
    for identifier in event.identifiers if arrival.fresh else ():
        if identity_of(identifier.kind, identifier.value) in arrival.fresh:
            _put_fresh(work, identifier, arrival.entry, event.at)
    rule = "alias" if event.type == "alias" else "same_event"
    for left, right in links:
        work.put_edge(
            Edge(left=left, right=right, at=event.at, offset=offset, source=event.source, rule=rule)
        )


def _put_fresh(work: Work, identifier: Identifier, entry: Entry, first_at: datetime) -> None:
    identity = identity_of(identifier.kind, identifier.value)
    work.put(
        Node(
            identity=identity,
            identifier=identifier,
            person_id=person_id_of(identity),
            first_at=first_at,
            offset=entry.offset,
        )
    )


def _is_simple(work: Work, arrival: _Arrival) -> bool:
    """Return whether a plain union is what the canonical partition would give."""
    if len(arrival.identities) == len(arrival.fresh) == 1:
        return True  # a stranger
    nodes = [work.nodes[i] for i in arrival.identities]
    fresh: list[Node] = []
    clusters: dict[str, Cluster] = {}
    for node in nodes:
        if node.shared:
            return False
        if node.identity in arrival.fresh:
            fresh.append(node)
        elif node.person_id not in clusters:
            clusters[node.person_id] = cluster = work.cluster(node.person_id)
            if not cluster.is_plain:
                return False
    parts = clusters.values()
    return (
        _are_no_rivals(parts, fresh, work.kinds)
        and _are_few(parts, nodes, fresh, work.kinds)
        and not _are_told_apart(parts, fresh, work.telling)
    )


def _are_no_rivals(clusters: Iterable[Cluster], fresh: Sequence[Node], kinds: Kinds) -> bool:
    """Return whether together they have one value of every exclusive kind at most."""
    exclusive: dict[str, int] = {}
    for cluster in clusters:
        for kind, value in cluster.exclusive.items():
            if exclusive.setdefault(kind, value) != value:
                return False
    for node in fresh:
        if not is_exclusive(node, kinds):
            continue
        if exclusive.setdefault(node.identifier.kind, node.identity) != node.identity:
            return False
    return True


def _are_few(
    clusters: Collection[Cluster], nodes: Sequence[Node], fresh: Sequence[Node], kinds: Kinds
) -> bool:
    """Return whether no count of a kind, and no rule about which evidence links, can matter."""
    counts: dict[str, int] = {}
    for node in fresh:
        counts[node.identifier.kind] = counts.get(node.identifier.kind, 0) + 1
    for cluster in clusters:
        for name, count in cluster.counts.items():
            counts[name] = counts.get(name, 0) + count
    for name, count in counts.items():
        kind = kinds.get(name)
        if kind is not None and count > kind.count_max and not kind.is_exclusive:
            return False
    for node in nodes[1:]:
        kind = kinds.get(node.identifier.kind)
        if kind is not None and kind.linking not in ("every", "one"):
            return False
    return True


def _are_told_apart(
    clusters: Iterable[Cluster], fresh: Iterable[Node], telling: Collection[str]
) -> bool:
    """Return whether two of the parts have values of a kind that tells people apart."""
    if not telling:
        return False
    kinds = [name for cluster in clusters for name in cluster.counts if name in telling]
    kinds += [node.identifier.kind for node in fresh if node.identifier.kind in telling]
    return len(kinds) != len(set(kinds))


def _attach(work: Work, arrival: _Arrival) -> None:
    known = [work.nodes[i] for i in arrival.identities if i not in arrival.fresh]
    home = _home(work, arrival, known)
    for identity in arrival.fresh:
        node = work.nodes[identity]
        if node.person_id != home.person_id:
            node = replace(node, person_id=home.person_id, origin=home.person_id)
            work.put(node)
        home = _with_node(home, node, work.kinds)
    work.put_cluster(home)
    if home.node_count > NODES_MAX >= home.node_count - len(arrival.fresh):
        detail = f"{home.node_count} identifiers on one person"
        first = work.nodes[arrival.identities[0]].identifier
        fact = LimitReached(limit="identifiers", detail=detail, identifier=first)
        work.facts.append((arrival.entry.offset, fact))


def _home(work: Work, arrival: _Arrival, known: Sequence[Node]) -> Cluster:
    """Return the one cluster of the known nodes, merged if there were several."""
    if not known:
        first = work.nodes[arrival.identities[0]]
        return Cluster(person_id=first.person_id, anchor=anchor(first, work.kinds), node_count=0)
    home = work.cluster(known[0].person_id)
    for other in known[1:]:
        cluster = work.cluster(work.nodes[other.identity].person_id)
        if cluster.person_id != home.person_id:
            home, fact = _merge(work, home, cluster, known[0].identifier, other.identifier)
            work.facts.append((arrival.entry.offset, fact))
    return home


def _with_node(cluster: Cluster, node: Node, kinds: Kinds) -> Cluster:
    exclusive, kind = cluster.exclusive, node.identifier.kind
    if is_exclusive(node, kinds):
        exclusive = exclusive | {kind: node.identity}
    return replace(
        cluster,
        anchor=min(cluster.anchor, anchor(node, kinds)),
        exclusive=exclusive,
        node_count=cluster.node_count + 1,
        counts=cluster.counts | {kind: cluster.counts.get(kind, 0) + 1},
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
        counts=dict(Counter(winner.counts) + Counter(loser.counts)),
    )
    fact = PersonsMerged(
        winner=winner.person_id, loser=loser.person_id, left=left, right=right, rule="same_event"
    )
    return merged, fact


def _log_in(work: Work, event: Event, identities: Sequence[int]) -> None:
    """Note who used a shared device, and whose entries that moves."""
    if len(identities) == 1:
        return
    user = work.nodes[identities[0]]
    for identity in identities[1:]:
        node = work.nodes[identity]
        if node.shared and work.is_device(node) and not work.is_device(user):
            before = work.holder(identity, event.at)
            work.put_login(Login(identity, event.at, user.identity))
            # Whose words on this device are weighed apart hangs on who logged in there.
            if before != user.person_id or work.cluster(user.person_id).apart:
                work.stale.update({before, user.person_id})
