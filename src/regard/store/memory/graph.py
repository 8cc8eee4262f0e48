"""The graph drawer of the in-memory store: identifiers, evidence, clusters."""

from __future__ import annotations

from collections.abc import Mapping, Sequence

from msgspec.structs import replace

from regard.core.errors import Broken
from regard.core.graph import Cluster, Edge, GraphChange, Login, Node, Ruling
from regard.core.ids import identity_of
from regard.store.labels import folded
from regard.store.memory.tables import Tables, UndoLog


class MemoryGraph:
    """Implements `core.storage.GraphDrawer`."""

    def __init__(self, tables: Tables, log: UndoLog) -> None:
        self._tables = tables
        self._log = log

    def nodes(self, identities: Sequence[int]) -> Mapping[int, Node]:
        table = self._tables.nodes
        return {identity: table[identity] for identity in identities if identity in table}

    def edges(
        self, identities: Sequence[int] = (), pairs: Sequence[tuple[int, int]] = ()
    ) -> Sequence[Edge]:
        table, edges_of = self._tables.edges, self._tables.edges_of
        found = {pair for pair in pairs if pair in table}
        for identity in identities:
            found.update(edges_of.get(identity, ()))
        return [table[pair] for pair in sorted(found)]

    def clusters(
        self, person_ids: Sequence[str], *, with_members: bool = True
    ) -> Mapping[str, tuple[Cluster, Sequence[Node]]]:
        table = self._tables.clusters
        return {
            person_id: (table[person_id], self._members(person_id) if with_members else [])
            for person_id in person_ids
            if person_id in table
        }

    def rulings(self, identities: Sequence[int]) -> Sequence[Ruling]:
        tables = self._tables
        found = {name for i in identities for name in tables.rulings_of.get(i, ())}
        return sorted((tables.rulings[name] for name in found), key=lambda r: r.offset)

    def logins(self, devices: Sequence[int]) -> Sequence[Login]:
        table = self._tables.logins
        return [
            Login(device, at, anchor)
            for device in sorted(set(devices))
            for at, anchor in table.get(device, ())
        ]

    def save(self, change: GraphChange) -> None:
        tables, log = self._tables, self._log
        for node in change.nodes:
            self._save_node(node)
        for edge in change.edges:
            log.put(tables.edges, edge.pair, edge)
            for identity in edge.pair:
                log.put_under(tables.edges_of, identity, edge.pair)
        for ruling in change.rulings:
            self._save_ruling(ruling)
        for loser, winner in change.merged.items():
            self._merge(loser, winner)
        for person_id in (*change.merged, *change.gone):
            log.drop(tables.clusters, person_id)
        self._lead_all(change.forwards)
        for cluster in change.clusters:
            log.put(tables.clusters, cluster.person_id, cluster)
            self._unforward(cluster.person_id)
        for person_id in change.stale:
            log.put(tables.stale, person_id, None)
        for loser, winner in change.merged.items():
            if loser in tables.stale:
                log.put(tables.stale, winner, None)
        for login in change.logins:
            self._save_login(login)

    def identities_of(self, person_id: str) -> Sequence[int]:
        """Return the identities that bear a person's label."""
        return list(self._tables.members.get(person_id, ()))

    def devices_of(self, anchors: Sequence[int]) -> Sequence[int]:
        """Return shared devices that some anchors logged in on."""
        table = self._tables.devices
        return sorted({device for anchor in anchors for device in table.get(anchor, ())})

    def winner(self, person_id: str) -> str:
        """Return whom a person was merged into, or the person itself."""
        return self._tables.forwards.get(person_id, person_id)

    def ruling(self, act_id: str) -> Ruling | None:
        """Return one act."""
        return self._tables.rulings.get(act_id)

    def _save_ruling(self, ruling: Ruling) -> None:
        tables, log, act = self._tables, self._log, ruling.act
        if act.act_id in tables.rulings:
            return
        log.put(tables.rulings, act.act_id, ruling)
        for identifier in (*act.left, *act.right):
            identity = identity_of(identifier.kind, identifier.value)
            log.put_under(tables.rulings_of, identity, act.act_id)

    def _members(self, person_id: str) -> list[Node]:
        nodes = self._tables.nodes
        found = [nodes[identity] for identity in self._tables.members.get(person_id, ())]
        return sorted(found, key=lambda node: (node.first_at, node.identity))

    def _save_node(self, node: Node) -> None:
        tables, log = self._tables, self._log
        known = tables.nodes.get(node.identity)
        if known is None:
            log.put(tables.folded, node.identity, folded(node.identifier.value))
        elif known.identifier != node.identifier:
            raise Broken(f"Identifier {node.identifier} has the same hash as another one.")
        else:
            log.drop(tables.members[known.person_id], node.identity)
            node = replace(node, offset=known.offset)
        log.put(tables.nodes, node.identity, node)
        log.put_under(tables.members, node.person_id, node.identity)

    def _save_login(self, login: Login) -> None:
        tables, log = self._tables, self._log
        if login.device not in tables.logins:
            log.put(tables.logins, login.device, [])
        known = tables.logins[login.device]
        if (login.at, login.anchor) not in known:
            log.insert(known, (login.at, login.anchor))
            log.put_under(tables.devices, login.anchor, login.device)

    def _merge(self, loser: str, winner: str) -> None:
        """Relabel the loser's identifiers; it and its own losers forward to the winner."""
        tables, log = self._tables, self._log
        for identity in list(tables.members.get(loser, ())):
            log.put(tables.nodes, identity, replace(tables.nodes[identity], person_id=winner))
            log.put_under(tables.members, winner, identity)
        log.drop(tables.members, loser)
        for follower in list(tables.followers.get(loser, ())):
            log.put(tables.forwards, follower, winner)
            log.put_under(tables.followers, winner, follower)
        log.drop(tables.followers, loser)
        self._unforward(loser)
        log.put(tables.forwards, loser, winner)
        log.put_under(tables.followers, winner, loser)
        log.put(tables.unabsorbed, loser, None)

    def _lead_all(self, forwards: Mapping[str, str]) -> None:
        for old, new in forwards.items():
            self._refold_led(old, new)
        for old, new in forwards.items():
            for follower in list(self._tables.followers.get(old, ())):
                self._lead(follower, new)
        for old, new in forwards.items():
            self._lead(old, new)

    def _refold_led(self, old: str, new: str) -> None:
        """Fold those again whose state waits to be absorbed elsewhere than their id leads."""
        tables, log = self._tables, self._log
        for loser in (old, *tables.followers.get(old, ())):
            winner = tables.forwards.get(loser, "")
            if loser in tables.unabsorbed and (winner == old or winner != new):
                log.drop(tables.unabsorbed, loser)
                log.put(tables.stale, loser, None)
                log.put(tables.stale, winner, None)

    def _lead(self, loser: str, winner: str) -> None:
        """Let an id that nobody bears any more lead to a person who has been folded already."""
        tables, log = self._tables, self._log
        known = tables.forwards.get(loser)
        if known is not None:
            log.drop(tables.followers[known], loser)
        log.put(tables.forwards, loser, winner)
        log.put_under(tables.followers, winner, loser)

    def _unforward(self, person_id: str) -> None:
        tables, log = self._tables, self._log
        winner = tables.forwards.get(person_id)
        if winner is not None:
            log.drop(tables.forwards, person_id)
            log.drop(tables.followers[winner], person_id)
            log.drop(tables.unabsorbed, person_id)
