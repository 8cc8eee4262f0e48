"""What people and linkers said about identifiers, as the partition asks for it.

In: the rulings that name identifiers of one stretch of the graph. Out: which of them stand, who
must be one, who may be, who never is. A set, not a history: an act counts until an act that stands
undoes it, whatever order they came in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence, Set

from msgspec import Struct

from regard.core.graph import Ruling
from regard.core.rulings import joined, named, side, standing
from regard.identity.strength import Kinds, is_kind_of_contact

Pair = tuple[int, int]


class Link(Struct, frozen=True):
    """Two identities that somebody joined, and the ruling that said so."""

    pair: Pair
    ruling: Ruling


Parted = tuple[frozenset[int], tuple[int, ...]]
"""Identities, and the addresses and numbers of which somebody said that they are not theirs."""


class Voices:
    """The rulings that stand, by what they say."""

    def __init__(self, rulings: Sequence[Ruling]) -> None:
        self.rulings = standing(rulings)
        self.musts: list[Link] = []
        self.hunches: list[Link] = []
        self.sides: dict[int, dict[str, bool]] = {}
        self.spoken_for: set[int] = set()
        """Identities about which somebody was certain: no evidence sets them aside."""
        for ruling in self.rulings:
            self._hear(ruling)
        self.hunches.sort(key=lambda link: -link.ruling.act.confidence)

    def forbids(self, pair: Pair) -> str:
        """Return the act that says of two identities that they are never one, or ``""``."""
        left, right = self.sides.get(pair[0]), self.sides.get(pair[1])
        return opposed(left, right) if left and right else ""

    def _hear(self, ruling: Ruling) -> None:
        act = ruling.act
        is_sure = act.confidence >= 1
        for first, *others in joined(act):
            links = [Link((first, other), ruling) for other in others]
            (self.musts if is_sure else self.hunches).extend(links)
        if act.act in ("link", "never", "split") and is_sure:
            self.spoken_for.update(named(act))
        if act.act in ("never", "split"):
            for is_left, group in ((True, act.left), (False, act.right)):
                for identity in side(group):
                    self.sides.setdefault(identity, {})[act.act_id] = is_left


def opposed(left: dict[str, bool], right: dict[str, bool]) -> str:
    """Return an act on whose two sides two sets stand, or ``""``."""
    if left == right:
        return ""
    fewer, more = (left, right) if len(left) <= len(right) else (right, left)
    found = [act_id for act_id, side in fewer.items() if more.get(act_id, side) != side]
    return min(found) if found else ""


def parted_by(rulings: Iterable[Ruling], kinds: Kinds) -> list[Parted]:
    """Return what stands of who is not one person, with the addresses and numbers on each side."""
    found: list[Parted] = []
    for act in (r.act for r in standing(rulings) if r.act.act in ("never", "split")):
        for own, other in ((act.left, act.right), (act.right, act.left)):
            contacts = side(tuple(i for i in other if is_kind_of_contact(i.kind, kinds)))
            if contacts:
                found.append((frozenset(side(own)), contacts))
    return found


def disowned_by(group: Set[int], parted: Iterable[Parted]) -> tuple[str, ...]:
    """Return the addresses and numbers of which somebody said that they are not a person's."""
    others = (contacts for own, contacts in parted if not own.isdisjoint(group))
    return tuple(sorted({str(i) for contacts in others for i in contacts if i not in group}))
