"""Sets of identifiers that refuse what no person has: rivals, too many of a kind, the forbidden.

A union-find over the identities of one stretch. What a join is refused for does not depend on how
the two sets came about, and a set that may be as a whole never had a join refused: so attaching
one by one and partitioning at once agree.
"""

from __future__ import annotations

from collections.abc import Collection, Mapping

from msgspec import Struct

from regard.core.clock import to_us
from regard.core.graph import Node
from regard.identity.strength import Kinds, has_room
from regard.identity.voices import Pair, Voices, opposed

TWO_PERSONS = "two_persons"
TOO_MANY = "too_many"
TWO_KEYS = "two_keys"
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
        above = parent.get(identity)
        while above is not None:
            higher = parent.get(above)
            if higher is None:
                return above
            parent[identity] = higher
            identity, above = above, higher
        return identity

    def unite(self, pair: Pair) -> tuple[int, int]:
        """Make two sets one; return its root, and the root that is none any more."""
        return self._unite(self.root(pair[0]), self.root(pair[1]))

    def _unite(self, one: int, two: int) -> tuple[int, int]:
        if one > two:
            one, two = two, one
        if one != two:
            self._parent[two] = one
        return one, two


class Union(Find):
    """Sets of the nodes of one stretch."""

    def __init__(self, nodes: Mapping[int, Node], kinds: Kinds, voices: Voices) -> None:
        super().__init__()
        self._kinds = kinds
        self._exclusive: dict[int, dict[str, int]] = {}
        self._moments: dict[int, dict[str, list[int]]] = {}
        self._sides = dict(voices.sides)
        for identity, node in nodes.items():
            name = node.identifier.kind
            kind = kinds.get(name)
            if kind is not None and kind.is_exclusive:
                self._exclusive[identity] = {name: identity}
            elif kind is not None:
                self._moments[identity] = {name: [to_us(node.first_at)]}

    def copy(self) -> Union:
        """Return sets that go on from here by themselves; what one set holds is never changed."""
        other = Union({}, self._kinds, Voices(()))
        other._parent = self._parent.copy()
        other._exclusive = self._exclusive.copy()
        other._moments = self._moments.copy()
        other._sides = self._sides.copy()
        return other

    def count_as(self, same: Mapping[int, int]) -> None:
        """Let exclusive identities that are one by what was said be no rivals of one another."""
        if same:
            for root, values in self._exclusive.items():
                self._exclusive[root] = {kind: same.get(v, v) for kind, v in values.items()}

    def join(
        self, pair: Pair, *, is_said: bool = False, keys: Collection[str] = ()
    ) -> Refusal | None:
        """Join two sets, or return why not; what somebody said is refused by another word only.

        `keys` are kinds of which the two may not have a value each.
        """
        one, two = self.root(pair[0]), self.root(pair[1])
        if one == two:
            return None
        refusal = self._refusal(one, two, is_said=is_said, keys=keys)
        if refusal is not None:
            return refusal
        one, two = self._unite(one, two)
        if two in self._exclusive:
            self._exclusive[one] = self._exclusive.pop(two) | self._exclusive.get(one, {})
        if two in self._sides:
            theirs, ours = self._sides.pop(two), self._sides.get(one)
            self._sides[one] = theirs if ours is None or ours == theirs else theirs | ours
        self._move_moments(two, one)
        return None

    def _move_moments(self, two: int, one: int) -> None:
        """Let the set of `one` hold what the set of `two` held."""
        moved = self._moments.pop(two, None)
        if moved is None:
            return
        mine = self._moments.get(one)
        if mine is None:
            self._moments[one] = moved
            return
        held = self._moments[one] = mine.copy()
        for kind, moments in moved.items():
            held[kind] = moments + mine[kind] if kind in mine else moments

    def _refusal(
        self, one: int, two: int, *, is_said: bool, keys: Collection[str]
    ) -> Refusal | None:
        mine, theirs = self._sides.get(one), self._sides.get(two)
        act_id = opposed(mine, theirs) if mine and theirs else ""
        if act_id:
            return Refusal(NEVER, act_id)
        if is_said:
            return None
        exclusive, others = self._exclusive.get(one, {}), self._exclusive.get(two, {})
        if any(others.get(kind, value) != value for kind, value in exclusive.items()):
            return Refusal(TWO_PERSONS)
        moments, more = self._moments.get(one, {}), self._moments.get(two, {})
        if any(k in keys and (k in others or k in more) for k in (*exclusive, *moments)):
            return Refusal(TWO_KEYS)
        for kind in moments.keys() & more.keys():
            mine_at, more_at, rule = moments[kind], more[kind], self._kinds[kind]
            if len(mine_at) + len(more_at) > rule.count_max and not has_room(
                rule, mine_at + more_at
            ):
                return Refusal(TOO_MANY)
        return None
