"""What an act about identifiers would do: identity's own rules turned on a copy, nothing written.

In: a read session, an act, the kernel. Out: who would be whom, as `Part`s before and after, and the
facts that would be journaled. It is the very decision that the append would make, provided that
nothing else happens before. Called by the pages that preview a merge, a split or an undo.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import datetime

from msgspec import Struct

from regard.console.desk import Kernel
from regard.console.pages.dossier import ranks
from regard.core.attribution import owners_by_offset
from regard.core.event import IdentityAct
from regard.core.facts import Derived, Entry, StepFailed
from regard.core.graph import Cluster, Edge, GraphChange, Login, Node, Ruling
from regard.core.ids import identity_of
from regard.core.joining import heard
from regard.core.person import Person
from regard.core.ports import GraphReader, Reading
from regard.core.rules import IdentityRules
from regard.core.rulings import named
from regard.identity import resolve

ENTRIES_MAX = 2_000
"""Entries of each person that are read to show what moves: some 20 ms. More is said, not shown."""


class Part(Struct, frozen=True, kw_only=True):
    """A person as they are or would be: whose identifiers, which entries, folded from these alone.

    `is_place`: a shared identifier that stands for a place or household and links nobody.
    """

    person: Person
    nodes: tuple[Node, ...]
    entries: tuple[Entry, ...]
    is_place: bool


class Rehearsed(Struct, frozen=True, kw_only=True):
    """Persons before and after an act, the facts it would bring, and whether entries were cut."""

    before: tuple[Part, ...]
    after: tuple[Part, ...]
    facts: tuple[Derived, ...]
    is_cut: bool


def rehearse(
    act: IdentityAct, now: datetime, reading: Reading, rules: IdentityRules, kernel: Kernel
) -> Rehearsed:
    """Return what `act` would do at `now` to the persons whom it names."""
    graph = reading.identities.graph
    nodes = _around(graph, act)
    owners = sorted({node.person_id for node in nodes.values() if not node.shared})
    entries, is_cut = _entries(reading, owners)
    offset = reading.tail.last() + 1
    entry = Entry(
        offset=offset,
        identity=identity_of(act.left[0].kind, act.left[0].value),
        at=now,
        received_at=now,
        body=act,
    )
    copy = Copy(graph)

    def history(identities: Sequence[int]) -> Sequence[Entry]:
        return [found for found in entries if found.identity in identities]

    resolution = resolve([entry], copy, rules, history)
    rank = ranks(rules)
    moved = {**nodes, **copy.nodes(sorted({*nodes, *copy.changed}))}
    return Rehearsed(
        before=_parts(graph, nodes, entries, kernel, rank),
        after=_parts(copy, moved, entries, kernel, rank),
        facts=tuple(fact for _, fact in resolution.facts),
        is_cut=is_cut,
    )


class Copy:
    """A graph as it would be: reads through to the real one, and keeps what is saved to itself.

    Implements `core.storage.GraphDrawer` for acts, which relabel and never absorb.
    """

    def __init__(self, graph: GraphReader) -> None:
        self._graph = graph
        self.changed: dict[int, Node] = {}
        self._edges: dict[tuple[int, int], Edge] = {}
        self._clusters: dict[str, Cluster] = {}
        self._rulings: dict[str, Ruling] = {}
        self._logins: list[Login] = []
        self._gone: set[str] = set()

    def nodes(self, identities: Sequence[int]) -> Mapping[int, Node]:
        own = {i: self.changed[i] for i in identities if i in self.changed}
        return {**self._graph.nodes(identities), **own}

    def edges(
        self, identities: Sequence[int] = (), pairs: Sequence[tuple[int, int]] = ()
    ) -> Sequence[Edge]:
        return [self._edges.get(e.pair, e) for e in self._graph.edges(identities, pairs)]

    def rulings(self, identities: Sequence[int]) -> Sequence[Ruling]:
        asked = set(identities)
        own = [r for r in self._rulings.values() if asked.intersection(named(r.act))]
        return [*self._graph.rulings(identities), *own]

    def clusters(
        self, person_ids: Sequence[str], *, with_members: bool = True
    ) -> Mapping[str, tuple[Cluster, Sequence[Node]]]:
        kept = [p for p in person_ids if p not in self._gone]
        found = dict(self._graph.clusters(kept, with_members=with_members))
        for person_id in kept:
            if person_id in self._clusters:
                known = found[person_id][1] if person_id in found else ()
                members = self._members(person_id, known) if with_members else []
                found[person_id] = (self._clusters[person_id], members)
        return found

    def _members(self, person_id: str, known: Sequence[Node]) -> list[Node]:
        stay = [node for node in known if node.identity not in self.changed]
        return [*stay, *(n for n in self.changed.values() if n.person_id == person_id)]

    def logins(self, devices: Sequence[int]) -> Sequence[Login]:
        own = [login for login in self._logins if login.device in devices]
        found = {*self._graph.logins(devices), *own}
        return sorted(found, key=lambda login: (login.device, login.at, login.anchor))

    def devices_of(self, anchors: Sequence[int]) -> Sequence[int]:
        """Return shared devices that some anchors logged in on."""
        own = {login.device for login in self._logins if login.anchor in anchors}
        return sorted({*self._graph.devices_of(anchors), *own})

    def identities_of(self, person_id: str) -> Sequence[int]:
        """Return the identities that would bear a person's label."""
        found = self.clusters([person_id])
        return [node.identity for node in found[person_id][1]] if person_id in found else []

    def winner(self, person_id: str) -> str:
        """Return to whom an id leads in the real graph; where it would is not shown."""
        return self._graph.winner(person_id)

    def save(self, change: GraphChange) -> None:
        """Keep a change here; the real graph never hears of it."""
        self.changed |= {node.identity: node for node in change.nodes}
        self._edges |= {edge.pair: edge for edge in change.edges}
        self._rulings |= {ruling.act.act_id: ruling for ruling in change.rulings}
        self._logins += change.logins
        self._gone = (self._gone | change.gone) - {c.person_id for c in change.clusters}
        self._clusters |= {cluster.person_id: cluster for cluster in change.clusters}


