"""Recomputing one bounded stretch of the graph where two persons met, or somebody said something.

Called when evidence comes that a plain union cannot take, and for every ruling. Partitions what is
reached canonically, names the components and relabels. Persons whose entries may have moved become
stale: they are folded again from their own entries. What changed is told as facts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from msgspec import Struct
from msgspec.structs import replace

from regard.core.event import Event, Identifier
from regard.core.facts import (
    Derived,
    Entry,
    EvidenceRefused,
    IdentityShared,
    LimitReached,
    PersonsMerged,
    PersonSplit,
)
from regard.core.graph import Cluster, Login, Node
from regard.core.ids import identity_of
from regard.identity.moving import Moves, bare_of, moves_of
from regard.identity.naming import Names, forwards_of, names_of
from regard.identity.partition import Partition, is_hard, partition
from regard.identity.reach import REACH_MAX, Stretch, around, plain_identities, reach
from regard.identity.strength import anchor, is_exclusive
from regard.identity.voices import Pair, disowned_by, parted_by
from regard.identity.work import History, Work


class Cause(Struct, frozen=True, kw_only=True):
    """What a recomputation follows from: an entry, the identities and new links that it names."""

    entry: Entry
    identities: Sequence[int]
    links: Sequence[Pair] = ()
    rule: str = "same_event"
    is_ruling: bool = False


def recompute(work: Work, cause: Cause, history: History) -> None:
    """Recompute the partition around a cause and put every change into `work`."""
    work.flush()
    work.is_stirred = True
    offset = cause.entry.offset
    stretch = _stretch(work, cause)
    found = partition(
        stretch.nodes, stretch.edges, work.kinds, stretch.border, rulings=stretch.rulings
    )
    names = names_of(work.graph, stretch.nodes, found, work.kinds, offset)
    leads = forwards_of(work.graph, stretch, names, work.kinds, offset)

    def past(identities: Sequence[int]) -> Sequence[Entry]:
        # What follows in the same batch, or in a page of a rebuild, comes by itself.
        return [entry for entry in history(identities) if entry.offset <= offset]

    _tell(work, cause, stretch, found, names)
    after = _labelled(stretch, found, names)
    weighed, bare = _weighed(work, stretch, found), bare_of(stretch, after, past)
    _relabel(work, stretch, after, moves_of(stretch.nodes, after, weighed, bare, offset))
    _put_refusals(work, stretch, found)
    _put_clusters(work, stretch, found, names)
    work.forward(leads)
    _learn_logins(work, stretch, past)
    work.flush()  # a later merge of this batch must find these ids leading where they lead now


def _stretch(work: Work, cause: Cause) -> Stretch:
    if cause.is_ruling:
        stretch = around(work, cause.identities)
    else:
        stretch = reach(work, [i for i in cause.identities if not is_hard(work.nodes[i].shared)])
    if stretch.is_whole:
        return stretch
    near = work.nodes[cause.identities[0]].identifier
    detail = f"more than {REACH_MAX} identifiers around {near}"
    work.tell(
        cause.entry.offset, LimitReached(limit="identity_reach", detail=detail, identifier=near)
    )
    fresh = {i: n for i, n in stretch.nodes.items() if n.offset == cause.entry.offset}
    return Stretch(nodes=fresh, border={}, edges=[], rulings=[], is_whole=False)


def _tell(work: Work, cause: Cause, stretch: Stretch, found: Partition, names: Names) -> None:
    """Tell who merged, who split, what turned out to be shared and what was refused."""
    facts: list[Derived] = [
        *_merges(cause, stretch, found, names),
        *_splits(cause, stretch, found, names),
        *_shared(stretch, found, names),
        *_refusals(cause, stretch, found),
    ]
    for fact in facts:
        work.tell(cause.entry.offset, fact)


def _groups(
    cause: Cause, stretch: Stretch, found: Partition, *, by: Callable[[int], str]
) -> dict[str, list[int]]:
    """Return the identities that were and are somebody's own and not new, grouped."""
    groups: dict[str, list[int]] = {}
    for identity, node in stretch.nodes.items():
        is_new = node.offset == cause.entry.offset
        if not is_new and not node.shared and identity not in found.shared:
            groups.setdefault(by(identity), []).append(identity)
    return groups


def _merges(
    cause: Cause, stretch: Stretch, found: Partition, names: Names
) -> Iterable[PersonsMerged]:
    nodes = stretch.nodes
    for winner, group in _groups(cause, stretch, found, by=names.labels.__getitem__).items():
        losers = {nodes[identity].person_id for identity in group} - {winner}
        if len({nodes[identity].person_id for identity in group}) < 2:
            continue
        left, right = _evidence(cause)
        for loser in sorted(losers):
            yield PersonsMerged(winner=winner, loser=loser, left=left, right=right, rule=cause.rule)


def _splits(
    cause: Cause, stretch: Stretch, found: Partition, names: Names
) -> Iterable[PersonSplit]:
    nodes = stretch.nodes
    rule = cause.rule if cause.is_ruling else "evidence"
    before = _groups(cause, stretch, found, by=lambda identity: nodes[identity].person_id)
    for person_id, group in before.items():
        parts: dict[str, list[Identifier]] = {}
        for identity in sorted(group):
            parts.setdefault(names.labels[identity], []).append(nodes[identity].identifier)
        stays = person_id if person_id in parts else min(parts)
        for other in sorted(parts.keys() - {stays}):
            yield PersonSplit(
                person_id=stays, other=other, identifiers=tuple(parts[other]), rule=rule
            )


