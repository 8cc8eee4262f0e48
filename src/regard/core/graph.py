"""The identity graph as records: identifiers, the evidence between them, clusters, changes.

A *node* is an identifier that was seen, labelled with the person it belongs to. An *edge* is
evidence: two identifiers in one event. A *ruling* is what somebody said about identifiers. A
*cluster* is what must be known of a person to attach or merge in O(1). `identity` decides over
these; stores load and save them.
"""

from __future__ import annotations

from datetime import datetime

from msgspec import Struct

from regard.core.event import Identifier, IdentityAct


class Node(Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """An identifier that was seen. `shared` names the rule that stopped it from linking.

    `origin` is the person id that it brings: whose it was when it was first seen (empty: one of its
    own). A person bears the origin of the strongest identifier.
    """

    identity: int
    identifier: Identifier
    person_id: str
    first_at: datetime
    offset: int
    shared: str = ""
    origin: str = ""


class Edge(Struct, frozen=True, kw_only=True, array_like=True, gc=False):
    """Evidence between two identities (`left` < `right`): the earliest event that showed it.

    `refused` names the rule that forbids it to link (empty: it may); `is_told`: a later event that
    showed it again was told.
    """

    left: int
    right: int
    at: datetime
    offset: int
    source: str
    rule: str
    refused: str = ""
    is_told: bool = False

    @property
    def pair(self) -> tuple[int, int]:
        return (self.left, self.right)


class Ruling(Struct, frozen=True, kw_only=True):
    """What somebody said about identifiers, where it stands in the journal."""

    act: IdentityAct
    at: datetime
    offset: int


class Apart(Struct, frozen=True, array_like=True):
    """That nothing but what somebody said at `since` joins an identity to the others.

    `part` names those that are joined to it by evidence. Unless it `is_confirmed`, probability
    alone joins it, and grants of consent on it never count.
    """

    part: str
    since: datetime
    is_confirmed: bool


class Joint(Struct, frozen=True, array_like=True):
    """Since when two identities of a person on which words of consent were said are one.

    What evidence, or somebody's word, joined at `since` had been parts before. The joints of a
    person are a tree over those who spoke: two of them are one since the latest joint between them.
    """

    left: int
    right: int
    since: datetime


class Cluster(Struct, frozen=True, kw_only=True, omit_defaults=True):
    """What attaching needs to know of a person.

    `anchor` orders clusters by strength: (priority of the kind, offset of the first sight, value)
    of the strongest identifier, smallest wins. `exclusive` holds the one identity per exclusive
    kind, `counts` how many identifiers of each kind there are. `is_plain`: no identifier of it is
    near a shared one or spoken of, so that unions need no recomputation. `apart` are identities (as
    texts) that only what somebody said joins to the others, `disowned` addresses and the like of
    which somebody said that they are not this person's, sorted.
    """

    person_id: str
    anchor: tuple[int, int, str]
    exclusive: dict[str, int] = {}
    node_count: int = 1
    is_plain: bool = True
    counts: dict[str, int] = {}
    apart: dict[str, Apart] = {}
    disowned: tuple[str, ...] = ()


class Login(Struct, frozen=True, array_like=True, gc=False):
    """A shared device was used by the person behind `anchor` at `at`."""

    device: int
    at: datetime
    anchor: int


class GraphChange(Struct, frozen=True, kw_only=True):
    """What one batch of events changed. Written in the transaction that appends the events.

    `nodes` are new or relabelled, `merged` maps a loser to its winner, `stale` are persons whose
    state must be folded again from their entries, `gone` are cluster ids that no longer exist,
    `forwards` say where ids lead that nobody bears any more.
    """

    nodes: tuple[Node, ...] = ()
    edges: tuple[Edge, ...] = ()
    clusters: tuple[Cluster, ...] = ()
    merged: dict[str, str] = {}
    stale: frozenset[str] = frozenset()
    gone: frozenset[str] = frozenset()
    logins: tuple[Login, ...] = ()
    rulings: tuple[Ruling, ...] = ()
    forwards: dict[str, str] = {}
