"""The identity graph as records: identifiers, the evidence between them, clusters, changes.

A *node* is an identifier that was seen, labelled with the person it belongs to. An *edge* is
evidence: two identifiers in one event. A *cluster* is what must be known of a person to attach
or merge in O(1). `identity` decides over these; stores load and save them.
"""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from regard.core.event import Identifier


class Node(Struct, frozen=True, kw_only=True):
    """An identifier that was seen. `shared` names the rule that stopped it from linking."""

    identity: int
    identifier: Identifier
    person_id: str
    first_at: datetime
    offset: int
    shared: str = ""


class Edge(Struct, frozen=True, kw_only=True):
    """Evidence between two identities (`left` < `right`): the earliest event that showed it."""

    left: int
    right: int
    at: datetime
    offset: int
    source: str
    rule: str

    @property
    def pair(self) -> tuple[int, int]:
        return (self.left, self.right)


class Cluster(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What attaching needs to know of a person.

    `anchor` orders clusters by strength: (priority of the kind, microseconds of the first sight,
    value), smallest wins. `exclusive` holds the one identity per exclusive kind. `is_plain`: no
    identifier of it is near a shared one, so that unions need no recomputation.
    """

    person_id: str
    anchor: tuple[int, int, str]
    exclusive: dict[str, int] = {}
    node_count: int = 1
    is_plain: bool = True


class Login(Struct, frozen=True, array_like=True):
    """A shared device was used by the person behind `anchor` at `at`."""

    device: int
    at: datetime
    anchor: int


class GraphChange(Struct, frozen=True, kw_only=True):
    """What one batch of events changed. Written in the transaction that appends the events.

    `nodes` are new or relabelled, `merged` maps a loser to its winner, `stale` are persons whose
    state must be folded again from their entries, `gone` are cluster ids that no longer exist.
    """

    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()
    clusters: tuple[Cluster, ...] = ()
    merged: dict[str, str] = {}
    stale: frozenset[str] = frozenset()
    gone: frozenset[str] = frozenset()
    logins: tuple[Login, ...] = ()