def _evidence(cause: Cause) -> tuple[Identifier, Identifier]:
    """Return the two identifiers that a merge is told by: the first, and the last it came with."""
    body = cause.entry.body
    if isinstance(body, Event):
        return body.identifiers[0], body.identifiers[-1]
    act_names = (*getattr(body, "left", ()), *getattr(body, "right", ()))
    return act_names[0], act_names[-1]


def _shared(stretch: Stretch, found: Partition, names: Names) -> Iterable[IdentityShared]:
    persons = {label for i, label in names.labels.items() if i not in names.places}
    near = tuple(sorted(persons))
    for identity, rule in found.shared.items():
        if not stretch.nodes[identity].shared:
            identifier = stretch.nodes[identity].identifier
            yield IdentityShared(identifier=identifier, persons=near, rule=rule)


def _refusals(cause: Cause, stretch: Stretch, found: Partition) -> Iterable[EvidenceRefused]:
    refused = [(pair, found.refused[pair]) for pair in cause.links if pair in found.refused]
    said = cause.entry.body
    refused += [
        (link.pair, refusal) for link, refusal in found.overruled if link.ruling.act == said
    ]
    for pair, refusal in refused:
        left, right = (stretch.nodes[identity].identifier for identity in pair)
        yield EvidenceRefused(left=left, right=right, rule=refusal.rule, act_id=refusal.act_id)


def _labelled(stretch: Stretch, found: Partition, names: Names) -> dict[int, Node]:
    """Return the nodes with the labels that they have from now on."""
    after: dict[int, Node] = {}
    for identity, node in stretch.nodes.items():
        person_id, shared = names.labels[identity], found.shared.get(identity, "")
        origin = names.origins.get(identity, node.origin)
        after[identity] = node
        if (person_id, shared, origin) != (node.person_id, node.shared, node.origin):
            after[identity] = replace(node, person_id=person_id, shared=shared, origin=origin)
    return after


def _weighed(work: Work, stretch: Stretch, found: Partition) -> set[str]:
    """Return the persons in whom words of consent are, or were, weighed apart."""
    if stretch.rulings:
        work.load_clusters(sorted({node.person_id for node in stretch.nodes.values()}))
    weighed = {node.person_id for i, node in stretch.nodes.items() if i in found.apart}
    weighed |= {n.person_id for n in stretch.nodes.values() if work.apart_of(n.person_id)}
    return weighed


def _relabel(work: Work, stretch: Stretch, after: dict[int, Node], moves: Moves) -> None:
    """Put the labels; states that only meet are joined, whose parts moved are folded again."""
    for identity, node in after.items():
        if node is not stretch.nodes[identity]:
            work.put(node)
    for loser, winner in moves.merged.items():
        work.merge(loser, winner)
    work.stale.update(moves.stale)


def _put_refusals(work: Work, stretch: Stretch, found: Partition) -> None:
    for edge in stretch.edges:
        refusal = found.refused.get(edge.pair)
        rule = refusal.rule if refusal else ""
        if rule != edge.refused:
            work.put_edge(replace(edge, refused=rule, is_told=False))


def _put_clusters(work: Work, stretch: Stretch, found: Partition, names: Names) -> None:
    """Put the clusters, and mark as stale whoever is now joined otherwise than by evidence."""
    plain = plain_identities(stretch, found.shared, work.kinds)
    members: dict[str, list[Node]] = {}
    for identity, person_id in names.labels.items():
        members.setdefault(person_id, []).append(stretch.nodes[identity])
    before = {node.person_id for node in stretch.nodes.values()}
    parted = parted_by(stretch.rulings, work.kinds) if stretch.rulings else []
    for person_id, group in members.items():
        apart = {
            str(n.identity): found.apart[n.identity] for n in group if n.identity in found.apart
        }
        disowned = disowned_by({n.identity for n in group}, parted) if parted else ()
        if stretch.rulings and (
            work.apart_of(person_id) != apart or work.disowned_of(person_id) != disowned
        ):
            work.stale.add(person_id)
        counts: dict[str, int] = {}
        for node in group:
            counts[node.identifier.kind] = counts.get(node.identifier.kind, 0) + 1
        work.put_cluster(
            Cluster(
                person_id=person_id,
                anchor=min(anchor(node, work.kinds) for node in group),
                exclusive={
                    n.identifier.kind: n.identity
                    for n in sorted(group, key=lambda n: n.identity)
                    if is_exclusive(n, work.kinds)
                },
                node_count=len(group),
                is_plain=all(node.identity in plain for node in group),
                counts=counts,
                apart=apart,
                disowned=disowned,
            )
        )
    for old in before - members.keys():
        work.drop_cluster(old)


def _learn_logins(work: Work, stretch: Stretch, history: History) -> None:
    """For a device that just became shared: read from the journal who used it when.

    Whoever used a device that became shared, or is so no more, has other entries from now on.
    """
    for identity, before in stretch.nodes.items():
        node = work.nodes[identity]
        if bool(node.shared) == bool(before.shared) or not work.is_device(node):
            continue
        users = work.users_of(identity)
        if node.shared:
            near = {i for e in stretch.edges if identity in e.pair for i in e.pair}
            anchors = sorted(i for i in near if not work.is_device(work.nodes[i]))
            for found in history(anchors):
                if isinstance(found.body, Event) and _names(found.body, identity):
                    work.put_login(Login(identity, found.body.at, found.identity))
            users = work.users_of(identity)
        work.stale.update(work.nodes[user].person_id for user in users)


def _names(event: Event, identity: int) -> bool:
    return any(identity_of(i.kind, i.value) == identity for i in event.identifiers)
