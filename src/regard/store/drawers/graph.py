"""The graph drawer: identifiers, evidence, clusters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from operator import attrgetter

from regard.core.clock import from_us, to_us
from regard.core.errors import Broken
from regard.core.graph import Cluster, Edge, GraphChange, Login, Node, Ruling
from regard.core.rulings import named
from regard.store.drawers.link import Link
from regard.store.drawers.rows import cluster_of, ruling_of
from regard.store.encoding import encode


class SqlGraph:
    """Implements `core.storage.GraphDrawer`."""

    def __init__(self, link: Link) -> None:
        self._execute = link.execute
        self._read_nodes = link.nodes
        self._read_edges = link.edges
        self._node_rows = link.node_rows
        self._edge_rows = link.edge_rows
        self._keys = link.keys
        self._pairs = link.pairs
        self._executemany = link.executemany
        self._changed = link.changed
        self._sql = link.statements("graph")

    def nodes(self, identities: Sequence[int]) -> Mapping[int, Node]:
        found = self._read_nodes(self._sql["nodes"], (self._keys(identities),))
        return {node.identity: node for node in found}

    def edges(
        self, identities: Sequence[int] = (), pairs: Sequence[tuple[int, int]] = ()
    ) -> Sequence[Edge]:
        found: dict[tuple[int, int], Edge] = {}
        if pairs:
            some = self._read_edges(self._sql["edges_between"], (self._pairs(pairs),))
            found = {(edge.left, edge.right): edge for edge in some}
        keys = self._keys(identities)
        for statement in ("edges_low", "edges_high") if identities else ():
            for edge in self._read_edges(self._sql[statement], (keys,)):
                found[edge.left, edge.right] = edge
        return [found[pair] for pair in sorted(found)]

    def clusters(
        self, person_ids: Sequence[str], *, with_members: bool = True
    ) -> Mapping[str, tuple[Cluster, Sequence[Node]]]:
        keys = self._keys(person_ids)
        members: dict[str, list[Node]] = {}
        for node in self._read_nodes(self._sql["members"], (keys,)) if with_members else ():
            members.setdefault(node.person_id, []).append(node)
        for nodes in members.values():
            nodes.sort(key=attrgetter("first_at", "identity"))
        rows = self._execute(self._sql["clusters"], (keys,))
        return {row[0]: (cluster_of(row[1]), members.get(row[0], [])) for row in rows}

    def rulings(self, identities: Sequence[int]) -> Sequence[Ruling]:
        rows = self._execute(self._sql["rulings"], (self._keys(identities),))
        return [ruling_of(row) for row in rows]

    def logins(self, devices: Sequence[int]) -> Sequence[Login]:
        rows = self._execute(self._sql["logins"], (self._keys(devices),))
        return [Login(row[0], from_us(row[1]), row[2]) for row in rows]

    def save(self, change: GraphChange) -> None:
        self._save_nodes(change.nodes)
        self._executemany(self._sql["save_edge"], self._edge_rows(change.edges))
        for ruling in change.rulings:
            self._save_ruling(ruling)
        for loser, winner in change.merged.items():
            self._execute(self._sql["relabel"], (winner, loser))
            self._executemany(self._sql["forward_chain"], [(winner, loser)])
            self._execute(self._sql["forward"], (loser, winner))
        ended = sorted({*change.merged, *change.gone})
        self._executemany(self._sql["drop_cluster"], [(p,) for p in ended])
        clusters = [(c.person_id, encode(c)) for c in change.clusters]
        self._executemany(self._sql["save_cluster"], clusters)
        if change.forwards:
            self._lead(sorted(change.forwards.items()))
        self._executemany(self._sql["unforward"], [(c.person_id,) for c in change.clusters])
        self._executemany(self._sql["make_stale"], [(p,) for p in sorted(change.stale)])
        merges = [(winner, loser) for loser, winner in change.merged.items()]
        self._executemany(self._sql["make_winner_stale"], merges)
        logins = [(login.device, to_us(login.at), login.anchor) for login in change.logins]
        self._executemany(self._sql["save_login"], logins)

    def _lead(self, forwards: Sequence[tuple[str, str]]) -> None:
        """Let ids that nobody bears any more lead to others, and nobody's state go with them."""
        for lead in forwards:
            self._execute(self._sql["refold_led"], lead)
            self._execute(self._sql["settle_led"], lead)
        self._executemany(self._sql["forward_chain"], [(new, old) for old, new in forwards])
        self._executemany(self._sql["lead"], forwards)

    def _save_ruling(self, ruling: Ruling) -> None:
        act = ruling.act
        row = (act.act_id, ruling.offset, to_us(ruling.at), encode(act))
        self._execute(self._sql["save_ruling"], row)
        rows = [(identity, act.act_id) for identity in sorted(named(act))]
        self._executemany(self._sql["save_ruling_name"], rows)

    def ruling(self, act_id: str) -> Ruling | None:
        """Return one act."""
        row = self._execute(self._sql["ruling"], (act_id,)).fetchone()
        return None if row is None else ruling_of(row)

    def identities_of(self, person_id: str) -> Sequence[int]:
        """Return the identities that bear a person's label."""
        return [row[0] for row in self._execute(self._sql["identities_of"], (person_id,))]

    def devices_of(self, anchors: Sequence[int]) -> Sequence[int]:
        """Return shared devices that some anchors logged in on."""
        return [row[0] for row in self._execute(self._sql["devices_of"], (self._keys(anchors),))]

    def winner(self, person_id: str) -> str:
        """Return whom a person was merged into, or the person itself."""
        row = self._execute(self._sql["winner"], (person_id,)).fetchone()
        return person_id if row is None else str(row[0])

    def _save_nodes(self, nodes: Sequence[Node]) -> None:
        rows = self._node_rows(nodes)
        if self._changed(self._sql["save_node"], rows) != len(rows):
            raise Broken(f"One of {[str(n.identifier) for n in nodes]} has the hash of another.")
