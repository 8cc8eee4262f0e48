"""The canonical partition: which identifiers are one person, as a function of the evidence and of
what was said about it alone.

In: nodes and edges of one connected stretch of the graph, and the rulings that name them. Out:
components, identifiers that are shared and link nobody, evidence that was refused. Nothing depends
on the order of arrival: what people said comes first, then evidence by the time of its events
(Kruskal's order), then hunches; a refused edge condemns its weaker end. Online attaching gives the
same components wherever nothing is refused.
"""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from types import MappingProxyType

from msgspec import Struct

from regard.core.clock import to_us
from regard.core.graph import Apart, Edge, Node, Ruling
from regard.identity.strength import (
    Kinds,
    anchor,
    has_room,
    is_exclusive,
    linking_edges,
    priority,
    weaker,
)
from regard.identity.union import NEVER, TOO_MANY, TWO_PERSONS, Find, Refusal, Union
from regard.identity.voices import Link, Pair, Voices

HARD = "two_persons"
"""Directly seen with two different persons: shared for ever, unless somebody says otherwise."""

CROWD = "many_persons"
"""Directly seen with more values of a stronger kind than its kind links: shared likewise."""

SOFT = "would_join_two_persons"
LIMIT = "too_many"
KEPT_APART = "never_one"
"""Would join over others what is not one; more evidence may still move the blame elsewhere."""

_SOFT_RULES = {TWO_PERSONS: SOFT, TOO_MANY: LIMIT, NEVER: KEPT_APART}


def is_hard(rule: str) -> bool:
    """Return whether an identifier is shared by what it was directly seen with."""
    return rule in (HARD, CROWD)


class Partition(Struct, frozen=True, kw_only=True):
    """`roots` gives each linking identity the root of its component; `shared` the rules.

    `refused` is evidence that links nobody though both its ends link, `overruled` what was said
    in vain, each with why. `apart` are identities that only what was said joins to the others.
    """

    roots: dict[int, int]
    shared: dict[int, str]
    refused: dict[Pair, Refusal] = {}
    overruled: tuple[tuple[Link, Refusal], ...] = ()
    apart: dict[int, Apart] = {}

    def components(self) -> list[tuple[int, ...]]:
        """Return the components as sorted tuples of identities."""
        groups: dict[int, list[int]] = {}
        for identity, root in self.roots.items():
            groups.setdefault(root, []).append(identity)
        return [tuple(sorted(group)) for group in groups.values()]


def partition(
    nodes: Mapping[int, Node],
    edges: Sequence[Edge],
    kinds: Kinds,
    border: Mapping[int, Node] = MappingProxyType({}),
    rulings: Sequence[Ruling] = (),
) -> Partition:
    """Return the canonical partition of `nodes` under `edges` and `rulings`.

    `border` are hard-shared nodes that edges lead to: they link nobody, but having been seen with
    two of them is having been seen with two.
    """
    voices = Voices(rulings)
    same = _same(nodes, kinds, voices)
    known = {**border, **nodes}
    crowded = _crowded(known, edges, kinds, voices, same)
    shared = {identity: crowded[identity] for identity in nodes if identity in crowded}
    linking = linking_edges(edges, known, kinds)
    inner = [e for e in linking if e.left in nodes and e.right in nodes]
    inner.sort(key=lambda e: (e.at, e.pair))
    turn = _Turn(nodes, kinds, voices, same, shared)
    while not turn.take(inner):
        turn = _Turn(nodes, kinds, voices, same, shared)
    turn.take_hunches()
    union = turn.union
    return Partition(
        roots={i: union.root(i) for i in nodes if i not in shared},
        shared=shared,
        refused=turn.refused,
        overruled=tuple(turn.overruled),
        apart=_apart(turn, nodes, kinds) if turn.links else {},
    )


def _same(nodes: Mapping[int, Node], kinds: Kinds, voices: Voices) -> dict[int, int]:
    """Return for exclusive identities that people made one which of them they count as."""
    if not voices.musts:
        return {}
    union = Union(nodes, kinds, voices, {})
    for link in voices.musts:
        if all(identity in nodes for identity in link.pair):
            union.join(link.pair, is_said=True)
    return {i: union.root(i) for i in voices.spoken_for if i in nodes}


