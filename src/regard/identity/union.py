"""Sets of identifiers that refuse what no person has: rivals, too many of a kind, the forbidden.

A union-find over the identities of one stretch. What a join is refused for does not depend on how
the two sets came about, and a set that may be as a whole never had a join refused: so attaching
one by one and partitioning at once agree.
"""

from __future__ import annotations

from collections.abc import Mapping
from heapq import merge

from msgspec import Struct

from regard.core.clock import to_us
from regard.core.graph import Node
from regard.identity.strength import Kinds, has_room, is_exclusive
from regard.identity.voices import Pair, Voices, opposed

TWO_PERSONS = "two_persons"
TOO_MANY = "too_many"
NEVER = "never"


class Refusal(Struct, frozen=True):
    """Why two sets are not one: the rule, and the act that it comes from (``never``)."""

    rule: str
    act_id: str = ""


class Find:
    """Sets without any rule; the root of a set is its smallest identity."""

    def __init__(self) -> None:
        self._parent: dict[int, int] = {}

    def root(self, identity: int) -> int:
        """Return the root of the set that holds an identity."""
        parent = self._parent
        while (above := parent.get(identity, identity)) != identity:
            parent[identity] = parent.get(above, above)
            identity = above
        return identity

    def unite(self, pair: Pair) -> tuple[int, int]:
        """Make two sets one; return its root, and the root that is none any more."""
        one, two = sorted((self.root(pair[0]), self.root(pair[1])))
        if one != two:
            self._parent[two] = one
        return one, two


class Union(Find):
    """Sets of the nodes of one stretch. `same` names identities that count as one exclusive."""

    def __init__(
        self, nodes: Mapping[int, Node], kinds: Kinds, voices: Voices, same: Mapping[int, int]
    ) -> None:
        super().__init__()
        self._kinds = kinds
        self._exclusive: dict[int, dict[str, int]] = {}
        self._moments: dict[int, dict[str, list[int]]] = {}
        self._sides = dict(voices.sides)
        for identity, node in nodes.items():
            kind = node.identifier.kind
            if is_exclusive(node, kinds):
                self._exclusive[identity] = {kind: same.get(identity, identity)}
            elif kind in kinds:
                self._moments[identity] = {kind: [to_us(node.first_at)]}

    def join(self, pair: Pair, *, is_said: bool = False) -> Refusal | None:
        """Join two sets, or return why not; what somebody said is refused by another word only."""
        one, two = self.root(pair[0]), self.root(pair[1])
        if one == two:
            return None
        refusal = self._refusal(one, two, is_said=is_said)
        if refusal is not None:
            return refusal
        one, two = self.unite(pair)
        if two in self._exclusive:
            self._exclusive[one] = self._exclusive.pop(two) | self._exclusive.get(one, {})
        if two in self._sides:
            self._sides[one] = self._sides.pop(two) | self._sides.get(one, {})
        mine, theirs = self._moments.get(one, {}), self._moments.pop(two, {})
        if theirs:
            self._moments[one] = {
                kind: list(merge(mine.get(kind, ()), theirs.get(kind, ())))
                for kind in {**mine, **theirs}
            }
        return None

    def are_rivals(self, pair: Pair) -> bool:
        """Return whether two identities themselves (not their sets) are rivals of one kind."""
        mine, theirs = (self._exclusive.get(self.root(i), {}) for i in pair)
        return any(theirs.get(kind, value) != value for kind, value in mine.items())

    def _refusal(self, one: int, two: int, *, is_said: bool) -> Refusal | None:
        mine, theirs = self._sides.get(one), self._sides.get(two)
        act_id = opposed(mine, theirs) if mine and theirs else ""
        if act_id:
            return Refusal(NEVER, act_id)
        if is_said:
            return None
        if self.are_rivals((one, two)):
            return Refusal(TWO_PERSONS)
        more = self._moments.get(two, {})
        for kind, moments in self._moments.get(one, {}).items():
            if kind in more and not has_room(self._kinds[kind], list(merge(moments, more[kind]))):
                return Refusal(TOO_MANY)
        return None
