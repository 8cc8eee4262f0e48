"""Which acts stand: what somebody said about identifiers counts until an act that stands undoes it.

A function of the set of acts, not of the order in which they came. Deciding (`identity`) and
showing (`store`) share it.
"""

from __future__ import annotations

from collections.abc import Iterable
from functools import lru_cache

from regard.core.event import Identifier, IdentityAct
from regard.core.graph import Ruling
from regard.core.ids import identity_of

SIDES_MAX = 64
"""Sides of acts whose identities are remembered: each is asked for some ten times in a row."""


@lru_cache(maxsize=SIDES_MAX)
def side(identifiers: tuple[Identifier, ...]) -> tuple[int, ...]:
    """Return the identities of one side of an act."""
    return tuple([identity_of(i.kind, i.value) for i in identifiers])


def named(act: IdentityAct) -> tuple[int, ...]:
    """Return the identities that an act names, each once, left before right."""
    return tuple(dict.fromkeys(side(act.left) + side(act.right)))


def joined(act: IdentityAct) -> list[tuple[int, ...]]:
    """Return the groups of identities that an act says are one: a split says so of both sides."""
    if act.act == "link":
        return [named(act)]
    if act.act != "split":
        return []
    return [side(act.left), side(act.right)]


def undone(rulings: Iterable[Ruling]) -> frozenset[str]:
    """Return the ids of those acts that are undone. `rulings` hold every undo of each of them."""
    undos: dict[str, list[str]] = {}
    ids: list[str] = []
    for ruling in rulings:
        ids.append(ruling.act.act_id)
        if ruling.act.act == "undo":
            undos.setdefault(ruling.act.undoes, []).append(ruling.act.act_id)

    def stands(act_id: str, above: frozenset[str]) -> bool:
        # A circle of undos cannot be said, but a journal that holds one must not stop the house.
        return not any(u not in above and stands(u, above | {u}) for u in undos.get(act_id, ()))

    if not undos:
        return frozenset()
    return frozenset(act_id for act_id in ids if not stands(act_id, frozenset({act_id})))


def standing(rulings: Iterable[Ruling]) -> list[Ruling]:
    """Return the rulings that nobody has undone, undos left out, by moment."""
    by_id = {ruling.act.act_id: ruling for ruling in rulings}
    gone = undone(by_id.values())
    found = [
        ruling
        for act_id, ruling in by_id.items()
        if ruling.act.act != "undo" and act_id not in gone
    ]
    return sorted(found, key=lambda ruling: (ruling.at, ruling.act.act_id))