def _crowded(
    nodes: Mapping[int, Node],
    edges: Iterable[Edge],
    kinds: Kinds,
    voices: Voices,
    same: Mapping[int, int],
) -> dict[int, str]:
    """Return identities directly linked to more values of a stronger kind than one person has.

    A phone with two users is shared; a user with two loyalty numbers is not: there the younger
    number is set aside. Whose an identity is that somebody spoke for, evidence does not say.
    """
    met: dict[tuple[int, str], dict[int, int]] = {}
    for edge in edges:
        if voices.sides and voices.forbids(edge.pair):
            continue
        for near, far in (edge.pair, edge.pair[::-1]):
            node = nodes[far]
            is_stronger = priority(node, kinds) < priority(nodes[near], kinds)
            if is_stronger and near not in voices.spoken_for:
                seen = met.setdefault((near, node.identifier.kind), {})
                seen[same.get(far, far)] = to_us(node.first_at)
    crowded: dict[int, str] = {}
    for (near, name), moments in met.items():
        if len(moments) < 2 or name not in kinds:
            continue
        weak = kinds.get(nodes[near].identifier.kind)
        if kinds[name].is_exclusive:
            crowded[near] = HARD
        elif weak and not has_room(kinds[name], sorted(moments.values()), weak.persons_max):
            crowded.setdefault(near, CROWD)
    return crowded


class _Turn:
    """One walk over all that links; begun again when somebody who had linked is condemned."""

    def __init__(
        self,
        nodes: Mapping[int, Node],
        kinds: Kinds,
        voices: Voices,
        same: Mapping[int, int],
        shared: dict[int, str],
    ) -> None:
        self.union = Union(nodes, kinds, voices, same)
        self.evidence = Find()
        self.refused: dict[Pair, Refusal] = {}
        self.overruled: list[tuple[Link, Refusal]] = []
        self.links: list[Link] = []
        self._nodes = nodes
        self._kinds = kinds
        self._voices = voices
        self._shared = shared
        self._linked: set[int] = set()

    def take(self, edges: Iterable[Edge]) -> bool:
        """Join what was said and seen; False when all must begin again."""
        self._take_links(self._voices.musts, is_said=True)
        for edge in edges:
            if edge.left in self._shared or edge.right in self._shared:
                continue
            refusal = self.union.join(edge.pair)
            if refusal is None:
                self.evidence.unite(edge.pair)
                self._linked.update(edge.pair)
            elif not self._refuse(edge, refusal):
                return False
        return True

    def take_hunches(self) -> None:
        """Join what is probable, where nothing else is against it."""
        self._take_links(self._voices.hunches, is_said=False)

    def _take_links(self, links: Iterable[Link], *, is_said: bool) -> None:
        for link in links:
            if any(i not in self._nodes or i in self._shared for i in link.pair):
                continue
            refusal = self.union.join(link.pair, is_said=is_said)
            if refusal is None:
                self.links.append(link)
                self._linked.update(link.pair)
            else:
                self.overruled.append((link, refusal))

    def _refuse(self, edge: Edge, refusal: Refusal) -> bool:
        """Refuse evidence, or condemn its weaker end; False when that had linked others before."""
        weak = weaker(edge, self._nodes, self._kinds)
        act_id = self._voices.forbids(edge.pair) if self._voices.sides else ""
        left, right = (self._nodes[identity].identifier.kind for identity in edge.pair)
        if act_id:
            self.refused[edge.pair] = Refusal(NEVER, act_id)
        elif weak in self._voices.spoken_for:
            self.refused[edge.pair] = refusal
        elif left == right and is_exclusive(self._nodes[weak], self._kinds):
            # Two exclusive values named in one event: never a link, nobody's fault.
            self.refused[edge.pair] = refusal
        else:
            self._shared[weak] = _SOFT_RULES[refusal.rule]
            return weak not in self._linked
        return True


def _apart(turn: _Turn, nodes: Mapping[int, Node], kinds: Kinds) -> dict[int, Apart]:
    """Return the identities that are joined to the strongest of their component by words alone."""
    sure = Find()
    touching: dict[int, list[Link]] = {}
    for link in turn.links:
        for identity in link.pair:
            touching.setdefault(turn.evidence.root(identity), []).append(link)
        if link.ruling.act.confidence >= 1:
            sure.unite((turn.evidence.root(link.pair[0]), turn.evidence.root(link.pair[1])))
    roots = {turn.union.root(identity) for link in turn.links for identity in link.pair}
    groups: dict[int, list[int]] = {}
    for identity in nodes:
        if turn.union.root(identity) in roots:
            groups.setdefault(turn.union.root(identity), []).append(identity)
    found: dict[int, Apart] = {}
    for group in groups.values():
        main = turn.evidence.root(min(group, key=lambda i: anchor(nodes[i], kinds)))
        for identity in group:
            part = turn.evidence.root(identity)
            if part == main:
                continue
            is_confirmed = sure.root(part) == sure.root(main)
            moments = [
                link.ruling.at
                for link in touching[part]
                if link.ruling.act.confidence >= 1 or not is_confirmed
            ]
            found[identity] = Apart(str(part), min(moments), is_confirmed)
    return found
