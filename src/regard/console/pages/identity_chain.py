"""Evidence in words, and the chain of it that makes two identifiers one person.

Evidence in, `BondItem`s out. Pure: a breadth-first search over what links, what is certain before
what is only probable.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Mapping, Sequence

from regard.console.identity_views import Bond, BondItem
from regard.console.reasons import rule_words
from regard.console.wording import Wording
from regard.core.event import Identifier
from regard.core.rows import Evidence


def bond_of(piece: Evidence) -> Bond:
    """Return what a piece of evidence does."""
    if not piece.is_active:
        return "cut"
    return "links" if piece.confidence >= 1 else "unsure"


def bond(piece: Evidence, wording: Wording, events: Mapping[int, str]) -> BondItem:
    """Return a piece of evidence in words; `events` names what happened at journal offsets."""
    name = events.get(piece.offset, "")
    how = rule_words(piece.rule)
    words = f"{how}, {name}" if name and not piece.act_id else how
    return BondItem(
        left=piece.left,
        right=piece.right,
        words=words[:1].upper() + words[1:],
        by=piece.source if piece.act_id else wording.source(piece.source),
        at=piece.at,
        offset=piece.offset,
        confidence=piece.confidence,
        bond=bond_of(piece),
        act_id=piece.act_id,
    )


def chain(evidence: Iterable[Evidence], start: Identifier, goal: Identifier) -> list[Evidence]:
    """Return the shortest chain of active evidence from one identifier to another, in its order.

    One of certain evidence alone is preferred, however long. Empty: nothing that links joins them.
    """
    active = [piece for piece in evidence if piece.is_active]
    certain = [piece for piece in active if piece.confidence >= 1]
    return _path(certain, start, goal) or _path(active, start, goal)


def _path(evidence: Sequence[Evidence], start: Identifier, goal: Identifier) -> list[Evidence]:
    near: dict[Identifier, list[tuple[Identifier, Evidence]]] = {}
    for piece in sorted(evidence, key=lambda p: (-p.confidence, p.at, p.offset)):
        near.setdefault(piece.left, []).append((piece.right, piece))
        near.setdefault(piece.right, []).append((piece.left, piece))
    came: dict[Identifier, tuple[Identifier, Evidence] | None] = {start: None}
    waiting = deque([start])
    while waiting and goal not in came:
        here = waiting.popleft()
        for there, piece in near.get(here, ()):
            if there not in came:
                came[there] = (here, piece)
                waiting.append(there)
    found: list[Evidence] = []
    step = came.get(goal)
    while step is not None:
        found.append(step[1])
        step = came[step[0]]
    return found[::-1]
