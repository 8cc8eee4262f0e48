"""The stretch of the graph that one recomputation looks at: all that may concern one another.

Walks evidence and what was said from some identities on, never across an identifier that is shared
by what it was directly seen with. Bounded; beyond the bound nobody is looked at.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from types import MappingProxyType

from msgspec import Struct

from regard.core.graph import Edge, Node, Ruling
from regard.core.rulings import joined, named, standing
from regard.identity.partition import is_hard
from regard.identity.strength import Kinds, is_contact, is_exclusive, priority
from regard.identity.union import Find
from regard.identity.voices import Pair
from regard.identity.work import Look

REACH_MAX = 2_000
"""Identifiers looked at in one recomputation; beyond it the event is attached to its strongest
identifier alone and the limit is told."""

_UNHEARD: Mapping[frozenset[int], Sequence[Ruling]] = MappingProxyType({})


class Stretch(Struct, frozen=True, kw_only=True):
    """Nodes and all evidence on the way; `border` are hard-shared nodes that edges lead to.

    `is_whole`: the bound was not reached.
    """

    nodes: dict[int, Node]
    border: dict[int, Node]
    edges: list[Edge]
    rulings: list[Ruling]
    is_whole: bool = True


def reach(
    look: Look, start: Sequence[int], heard: Mapping[frozenset[int], Sequence[Ruling]] = _UNHEARD
) -> Stretch:
    """Return everything that `start` reaches; hard-shared ones among `start` are crossed, too.

    `heard` are the rulings that name some identities, where they were read before.
    """
    nodes: dict[int, Node] = {i: look.nodes[i] for i in start}
    edges: dict[Pair, Edge] = {}
    rulings: dict[str, Ruling] = {}
    border: set[int] = set()
    frontier = list(nodes)
    while frontier and len(nodes) <= REACH_MAX:
        edges |= {e.pair: e for e in look.graph.edges(identities=frontier)}
        said = heard.get(frozenset(frontier))
        if said is None:
            said = look.graph.rulings(frontier)
        rulings |= {ruling.act.act_id: ruling for ruling in said}
        ends = {i for e in edges.values() for i in e.pair}
        ends |= {i for r in said for group in joined(r.act) for i in group}
        fresh = sorted(ends - nodes.keys() - border)
        look.load_nodes(fresh)
        frontier = [i for i in fresh if i in look.nodes and not is_hard(look.nodes[i].shared)]
        border.update(fresh)
        border.difference_update(frontier)
        nodes |= {i: look.nodes[i] for i in frontier}
    return Stretch(
        nodes=nodes,
        border={i: look.nodes[i] for i in border if i in look.nodes},
        edges=list(edges.values()),
        rulings=list(rulings.values()),
        is_whole=len(nodes) <= REACH_MAX,
    )


def around(look: Look, identities: Sequence[int]) -> Stretch:
    """Return what a ruling about some identities may change.

    Hard-shared ones next to them are judged anew, if few enough were seen with them; whoever was
    spoken of together with them is looked at as well.
    """
    rulings = look.graph.rulings(identities)
    said = {i for r in rulings for i in named(r.act)} | set(identities)
    look.load_nodes(sorted(said))
    start = sorted(i for i in said if i in look.nodes)
    stretch = reach(look, start, {frozenset(identities): rulings})
    near = {i for e in stretch.edges if not said.isdisjoint(e.pair) for i in e.pair}
    hard = sorted(i for i in near - said if is_hard(look.nodes[i].shared))
    whole = reach(look, [*start, *hard]) if hard else stretch
    return whole if whole.is_whole else stretch


def plain_identities(stretch: Stretch, shared: dict[int, str], kinds: Kinds) -> set[int]:
    """Return the identities near which a plain union is what the partition would give.

    Not near what was said, nor near a shared identifier that later evidence may clear, nor where
    one was seen with a shared one that counts when it is judged: a stronger one, or a contact.
    """
    strained = stretch.border.keys() | {i for i, rule in shared.items() if is_hard(rule)}
    rulings = [r for r in standing(stretch.rulings) if r.act.act not in ("propose", "dismiss")]
    rough = {i for i, rule in shared.items() if not is_hard(rule)}
    rough.update(_strung(stretch, strained, kinds) if strained else ())
    for ruling in rulings:
        rough.update(named(ruling.act))
    own = stretch.nodes.keys() - shared.keys()
    if not rough or rough >= own:
        return set() if rough else own
    near = Find()
    for edge in stretch.edges:
        if edge.left not in strained and edge.right not in strained:
            near.unite(edge.pair)
    for ruling in rulings:
        for first, *others in joined(ruling.act):
            for other in others:
                near.unite((first, other))
    roots = {near.root(identity) for identity in rough}
    return {i for i in own if near.root(i) not in roots}


def _strung(stretch: Stretch, strained: set[int], kinds: Kinds) -> Iterator[int]:
    """Yield who was seen with a strained identifier that counts when they are judged."""
    every = {**stretch.border, **stretch.nodes}
    for edge in stretch.edges:
        left, right = edge.left, edge.right
        if left in strained and _counts(every[left], every[right], kinds):
            yield right
        if right in strained and _counts(every[right], every[left], kinds):
            yield left


def _counts(one: Node, other: Node, kinds: Kinds) -> bool:
    """Return whether having been seen with `one` may make `other` shared."""
    if priority(one, kinds) < priority(other, kinds):
        return True
    return is_contact(one, kinds) and not is_exclusive(other, kinds)