def _around(graph: GraphReader, act: IdentityAct) -> dict[int, Node]:
    """Return all identifiers of the persons whom an act names, and the shared ones beside them."""
    first = graph.nodes(sorted(named(act)))
    owners = sorted({node.person_id for node in first.values()})
    own = {n.identity: n for _, members in graph.clusters(owners).values() for n in members}
    ends = {i for edge in graph.edges(sorted(own)) for i in edge.pair} - own.keys()
    near = graph.nodes(sorted(ends))
    return {**first, **own, **{i: node for i, node in near.items() if node.shared}}


def _entries(reading: Reading, owners: Iterable[str]) -> tuple[list[Entry], bool]:
    found: dict[int, Entry] = {}
    is_cut = False
    for owner in owners:
        page = reading.people.timeline(owner, 0, ENTRIES_MAX)
        is_cut = is_cut or len(page) == ENTRIES_MAX
        found |= {entry.offset: entry for entry in page}
    return sorted(found.values(), key=lambda entry: entry.stamp), is_cut


def _parts(
    graph: GraphReader,
    nodes: Mapping[int, Node],
    entries: Sequence[Entry],
    kernel: Kernel,
    rank: Callable[[Node], int],
) -> tuple[Part, ...]:
    """Return the persons of `nodes`, the strongest first, each with what hangs on them."""
    groups: dict[str, list[Node]] = {}
    for node in nodes.values():
        groups.setdefault(node.person_id, []).append(node)
    clusters = graph.clusters(sorted(groups), with_members=False)
    owners = owners_by_offset(graph, entries)
    failed = {entry.cause for entry in entries if isinstance(entry.body, StepFailed)}
    parts = []
    for person_id, group in groups.items():
        own = tuple(e for e in entries if owners.get(e.offset) == person_id)
        person = Person(id=person_id)
        if person_id in clusters:
            cluster = clusters[person_id][0]
            person = Person(id=person_id, apart=dict(cluster.apart), disowned=cluster.disowned)
        for entry in own:
            if entry.offset not in failed:
                person = kernel.fold(person, entry)
        person = heard(graph, kernel, person)
        members = tuple(sorted(group, key=lambda n: (rank(n), n.first_at, n.identity)))
        is_place = all(node.shared for node in members)
        parts.append(Part(person=person, nodes=members, entries=own, is_place=is_place))
    return tuple(sorted(parts, key=lambda p: (p.is_place, -len(p.nodes), p.person.id)))
