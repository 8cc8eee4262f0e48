"""What people and linkers said about identifiers, as the partition asks for it.

In: the rulings that name identifiers of one stretch of the graph. Out: which of them stand, who
must be one, who may be, who never is. A set, not a history: an act counts until an act that stands
undoes it, whatever order they came in.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from msgspec import Struct

from regard.core.event import IdentityAct
from regard.core.graph import Ruling
from regard.core.ids import identity_of

Pair = tuple[int, int]


def named(act: IdentityAct) -> tuple[int, ...]:
    """Return the identities that an act names, each once, left before right."""
    found = [identity_of(i.kind, i.value) for i in (*act.left, *act.right)]
    return tuple(dict.fromkeys(found))


def standing(rulings: Iterable[Ruling]) -> list[Ruling]:
    """Return the rulings that nobody has undone, undos left out, in order."""
    by_id = {ruling.act.act_id: ruling for ruling in rulings}
    undos: dict[str, list[str]] = {}
    for ruling in by_id.values():
        if ruling.act.act == "undo":
            undos.setdefault(ruling.act.undoes, []).append(ruling.act.act_id)

    def stands(act_id: str, above: frozenset[str]) -> bool:
        # A circle of undos cannot be said, but a journal that holds one must not stop the house.
        return not any(u not in above and stands(u, above | {u}) for u in undos.get(act_id, ()))

    found = [
        ruling
        for act_id, ruling in by_id.items()
        if ruling.act.act != "undo" and stands(act_id, frozenset({act_id}))
    ]
    return sorted(found, key=lambda ruling: (ruling.at, ruling.act.act_id))


class Link(Struct, frozen=True):
    """Two identities that somebody joined, and the ruling that said so."""

    pair: Pair
    ruling: Ruling


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
        if act.act == "link":
            first, *others = named(act)
            links = [Link((first, other), ruling) for other in others]
            (self.musts if act.confidence >= 1 else self.hunches).extend(links)
            if act.confidence >= 1:
                self.spoken_for.update((first, *others))
        elif act.act in ("never", "split"):
            for is_left, group in ((True, act.left), (False, act.right)):
                for i in group:
                    identity = identity_of(i.kind, i.value)
                    self.sides.setdefault(identity, {})[act.act_id] = is_left
                    self.spoken_for.add(identity)


def opposed(left: dict[str, bool], right: dict[str, bool]) -> str:
    """Return an act on whose two sides two sets stand, or ``""``."""
    fewer, more = (left, right) if len(left) <= len(right) else (right, left)
    found = [act_id for act_id, side in fewer.items() if more.get(act_id, side) != side]
    return min(found, default="")
