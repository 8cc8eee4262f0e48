"""The working set of one batch: the part of the graph it touches, and what changed in it.

Loads in bulk before the first event, writes once at the end; `flush` earlier when a
recomputation must see what the batch did so far. Lives inside one write transaction.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from datetime import datetime
from functools import cached_property
from itertools import chain

from msgspec import Struct
from msgspec.structs import replace

from regard.core.attribution import by_device, holder_of
from regard.core.event import Event
from regard.core.facts import Derived, Entry
from regard.core.graph import Apart, Cluster, Edge, GraphChange, Login, Node, Ruling
from regard.core.ids import identity_of
from regard.core.ports import GraphReader
from regard.core.rules import IdentifierKind
from regard.core.storage import GraphDrawer
from regard.identity.strength import telling_kinds

History = Callable[[Sequence[int]], Sequence[Entry]]
"""Returns the journal entries that hang on some identities."""

_NOTHING = GraphChange()


class Star(Struct, frozen=True, gc=False):
    """What one event names, strongest first, and its evidence: the first with each of the others,
    as keys of edges.
    """

    identities: tuple[int, ...]
    pairs: tuple[tuple[int, int], ...]


def star_of(event: Event) -> Star:
    """Return what an event names, each once."""
    identifiers = event.identifiers
    if len(identifiers) == 1:
        return Star((identity_of(identifiers[0].kind, identifiers[0].value),), ())
    named = [identity_of(i.kind, i.value) for i in identifiers]
    first, *others = dict.fromkeys(named)
    pairs = [(first, other) if first < other else (other, first) for other in others]
    return Star((first, *others), tuple(pairs))


class Look:
    """The identifiers that were loaded so far, of a graph that is only read."""

    def __init__(self, graph: GraphReader, kinds: Mapping[str, IdentifierKind]) -> None:
        self.graph = graph
        self.kinds = kinds
        self.nodes: dict[int, Node] = {}

    def load_nodes(self, identities: Sequence[int]) -> None:
        """Load those identifiers that are not here yet."""
        missing = [identity for identity in identities if identity not in self.nodes]
        if missing:
            self.nodes |= self.graph.nodes(missing)


class Work(Look):
    """Nodes, edges and clusters as this batch sees them."""

    def __init__(self, graph: GraphDrawer, kinds: Mapping[str, IdentifierKind]) -> None:
        super().__init__(graph, kinds)
        self._save = graph.save
        self.is_minding_time = any(
            kind.linking not in ("every", "one") or kind.count_window for kind in kinds.values()
        )
        """Whether who is one person may hang on when an identifier was first seen."""
        self.is_stirred = False
        """Whether a recomputation has changed what holds of identifiers that were loaded."""
        self.edges: dict[tuple[int, int], Edge] = {}
        self.facts: list[tuple[int, Derived]] = []
        self.stale: set[str] = set()
        self._clusters: dict[str, Cluster] = {}
        self._logins: dict[int, list[Login]] = {}
        self._changed_nodes: dict[int, Node] = {}
        self._changed_edges: dict[tuple[int, int], Edge] = {}
        self._changed_clusters: dict[str, Cluster] = {}
        self._merged: dict[str, str] = {}
        self._gone: set[str] = set()
        self._new_logins: list[Login] = []
        self._rulings: list[Ruling] = []
        self._forwards: dict[str, str] = {}

    @cached_property
    def telling(self) -> frozenset[str]:
        """The kinds whose values keep apart whom a weaker identifier would join."""
        return telling_kinds(self.kinds)

    def load(self, stars: Collection[Star]) -> None:
        """Load the nodes and edges of all events."""
        identities = set(chain.from_iterable([star.identities for star in stars]))
        self.nodes = nodes = dict(self.graph.nodes(sorted(identities)))
        pairs = set(chain.from_iterable([star.pairs for star in stars]))
        known = [pair for pair in pairs if pair[0] in nodes and pair[1] in nodes]
        self.edges = {(e.left, e.right): e for e in self.graph.edges(pairs=sorted(known))}

    def load_owners(self, stars: Iterable[Star]) -> None:
        """Load whose the identifiers of some events are: clusters where they bring news, logins."""
        nodes, edges = self.nodes, self.edges
        owners: set[str] = set()
        devices: set[int] = set()
        for star in stars:
            known = [nodes[identity] for identity in star.identities if identity in nodes]
            if len(known) < len(star.identities) or any(p not in edges for p in star.pairs):
                owners.update([node.person_id for node in known])
            devices.update([n.identity for n in known if n.shared and self.is_device(n)])
        self.load_clusters(sorted(owners))
        self._load_logins(sorted(devices))

    def is_device(self, node: Node) -> bool:
        """Return whether the node's kind is a device: held by whoever used it last."""
        kind = self.kinds.get(node.identifier.kind)
        return kind is not None and kind.is_device

    def cluster(self, person_id: str) -> Cluster:
        """Return the cluster of a person."""
        if person_id not in self._clusters:
            self.load_clusters([person_id])
        return self._clusters[person_id]

    def holder(self, device: int, at: datetime) -> str:
        """Return who held a device at a moment."""
        logins = self._logins.get(device, [])
        self.load_nodes([login.anchor for login in logins])
        return holder_of(self.nodes[device], at, logins, self.nodes)

    def load_clusters(self, person_ids: Sequence[str]) -> None:
        """Load those clusters that are not here yet."""
        missing = [person_id for person_id in person_ids if person_id not in self._clusters]
        found = self.graph.clusters(missing, with_members=False) if missing else {}
        for person_id, (cluster, _) in found.items():
            self._clusters[person_id] = cluster

    def apart_of(self, person_id: str) -> Mapping[str, Apart]:
        """Return who is apart in a person whose cluster was loaded; nobody in a new one."""
        known = self._clusters.get(person_id)
        return {} if known is None else known.apart

    def disowned_of(self, person_id: str) -> tuple[str, ...]:
        """Return what a person whose cluster was loaded disowns; nothing in a new one."""
        known = self._clusters.get(person_id)
        return () if known is None else known.disowned

    def tell(self, cause: int, fact: Derived) -> None:
        """Let a fact be journaled behind the entry at offset `cause`."""
        self.facts.append((cause, fact))

    def users_of(self, device: int) -> Sequence[int]:
        """Return the identities that logged in on a device, loaded."""
        if device not in self._logins:
            self._load_logins([device])
        users = sorted({login.anchor for login in self._logins.get(device, ())})
        self.load_nodes(users)
        return users

    def put(self, node: Node) -> None:
        self.nodes[node.identity] = node
        self._changed_nodes[node.identity] = node

    def put_edge(self, edge: Edge) -> None:
        self.edges[edge.pair] = edge
        self._changed_edges[edge.pair] = edge

    def put_cluster(self, cluster: Cluster) -> None:
        self._clusters[cluster.person_id] = cluster
        self._changed_clusters[cluster.person_id] = cluster
        self._gone.discard(cluster.person_id)

    def put_login(self, login: Login) -> None:
        known = self._logins.setdefault(login.device, [])
        if login not in known:
            self._logins[login.device] = by_device([*known, login])[login.device]
            self._new_logins.append(login)

    def put_ruling(self, ruling: Ruling) -> None:
        self._rulings.append(ruling)

    def forward(self, leads: Mapping[str, str]) -> None:
        """Let ids that nobody bears any more lead to others."""
        self._forwards |= leads

    def drop_cluster(self, person_id: str) -> None:
        self._clusters.pop(person_id, None)
        self._changed_clusters.pop(person_id, None)
        self._gone.add(person_id)

    def merge(self, loser: str, winner: str) -> None:
        """Relabel the loser's nodes; those not loaded are relabelled by the store."""
        for identity, node in self.nodes.items():
            if node.person_id == loser:
                self.nodes[identity] = replace(node, person_id=winner)
                if identity in self._changed_nodes:
                    self._changed_nodes[identity] = self.nodes[identity]
        self._merged[loser] = winner
        self._clusters.pop(loser, None)
        self._changed_clusters.pop(loser, None)

    def flush(self) -> None:
        """Write what changed so far into the transaction."""
        change = GraphChange(
            nodes=tuple(self._changed_nodes.values()),
            edges=tuple(self._changed_edges.values()),
            clusters=tuple(self._changed_clusters.values()),
            merged=dict(self._merged),
            stale=frozenset(self.stale),
            gone=frozenset(self._gone),
            logins=tuple(self._new_logins),
            rulings=tuple(self._rulings),
            forwards=dict(self._forwards),
        )
        if change != _NOTHING:
            self._save(change)
        for changes in (self._changed_nodes, self._changed_edges, self._changed_clusters):
            changes.clear()
        self._merged.clear()
        self._gone.clear()
        self._new_logins.clear()
        self._rulings.clear()
        self._forwards.clear()
        self.stale = set()

    def _load_logins(self, devices: Sequence[int]) -> None:
        if devices:
            self._logins |= by_device(self.graph.logins(devices))
