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
from dataclasses import dataclass
from types import MappingProxyType

from msgspec import Struct

from regard.core.clock import to_us
from regard.core.graph import Apart, Edge, Node, Ruling
from regard.identity.strength import (
    Kinds,
    Scale,
    Weighed,
    anchor,
    has_room,
    is_contact,
    is_exclusive,
)
from regard.identity.union import (
    NEVER,
    TOO_MANY,
    TWO_KEYS,
    TWO_PERSONS,
    Find,
    Refusal,
    Union,
)
from regard.identity.voices import Link, Pair, Voices

HARD = "two_persons"
"""Directly seen with two different persons: shared for ever, unless somebody says otherwise."""

CROWD = "many_persons"
"""Directly seen with more values of a stronger kind than its kind links: shared likewise."""

SOFT = "would_join_two_persons"
LIMIT = "too_many"
BRIDGE = "would_join_two_keys"
KEPT_APART = "never_one"
"""Would join over others what is not one; more evidence may still move the blame elsewhere."""

_SOFT_RULES = {TWO_PERSONS: SOFT, TWO_KEYS: BRIDGE, TOO_MANY: LIMIT, NEVER: KEPT_APART}


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
    known = {**border, **nodes}
    view = _View(nodes=nodes, kinds=kinds, voices=voices, scale=Scale(known, kinds))
    said = _Turn(view, Union(nodes, kinds, voices), {})
    said.take_musts()
    same = {i: said.union.root(i) for i in voices.spoken_for if i in nodes} if said.links else {}
    said.union.count_as(same)
    crowded = _crowded(view, known, edges, same)
    shared = {identity: crowded[identity] for identity in nodes if identity in crowded}
    weighed = view.scale.weighed(edges)
    inner = [w for w in weighed if w.edge.left in nodes and w.edge.right in nodes]
    turn = said.again(shared)
    while not turn.take(inner):
        turn = said.again(shared)
    turn.take_hunches()
    union = turn.union
    return Partition(
        roots={i: union.root(i) for i in nodes if i not in shared},
        shared=shared,
        refused=turn.refused,
        overruled=tuple(turn.overruled),
        apart=_apart(turn, nodes, kinds) if turn.are_joined_by_words() else {},
    )


@dataclass(frozen=True, slots=True, kw_only=True)
class _View:
    """What every turn looks at."""

    nodes: Mapping[int, Node]
    kinds: Kinds
    voices: Voices
    scale: Scale


def _crowded(
    view: _View, nodes: Mapping[int, Node], edges: Iterable[Edge], same: Mapping[int, int]
) -> dict[int, str]:
    """Return identities directly linked to more values of another kind than one person has.

    A phone with two users is shared, and so is the address that a clerk types with every phone. A
    user with two loyalty numbers or many phones is not: there the younger is set aside. Whose an
    identity is that somebody spoke for, evidence does not say.
    """
    kinds, voices, priorities = view.kinds, view.voices, view.scale.priorities
    met: dict[tuple[int, str], dict[int, int]] = {}
    for edge in edges:
        near, far = edge.pair
        if priorities[near] < priorities[far]:
            near, far = far, near
        if priorities[near] == priorities[far]:
            continue
        if voices.sides and voices.forbids(edge.pair):
            continue
        ends = [(near, far)]
        if is_contact(nodes[near], kinds) and not is_exclusive(nodes[far], kinds):
            ends.append((far, near))
        for one, other in ends:
            if one not in voices.spoken_for:
                seen = met.setdefault((one, nodes[other].identifier.kind), {})
                seen[same.get(other, other)] = to_us(nodes[other].first_at)
    crowded: dict[int, str] = {}
    for (near, name), moments in met.items():
        if len(moments) < 2 or name not in kinds:
            continue
        weak = kinds.get(nodes[near].identifier.kind)
        if kinds[name].is_exclusive:
            crowded[near] = HARD
        elif weak and not has_room(kinds[name], [*moments.values()], weak.persons_max):
            crowded.setdefault(near, CROWD)
    return crowded


class _Turn:
    """One walk over all that links; begun again when somebody who had linked is condemned."""

    def __init__(self, view: _View, union: Union, shared: dict[int, str]) -> None:
        self.union = union
        self.evidence = Find()
        self.refused: dict[Pair, Refusal] = {}
        self.overruled: list[tuple[Link, Refusal]] = []
        self.links: list[Link] = []
        self._view = view
        self._voices = view.voices
        self._shared = shared
        self._linked: set[int] = set()

    def again(self, shared: dict[int, str]) -> _Turn:
        """Return a turn that begins with what was taken so far."""
        turn = _Turn(self._view, self.union.copy(), shared)
        turn.overruled, turn.links = [*self.overruled], [*self.links]
        turn._linked = {*self._linked}
        return turn

    def are_joined_by_words(self) -> bool:
        """Return whether somebody's word joins what evidence alone does not."""
        root = self.evidence.root
        return any(root(link.pair[0]) != root(link.pair[1]) for link in self.links)

    def take_musts(self) -> None:
        """Join what somebody is certain of."""
        self._take_links(self._voices.musts, is_said=True)

    def take(self, edges: Iterable[Weighed]) -> bool:
        """Join what was seen; False when all must begin again."""
        shared = self._shared
        for weighed in edges:
            pair = weighed.edge.pair
            if pair[0] in shared or pair[1] in shared:
                continue
            refusal = self.union.join(pair, keys=weighed.keys)
            if refusal is None:
                self.evidence.unite(pair)
                self._linked.update(pair)
            elif not self._refuse(weighed, refusal):
                return False
        return True

    def take_hunches(self) -> None:
        """Join what is probable, where nothing else is against it."""
        self._take_links(self._voices.hunches, is_said=False)

    def _take_links(self, links: Iterable[Link], *, is_said: bool) -> None:
        nodes, shared = self._view.nodes, self._shared
        for link in links:
            left, right = link.pair
            if left not in nodes or right not in nodes or left in shared or right in shared:
                continue
            refusal = self.union.join(link.pair, is_said=is_said)
            if refusal is None:
                self.links.append(link)
                self._linked.update(link.pair)
            else:
                self.overruled.append((link, refusal))

    def _refuse(self, weighed: Weighed, refusal: Refusal) -> bool:
        """Refuse evidence, or condemn its weaker end; False when that had linked others before."""
        nodes, kinds = self._view.nodes, self._view.kinds
        edge, weak = weighed.edge, weighed.weak
        act_id = self._voices.forbids(edge.pair) if self._voices.sides else ""
        left, right = (nodes[identity].identifier.kind for identity in edge.pair)
        if act_id:
            self.refused[edge.pair] = Refusal(NEVER, act_id)
        elif weak in self._voices.spoken_for:
            self.refused[edge.pair] = refusal
        elif left == right and is_exclusive(nodes[weak], kinds):
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
